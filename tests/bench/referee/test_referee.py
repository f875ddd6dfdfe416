"""The referee against hostile attacks, and what it writes down of honest ones."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
import torch

from bench import (
    AttackTools,
    Batch,
    ComponentError,
    Effect,
    Heard,
    Overlay,
    Perturbation,
    Recipe,
    Rng,
    drawn_key,
)
from bench.referee.search import AttackRun
from bench.testing import sample_tools
from tests.bench.referee.scripted import UTTERANCES, EasilyFooled, Scripted, Search, judged, noisy, referee_of


def test_one_that_never_stops_is_closed_after_k_queries() -> None:
    closed = []

    def endless(original: Heard, tools: AttackTools, rng: Rng) -> Search:
        try:
            while True:
                yield noisy(original, 5.0)
        finally:
            closed.append(float(original.waveform.sum()))

    rows = judged(endless, k=7)
    assert {u.id: sum(r.utterance == u.id and r.query > 0 for r in rows) for u in UTTERANCES} == {
        u.id: 7 for u in UTTERANCES
    }
    assert sorted(closed) == sorted(float(utterance.waveform.sum()) for utterance in UTTERANCES)


def test_one_that_fails_when_it_is_closed_is_named() -> None:
    def careless(original: Heard, tools: AttackTools, rng: Rng) -> Search:
        try:
            while True:
                yield noisy(original, 5.0)
        finally:
            raise OSError("a file that is not there")

    with pytest.raises(ComponentError, match=r"scripted.*OSError: a file that is not there"):
        referee_of().run(AttackRun(Scripted(careless), "scripted", sample_tools(2), 0), UTTERANCES[:1])


def test_one_that_refuses_to_be_closed_is_named() -> None:
    def stubborn(original: Heard, tools: AttackTools, rng: Rng) -> Search:
        try:
            while True:
                yield noisy(original, 5.0)
        except GeneratorExit:
            yield noisy(original, 5.0)

    with pytest.raises(ComponentError, match=r"scripted.*ends when it is closed"):
        referee_of().run(AttackRun(Scripted(stubborn), "scripted", sample_tools(2), 0), UTTERANCES[:1])


@pytest.mark.parametrize("bad", [math.nan])
@pytest.mark.parametrize("keep_length", [True, False])
def test_one_that_yields_nan_is_named(bad: float, keep_length: bool) -> None:
    def broken(original: Heard, tools: AttackTools, rng: Rng) -> Search:
        waveform = original.waveform.clone()
        waveform[3] = bad
        yield replace(original, waveform=waveform if keep_length else waveform[:-1])

    with pytest.raises(ComponentError, match=r"attack 'scripted' on utterance 'sample-.*NaN"):
        judged(broken)


def test_samples_out_of_range_are_clipped_before_they_are_heard_and_measured() -> None:
    heard = []

    @dataclass(frozen=True)
    class Recorder(EasilyFooled):
        def log_probs(self, batch: Batch) -> torch.Tensor:
            heard.append(batch.waveforms.clone())
            return super().log_probs(batch)

    def loud(original: Heard, tools: AttackTools, rng: Rng) -> Search:
        yield replace(original, waveform=torch.full_like(original.waveform, math.inf))
        yield replace(original, waveform=original.waveform * 1e6)

    rows = judged(loud, victim=Recorder())
    assert max(float(sound.abs().max()) for sound in heard) <= 1.0
    first = next(row for row in rows if row.query == 1)
    original = next(u for u in UTTERANCES if u.id == first.utterance).waveform
    expected = 10 * math.log10(float(original.square().sum()) / float((1 - original).square().sum()))
    assert first.snr_db == pytest.approx(expected, abs=1e-3)


def test_a_shorter_waveform_counts_for_nothing_whatever_it_is_called() -> None:
    def shorter(original: Heard, tools: AttackTools, rng: Rng) -> Search:
        for done in (None, Perturbation("chop", "signal"), Perturbation("speed_utterance", "signal")):
            yield replace(original, waveform=original.waveform[:100], perturbation=done)

    for row in judged(shorter):
        if row.query:
            assert row.snr_db is None
            assert row.label_after != row.label_before
            assert (row.accepted, row.imperceptible, row.additive) == (False, False, False)
            assert row.perturbation == "samples"


def test_another_length_counts_where_people_were_asked_about_the_effect() -> None:
    def effects(original: Heard, tools: AttackTools, rng: Rng) -> Search:
        for spec in ("speed_utterance", "speed_segment", "speed_segment:rate=3", "no_audio"):
            yield Recipe(Effect(spec, drawn_key(rng)))

    for row in judged(effects):
        if row.query:
            assert row.snr_db is None
            assert row.label_after != row.label_before
            assert row.accepted == (row.query < 4)
            assert row.imperceptible == (row.query == 2), "with the parameters that were studied"


def test_one_that_raises_is_named_with_its_error() -> None:
    def failing(original: Heard, tools: AttackTools, rng: Rng) -> Search:
        yield noisy(original, 5.0)
        raise ZeroDivisionError("in the author's code")

    with pytest.raises(ComponentError, match=r"scripted.*ZeroDivisionError: in the author's code"):
        judged(failing)


def test_the_same_candidate_for_ever_is_charged_every_time() -> None:
    def repeating(original: Heard, tools: AttackTools, rng: Rng) -> Search:
        same = noisy(original, 5.0)
        while True:
            yield same

    rows = [row for row in judged(repeating, k=6) if row.utterance == UTTERANCES[0].id]
    assert [row.query for row in rows] == [0, 1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("end", ["returns", "is closed"])
def test_one_that_changes_the_original_in_place_is_named_and_changes_nothing(end: str) -> None:
    before = [utterance.waveform.clone() for utterance in UTTERANCES]

    def meddling(original: Heard, tools: AttackTools, rng: Rng) -> Search:
        original.waveform.mul_(0.5)
        yield original
        while end == "is closed":
            yield original

    with pytest.raises(ComponentError, match=r"scripted.*changed in place"):
        judged(meddling)
    assert all(torch.equal(u.waveform, b) for u, b in zip(UTTERANCES, before, strict=True))


@pytest.mark.parametrize(
    ("candidate", "found"),
    [
        (lambda u: u.waveform, "a Tensor"),
        (lambda u: replace(u, waveform=u.waveform.double()), "float64"),
        (lambda u: replace(u, waveform=u.waveform[None]), "shape \\(1, "),
        (lambda u: replace(u, waveform=u.waveform[:0]), "shape \\(0,\\)"),
        (lambda u: replace(u, waveform=u.waveform.numpy()), "ndarray"),
    ],
)
def test_what_is_not_audio_is_named(candidate: Callable[[Heard], Any], found: str) -> None:
    def odd(original: Heard, tools: AttackTools, rng: Rng) -> Search:
        yield candidate(original)

    with pytest.raises(ComponentError, match=f"scripted.*{found}"):
        judged(odd)


def test_one_that_asks_nothing_leaves_its_clean_rows() -> None:
    def silent(original: Heard, tools: AttackTools, rng: Rng) -> Search:
        return
        yield original

    rows = judged(silent)
    assert [(row.utterance, row.query, row.accepted) for row in rows] == [(u.id, 0, False) for u in UTTERANCES]


def test_a_success_needs_more_than_the_threshold() -> None:
    def around(original: Heard, tools: AttackTools, rng: Rng) -> Search:
        for level in (9.9, 10.1, 40.0):
            yield noisy(original, level)

    for row in judged(around):
        if row.query:
            assert row.label_after != row.label_before
            assert row.accepted == (row.query >= 2)
            assert row.snr_db == pytest.approx((9.9, 10.1, 40.0)[row.query - 1], abs=0.01)


def test_only_what_was_studied_counts_as_imperceptible() -> None:
    def named(original: Heard, tools: AttackTools, rng: Rng) -> Search:
        half = (100, 100 + round(0.5 * len(original.waveform)))
        yield Recipe(Overlay("natural-1", 20.0))
        yield Recipe(Overlay("natural-1", 20.0, offset=500, segment=half))
        yield Recipe(Overlay("natural-1", 20.0, segment=(0, 77)))
        yield Recipe(Overlay("natural-1", 20.0, filter=(0.5, 0.5)))
        yield Recipe(Overlay("natural-1", 20.0, shape="treble"))
        yield Recipe(Overlay("natural-1", 25.0), Overlay("human-1", 25.0))
        yield noisy(original, 20.0, name="noise")

    rows = [row for row in judged(named, k=9) if row.query]
    assert {(row.query, row.imperceptible) for row in rows} == {(n, n <= 2) for n in range(1, 8)}
    assert all(row.accepted and row.additive for row in rows)


def test_a_recipe_that_does_not_apply_is_not_charged_and_such_answers_are_bounded() -> None:
    told = []

    def idle(original: Heard, tools: AttackTools, rng: Rng) -> Search:
        while True:
            answer = yield Recipe(Overlay("natural-1", 20.0, segment=(3, 3)))
            told.append(answer)

    assert [row.query for row in judged(idle)] == [0] * len(UTTERANCES)
    assert {(answer.applied, answer.fooled) for answer in told} == {(False, False)}
    assert len(told) < 1_000 * len(UTTERANCES)


def test_the_answer_says_what_the_referee_measured() -> None:
    def asking(original: Heard, tools: AttackTools, rng: Rng) -> Search:
        loud = yield Recipe(Overlay("natural-1", 3.0))
        soft = yield Recipe(Overlay("natural-1", 12.0))
        assert (loud.fooled, loud.counts, bool(loud)) == (True, False, True)
        assert (soft.fooled, soft.counts) == (True, True)
        assert soft.snr_db == pytest.approx(12.0, abs=0.01)

    assert sum(row.query > 0 for row in judged(asking)) == 2 * len(UTTERANCES)


@pytest.mark.parametrize(
    ("recipe", "found"),
    [
        (lambda: Recipe(Overlay("submarine", 10.0)), "submarine"),
        (lambda: Recipe(Effect("submarine")), "submarine"),
        (lambda: Recipe(Effect("boundary")), "no apply"),
        (lambda: Recipe(Effect("fade_in:percent_per_s=-1")), "percent_per_s"),
        (Recipe, "nothing"),
        (lambda: Recipe(Overlay("natural-1", math.nan)), "snr_db"),
        (lambda: Recipe(Overlay("natural-1", 10.0, offset=-1)), "offset"),
        (lambda: Recipe(Overlay("natural-1", 10.0, segment=(5, 3))), "segment"),
        (lambda: Recipe(*[Overlay("natural-1", 10.0)] * 65), "Recipe"),
    ],
)
def test_a_recipe_that_cannot_be_is_named(recipe: Callable[[], Recipe], found: str) -> None:
    def odd(original: Heard, tools: AttackTools, rng: Rng) -> Search:
        yield recipe()

    with pytest.raises(ComponentError, match=f"scripted.*{found}"):
        judged(odd)


def test_an_unchanged_candidate_has_infinite_snr_and_fools_nobody() -> None:
    def idle(original: Heard, tools: AttackTools, rng: Rng) -> Search:
        answer = yield replace(original, waveform=original.waveform.clone())
        assert answer.fooled is False

    rows = [row for row in judged(idle) if row.query]
    assert all(row.snr_db == math.inf and not row.accepted for row in rows)
