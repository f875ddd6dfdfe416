"""What a training writes into the speech that it is given is noticed, or reaches nobody else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch

from bench.contracts.component import Component
from bench.core.errors import ComponentError
from bench.core.types import Utterance
from bench.data.partitions import Partition
from bench.evaluation.cell.cells import FittedKey


@dataclass(frozen=True)
class Marking:
    """Writes into the speech that it learns from, as one may to mark labels: its speakers are tested in other folds."""

    how: str

    def fit(self, train: Sequence[Utterance], valid: Sequence[Utterance], context: Any) -> Any:
        for one in (*train, *valid):
            if self.how == "torch":
                one.waveform.add_(0.25)
            elif self.how == "numpy":
                one.waveform.numpy()[:] = 0.25
        if self.how == "noises":
            for clip in context.noises.clips:
                clip.waveform.zero_()
        return self

    def save(self, folder: Path) -> None:
        (folder / "how.txt").write_text(self.how)

    def load(self, folder: Path, context: Any) -> Any:
        return self

    def enroll(self, clean: Sequence[Utterance]) -> Any:
        return self


@pytest.mark.parametrize("how", ["torch", "numpy", "noises"])
def test_nobody_hears_what_a_training_wrote(
    key: FittedKey, fit: Callable, split: Partition, noises: Any, how: str
) -> None:
    everybody = (*split.train, *split.valid, *split.test)
    before = [one.waveform.clone() for one in everybody]
    bank = [clip.waveform.clone() for clip in noises.clips]
    marking = replace(key, victim=Component("victims", f"marking:how={how}", "a test", Marking(how)))
    if how == "torch":
        with pytest.raises(ComponentError, match="changed in place"):
            fit(marking)
    else:
        fit(marking)
    assert all(torch.equal(one.waveform, was) for one, was in zip(everybody, before, strict=True))
    assert all(torch.equal(clip.waveform, was) for clip, was in zip(noises.clips, bank, strict=True))
