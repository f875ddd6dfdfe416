"""Universal filters: what is estimated from labels, in which order it is asked, and that it keeps to its budget."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import numpy as np
import pytest

from attacks.universal_filters import UniversalFilters
from bench import Answer, Effect, Heard, PastSearch, Recipe, UsageError, keyed
from bench.contracts.granting import granted_to
from bench.core.specs import Spec
from bench.perturbations.curve_learning import TriedCurves
from bench.perturbations.curves import Filtered, curve_at, drawn_curves
from bench.perturbations.pools import level_of
from bench.testing import attacked, sample_tools, sample_utterances

BRIEF = "universal_filters:curves=6,rehearsal=12"
TRUTH = np.linspace(-1, 1, 12)


def gains_of(line: str | Recipe) -> np.ndarray:
    part = (Recipe.read(line) if isinstance(line, str) else line).parts[-1]
    assert isinstance(part, Effect)
    return np.array([float(one) for one in dict(Spec.parse(part.spec).params)["gains"].split("+")])


def past(towards: np.ndarray, label: str, level: float = 10.1) -> PastSearch:
    """A search of an utterance that is fooled by what goes its way by more than a little."""
    tried = [(gains, curve_at(gains, level)) for gains in drawn_curves(64, 12)]
    return PastSearch(tuple((one, Answer(float(np.dot(g, towards)) > 1.5, counts=True)) for g, one in tried), label)


def along(lines: Sequence[str], place: int, towards: np.ndarray) -> float:
    gains = gains_of(lines[place])
    return float(gains @ towards / np.linalg.norm(gains) / np.linalg.norm(towards))


def test_the_first_filter_goes_where_others_have_fooled() -> None:
    other = np.resize([1.0, -1.0], 12)
    searches = [past(TRUTH, "anger")] * 3 + [past(other, "sadness")] * 2
    orders = UniversalFilters().learn({}, searches)["orders"]
    assert set(orders) == {"", "anger", "sadness"}
    tried = max(along([str(one)], 0, TRUTH) for one, _ in searches[0].asked)
    assert along(orders["anger"], 0, TRUTH) > 1.3 * tried, "better than all that were tried"
    assert along(orders["sadness"], 0, other) > 0.6
    assert len(orders[""]) == len(set(orders[""])) > 64


def test_an_estimate_has_the_level_that_fools() -> None:
    loud = [(one, Answer(False, counts=True)) for one, _ in past(TRUTH, "anger").asked]
    quiet = past(TRUTH, "anger", 20.0).asked
    (first, *_) = UniversalFilters().learn({}, [PastSearch((*loud, *quiet))])["orders"][""]
    assert "snr_db=20.0" in first
    assert UniversalFilters().learn({}, [PastSearch(tuple(loud))])["orders"][""] == [str(one) for one, _ in loud]


def test_what_it_has_fooled_counts_less_and_others_come_next() -> None:
    curves = np.array(drawn_curves(4, 12))
    learnt = TriedCurves(
        ("a", "b", "c", "d"), curves, np.full(4, 10.1), np.array([[1, 0, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0.0]])
    )
    order = learnt.ordered(np.ones(3), belief=0.9)
    assert along(order, 0, curves[0]) > along(order, 0, curves[2])
    assert order[1] == "c", "the estimate is believed to have fooled what the first fools"
    assert set(order) >= {"a", "b", "c", "d"}


@pytest.mark.parametrize("filtered", ["noise", "noise-over-threshold"])
def test_a_noise_is_estimated_as_a_filter_is(filtered: Filtered) -> None:
    tried = [(gains, curve_at(gains, 12.5, filtered)) for gains in drawn_curves(64, 12)]
    searches = [PastSearch(tuple((one, Answer(float(np.dot(g, TRUTH)) > 1.5, counts=True)) for g, one in tried))]
    (first, *_) = UniversalFilters(filtered).learn({}, searches)["orders"][""]
    assert "shaped_noise:shape=white" in first
    assert level_of(Recipe.read(first)) == 12.5
    assert along([first], 0, TRUTH) > 0.5
    assert np.abs(gains_of(first)).max() == 25


def test_curves_are_the_same_each_time_and_come_with_their_opposites() -> None:
    curves = np.array(drawn_curves(9, 12))
    assert curves.shape == (9, 12)
    assert np.array_equal(curves, drawn_curves(9, 12))
    assert np.array_equal(curves[0], -curves[1])
    assert np.all(np.abs(curves).max(axis=1) == 1)


def test_without_a_rehearsal_it_asks_random_ones_and_nothing_of_silence() -> None:
    tools, speech = sample_tools(), Heard.of(sample_utterances(1, each=1)[0])
    steps = UniversalFilters(curves=4, rehearsal=4).search(speech, tools, keyed(1))
    found = [next(steps), *(steps.send(Answer(False)) for _ in range(3))]
    assert [tuple(gains_of(one)) for one in found] == drawn_curves(4, 12)
    silent = Heard(speech.waveform * 0, "a")
    assert list(UniversalFilters().search(silent, tools, keyed(1))) == []


def test_records_are_the_same_in_any_batch_and_what_it_declares() -> None:
    for filtered in get_args(Filtered):
        small = UniversalFilters(filtered, "refusals", curves=6, rehearsal=12)
        assert attacked(small, 5, batch_size=1) == attacked(small, 5, batch_size=64)
    model = granted_to(UniversalFilters("noise", "label"))
    assert (model.knows, model.answers, model.allowed, model.rehearsal) == (("validation",), "label", "additive", 192)
    for wrong in ({"curves": 1}, {"bands": 1}, {"rehearsal": 20}, {"belief": 2.0}):
        with pytest.raises(UsageError, match=next(iter(wrong))):
            UniversalFilters(**wrong)  # type: ignore[arg-type]
