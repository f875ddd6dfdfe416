"""What tests of defences in training share: a victim that keeps what it was trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bench import FitContext, Utterance
from bench.testing import ContraryVictim


@dataclass(frozen=True)
class Learner:
    """A recipe whose victim needs no training.

    Args:
        fits: what each of its trainings was given.
    """

    fits: list[dict[str, Any]] = field(default_factory=list)

    def fit(self, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext) -> ContraryVictim:
        self.fits.append({"train": list(train), "valid": list(valid), "clean": context.clean})
        return ContraryVictim()

    def load(self, folder: Path, context: FitContext) -> ContraryVictim:
        return ContraryVictim()


@pytest.fixture
def learner() -> Learner:
    return Learner()
