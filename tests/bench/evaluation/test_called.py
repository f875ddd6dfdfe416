"""Data that call themselves as another reader's: easy speech as EMO-DB's on a board, silence as the embedded noises."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import ComponentError
from bench.contracts.registry import Registry
from bench.core.showing.progress import SILENT
from bench.evaluation.plans.options import Options
from bench.evaluation.preparing.setup import read_corpus, set_up

PLUGIN = """
from dataclasses import dataclass
from bench.core.noises import NoiseSet
from bench.core.types import Dataset
from bench.testing import sample_noises, sample_utterances

@dataclass(frozen=True)
class Easy:
    called: str = "easy"
    def read(self, progress):
        return Dataset(self.called, tuple(sample_utterances()), "the fingerprint of another")

@dataclass(frozen=True)
class Hush:
    called: str = "hush"
    def read(self, progress):
        return NoiseSet(self.called, sample_noises().clips, "the fingerprint of another")

COMPONENTS = {"corpora": {"easy": Easy}, "noise_banks": {"hush": Hush}}
"""


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    (tmp_path / "easy_data.py").write_text(PLUGIN)
    return Registry.discover([tmp_path / "easy_data.py"])


@pytest.mark.parametrize("called", ["emodb", "EMO-DB", "synthetic"])
def test_a_corpus_has_no_other_one_s_name(registry: Registry, called: str) -> None:
    with pytest.raises(ComponentError, match=f"corpus 'easy:called={called}' of .*: found data called '{called}'"):
        read_corpus(Options(("cnn_gru",), ("fade_in",), corpus=f"easy:called={called}"), registry, SILENT)


@pytest.mark.parametrize("called", ["embedded", "hush+esc50"])
def test_nor_has_a_noise_bank(registry: Registry, called: str) -> None:
    options = Options(("cnn_gru",), ("fade_in",), corpus="easy", noise_banks=(f"hush:called={called}",))
    with pytest.raises(ComponentError, match="no name that is, or is taken for, another's"):
        set_up(options, registry, SILENT)


def test_names_of_their_own_serve(registry: Registry) -> None:
    options = Options(("cnn_gru",), ("fade_in",), corpus="easy", noise_banks=("hush:called=hushed",), device="cpu")
    experiment = set_up(options, registry, SILENT)
    assert (experiment.dataset.name, experiment.noises.name) == ("easy", "hushed")
