"""`orthogonal_noises`: how its spectra differ, what it spends, and that what it finds counts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from attacks.orthogonal_noises import OrthogonalNoises
from bench import Answer, Effect, Heard, Recipe, UsageError, keyed
from bench.audio.signal import snr_db
from bench.contracts.granting import granted_to
from bench.core.specs import Spec
from bench.testing import attacked, sample_tools, sample_utterances

BRIEF = "orthogonal_noises:threshold=false"
SPEECH, TOOLS = Heard.of(sample_utterances(1, each=1)[0]), sample_tools()


def tried(attack: OrthogonalNoises, number: int) -> list[Recipe]:
    steps = attack.search(SPEECH, TOOLS, keyed(1))
    return [next(steps), *(steps.send(Answer(False)) for _ in range(number - 1))]


def spectra(recipes: list[Recipe]) -> np.ndarray:
    parts = [one.parts[-1] for one in recipes]
    gains = [dict(Spec.parse(part.spec).params)["gains"] for part in parts if isinstance(part, Effect)]
    found = np.array([[float(one) for one in text.split("+")] for text in gains])
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def test_spectra_are_orthogonal_until_there_is_none_left() -> None:
    found = spectra(tried(OrthogonalNoises(bands=6), 10))
    first, again = found[:5], found[5:]
    assert np.allclose(first @ first.T, np.eye(5), atol=0.01), "to the decimals of a gain"
    assert np.allclose(again @ again.T, np.eye(5), atol=0.01)
    assert np.abs(first @ again.T).max() > 0.1
    assert np.allclose(found.sum(axis=1), 0, atol=0.02)


@pytest.mark.parametrize("threshold", [True, False])
def test_all_that_the_snr_lets_go_is_spent(threshold: bool) -> None:
    for recipe in tried(OrthogonalNoises(threshold=threshold), 4):
        assert len(recipe.parts) == 1 + threshold
        heard = TOOLS.render(SPEECH, recipe)
        assert heard is not None
        assert 10 < float(snr_db(SPEECH.waveform, heard.waveform)) < (12 if threshold else 10.2)
    quiet = tried(OrthogonalNoises(threshold=threshold, from_db=20, to_db=25), 2)
    for recipe in quiet:
        heard = TOOLS.render(SPEECH, recipe)
        assert heard is not None
        assert float(snr_db(SPEECH.waveform, heard.waveform)) > 30


def test_what_it_finds_counts_and_ends_the_search() -> None:
    rows = attacked(OrthogonalNoises(), 10)
    wins = [row for row in rows if row.accepted]
    assert wins
    for row in wins:
        assert row.query == max(other.query for other in rows if other.utterance == row.utterance)
        assert (row.imperceptible, row.additive) == (False, True)


def test_with_the_threshold_records_are_the_same_alone_and_begin_alike_under_any_budget() -> None:
    """What tests/test_conformance.py shows without, where a query takes half the time."""
    rows = attacked(OrthogonalNoises(), 4)
    assert attacked(OrthogonalNoises(), 4, batch_size=1) == rows
    assert attacked(OrthogonalNoises(), 2) == [row for row in rows if row.query <= 2]


def test_what_it_declares_and_what_makes_no_sense() -> None:
    model = granted_to(OrthogonalNoises())
    assert (model.knows, model.answers, model.allowed) == ((), "fooled", "additive")
    assert list(OrthogonalNoises().search(replace(SPEECH, waveform=SPEECH.waveform * 0), TOOLS, keyed(1))) == []
    for wrong in ({"bands": 2}, {"range_db": 0.0}, {"from_db": 0.0}, {"from_db": 5.0, "to_db": 1.0}, {"to_db": 46.0}):
        with pytest.raises(UsageError, match="orthogonal_noises"):
            OrthogonalNoises(**wrong)  # type: ignore[arg-type]
