"""The choice of other libraries' settings: on validation speakers alone, by what was said beforehand."""

from __future__ import annotations

from bench.contracts.registry import Registry
from bench.core.types import Dataset
from bench.data.tasks import TASKS
from bench.evaluation.cell.cells import FittedKey
from bench.evaluation.cell.experiment import Experiment
from bench.testing import CPU, sample_noises, sample_utterances
from benchmarks.peer_tuning import SETTINGS, Tried, best_of_each, of_each_speaker, tried
from tests.attacks.test_universal_noises import CHEATS


def test_the_best_of_each_peer_is_taken_and_of_several_alike_the_first() -> None:
    def one(spec: str, defense: str, at_5: float, at_25: float) -> Tried:
        return Tried(spec, defense, {1: 1.0, 5: at_5, 25: at_25})

    found = [one("a:x=1", "none", 0.5, 0.5), one("a:x=1", "d", 0.25, 0.25), one("a:x=2", "none", 0.25, 1.0)]
    found += [one("a:x=2", "d", 0.0, 0.75), one("b", "none", 0.5, 0.5), one("b:y=3", "none", 0.25, 0.75)]
    assert best_of_each(found) == [("a:x=2", 0.5), ("b", 0.5)]
    assert [one.name for one in map(Registry.discover().component, ["attacks"] * len(SETTINGS), SETTINGS)]


def test_it_asks_validation_speakers() -> None:
    said = tuple(sample_utterances(10, 1, key="corpus"))
    registry = Registry.discover([CHEATS])
    experiment = Experiment(registry, Dataset("sample", said, "f"), sample_noises(), CPU)
    key = FittedKey(registry.component("victims", "loud"), None, TASKS["ahsn"], "k-fold", 0, 0)
    valid = experiment.split(key).valid
    chosen = of_each_speaker(valid, 1)
    assert [one.speaker for one in chosen] == sorted({one.speaker for one in valid})
    shares = tried(experiment, key, registry.component("attacks", "foolbox_noise"), 1).acc_att
    assert list(shares) == [1, 5, 25]
    assert 0 <= shares[1] <= shares[5] <= shares[25] <= 1
