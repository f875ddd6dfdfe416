"""What one sees who has a copy of the defence, where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.contracts.defense_view import Looks
from bench.contracts.registry import Registry
from bench.core.errors import ComponentError
from bench.core.types import Dataset
from bench.data.tasks import TASKS
from bench.evaluation.cell.cells import Cell, FittedKey
from bench.evaluation.cell.experiment import Experiment
from bench.evaluation.cell.instances import panel_of, with_views
from bench.evaluation.cell.measuring import Measuring
from bench.testing import CPU, sample_noises, sample_utterances

SHY = '''
from __future__ import annotations

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Shy:
    """Refuses what is louder than it likes."""

    def fit(self, train, valid, context):
        return self

    def load(self, folder, context):
        return self

    def enroll(self, clean):
        return self

    def log_probs(self, batch):
        return torch.eye(4)[batch.lengths % 4].clamp(min=1e-9).log().log_softmax(1)

    def answer_or_refuse(self, batch):
        return self.log_probs(batch), batch.waveforms.abs().sum(1) / batch.lengths > 0.05

    def save(self, folder):
        pass


COMPONENTS = {"victims": {"shy": Shy}}
'''


def test_a_copy_of_no_defence_shows_nothing_of_the_victim(tmp_path: Path) -> None:
    (tmp_path / "shy.py").write_text(SHY, encoding="utf-8")
    said, registry = tuple(sample_utterances(10, 3, key="corpus")), Registry.discover([tmp_path / "shy.py"])
    experiment = Experiment(registry, Dataset("sample", said, "f"), sample_noises(), CPU)
    fitted = FittedKey(registry.component("victims", "shy"), None, TASKS["ahsn"], "k-fold", 0, 0)
    test = experiment.split(fitted).test
    looks, panel = Looks(), panel_of(experiment, fitted, test)
    assert len(panel.names([4 for one in panel.labels(test) if one == 4])) > 0, "it refuses"
    for seat in with_views(experiment, fitted, test, 0, panel, looks).seats:
        assert seat.view is not None
        assert not seat.view.purifies
        assert seat.view.refused(test) == [False] * len(test)
        with pytest.raises(ComponentError, match="a look through no purifier"):
            seat.view.traces(test)
    assert not looks.count
    cell = Cell(fitted, registry.component("attacks", "adaptive:attack=boundary"), 2)
    assert Measuring(experiment).measured(cell).facts.looks == 0
