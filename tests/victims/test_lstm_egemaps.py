"""P2's victim beyond the conformance checks."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import Batch, DataError, UsageError
from bench.modelling.features.frontend import FrontEnd
from bench.testing import CPU, TASK, check_victim, sample_context, sample_utterances
from victims.lstm_egemaps import FittedLstmEgemaps, LstmEgemaps, LstmNetwork

BRIEF = "lstm_egemaps:max_epochs=3"
"""For the checks that all components pass: trains in seconds."""

pytest.importorskip("opensmile")
pytestmark = pytest.mark.usefixtures("heard_once")

SMALL = LstmEgemaps(hidden=16, dense=16, dropout=0.0, batch_size=8, learning_rate=0.01, max_epochs=25)


@pytest.fixture(scope="module")
def fitted() -> FittedLstmEgemaps:
    return SMALL.fit(sample_utterances(4, 3, "train"), sample_utterances(2, 2, "valid"), sample_context())


def test_the_full_network_does_not_depend_on_padding(check_alone: Callable) -> None:
    """One at a time and 64 at a time, at the size that is benchmarked."""
    torch.manual_seed(0)
    recipe, test = LstmEgemaps(), [replace(u, waveform=u.waveform[::2]) for u in sample_utterances(8, 2, "mixed")]
    front = FrontEnd("victim 'tested'", "lld", "training", recipe.average).fitted(test)
    assert len(test) == 64
    check_alone(FittedLstmEgemaps(recipe, TASK.classes, front, LstmNetwork(recipe, 4).eval(), CPU), test)


@settings(max_examples=15, deadline=None)
@given(samples=st.integers(0, 20_000), extra=st.integers(0, 40_000))
def test_padding_of_any_length_changes_nothing(
    fitted: FittedLstmEgemaps, samples: int, extra: int, check_padding: Callable
) -> None:
    utterance = sample_utterances(1, 1)[0]
    check_padding(fitted, replace(utterance, waveform=utterance.waveform.repeat(4)[:samples]), extra)


def test_it_learns(fitted: FittedLstmEgemaps, right: Callable) -> None:
    test = sample_utterances(3, 4, "new")
    assert right(fitted.enroll(test), test) > 0.5


@pytest.mark.parametrize("variant", [{"functionals": True}, {"statistics": "speaker", "average": 2}])
def test_its_variants_are_victims(variant: dict[str, object]) -> None:
    check_victim(replace(SMALL, max_epochs=2, **variant))


def test_its_statistics_are_saved_with_it(fitted: FittedLstmEgemaps, tmp_path: Path) -> None:
    fitted.save(tmp_path)
    loaded = SMALL.load(tmp_path, sample_context())
    assert torch.equal(loaded.front.statistics[""], fitted.front.statistics[""])
    assert fitted.front.statistics[""].shape == (2, 25)


@pytest.mark.parametrize("other", [{"hidden": 8}, {"functionals": True}])
def test_weights_of_another_shape_are_named(
    fitted: FittedLstmEgemaps, tmp_path: Path, other: dict[str, object]
) -> None:
    fitted.save(tmp_path)
    with pytest.raises(DataError, match="shape") as refused:
        replace(SMALL, **other).load(tmp_path, sample_context())
    assert refused.value.where == str(tmp_path)


def test_a_class_that_nobody_shows_is_no_obstacle() -> None:
    train = [u for u in sample_utterances(2, 2, "train") if u.emotion != "sadness"]
    victim = replace(SMALL, max_epochs=2).fit(train, sample_utterances(1, 1, "valid"), sample_context())
    with torch.no_grad():
        found = victim.log_probs(Batch.of(sample_utterances(1, 1)))
    assert found.isfinite().all()
    assert torch.allclose(found.exp().sum(dim=1), torch.ones(4))


def test_a_missing_opensmile_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opensmile", None)
    train = sample_utterances(1, 1)
    for use in (SMALL.fingerprint, lambda: SMALL.fit(train, train, sample_context())):
        with pytest.raises(UsageError, match=r"lstm_egemaps.*serbench\[opensmile\].*forbids commercial use"):
            use()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"hidden": 0}, "'hidden': found 0; expected at least 1; the default is hidden=64"),
        ({"average": 0}, "'average'"),
        ({"dropout": 1.0}, "'dropout'"),
        ({"learning_rate": float("nan")}, "'learning_rate'"),
        ({"lowest_rate": 0.0}, "'lowest_rate'"),
        ({"learning_rate": 1e-6}, "'learning_rate': found 1e-06; expected at least 1e-05"),
        ({"statistics": "session"}, "'statistics': found session; expected training, speaker"),
    ],
)
def test_wrong_parameters_are_named(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        LstmEgemaps(**wrong)
