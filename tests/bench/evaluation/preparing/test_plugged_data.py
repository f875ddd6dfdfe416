"""A corpus or a noise bank of a plug-in that breaks its contract ends a run with its name, and nothing is trained."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from bench.contracts.registry import Registry
from bench.core.errors import ComponentError, DataError
from bench.core.showing.progress import SILENT
from bench.core.types import Dataset
from bench.evaluation.preparing.plugged_data import reading
from bench.testing import sample_noises, sample_utterances

PLUGIN = """
from dataclasses import dataclass

@dataclass(frozen=True)
class Own:
    def read(self, progress):
        raise NotImplementedError

COMPONENTS = {"corpora": {"own": Own}, "noise_banks": {"own": Own}}
"""
SPEECH = Dataset("own", tuple(sample_utterances(2)), "speech")
NOISES = sample_noises()


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    (tmp_path / "own.py").write_text(PLUGIN)
    return Registry.discover([tmp_path / "own.py"])


def first_changed(change: Callable[[Any], Any]) -> Dataset:
    return replace(SPEECH, utterances=(change(SPEECH.utterances[0]), *SPEECH.utterances[1:]))


def sounding(samples: Any) -> Dataset:
    return first_changed(lambda one: replace(one, waveform=samples, transcript=None, words=None))


@pytest.mark.parametrize(
    ("found", "named"),
    [
        ([], "a list from read; expected a bench.Dataset"),
        (replace(SPEECH, utterances=()), "nothing in what read gave"),
        (replace(SPEECH, utterances=SPEECH.utterances[:1] * 2), "2 times; expected an id of its own"),
        (first_changed(lambda one: replace(one, speaker=3)), ", 3) as id and speaker; expected texts"),
        (sounding(torch.full((9,), float("nan"))), "samples from nan to nan; expected float32"),
        (sounding(torch.full((9,), 30.0)), "samples from 30 to 30"),
        (sounding(torch.zeros(9)), "samples from 0 to 0"),
        (sounding(torch.ones(9).double()), "a Tensor of torch.float64, shape (9,)"),
        (sounding(torch.ones(2, 9)), "shape (2, 9)"),
        (sounding(torch.ones(9).numpy()), "a ndarray of float32, shape (9,)"),
        (sounding(torch.ones(0)), "no samples"),
        (NOISES, "a NoiseSet from read"),
    ],
)
def test_what_is_no_corpus_is_named(registry: Registry, found: Any, named: str) -> None:
    with pytest.raises(ComponentError) as error:
        reading(registry, "corpora", "own", lambda _: found)(SILENT)
    assert error.value.where == "corpus 'own' of own.py"
    assert named in str(error.value)
    assert str(error.value).endswith("bench check own --plugin own.py says all that is wrong")


@pytest.mark.parametrize(
    ("found", "named"),
    [
        (SPEECH, "a Dataset from read; expected a bench.NoiseSet"),
        (replace(NOISES, clips=(replace(NOISES.clips[0], source=""),)), "'') as id, category and source"),
        (replace(NOISES, clips=(replace(NOISES.clips[0], waveform=torch.zeros(9)),)), "samples from 0 to 0"),
    ],
)
def test_what_is_no_noise_bank_is_named(registry: Registry, found: Any, named: str) -> None:
    with pytest.raises(ComponentError, match="noise bank 'own'") as error:
        reading(registry, "noise_banks", "own", lambda _: found)(SILENT)
    assert named in str(error.value)


def test_what_it_raises_is_named_with_its_line_and_what_it_says_stands(registry: Registry) -> None:
    def breaks(_: object) -> Dataset:
        return {}["nothing"]  # type: ignore[no-any-return]

    def leaves(_: object) -> Dataset:
        sys.exit("bye")

    def refuses(_: object) -> Dataset:
        raise DataError("a.wav", "no sound", "sound", "remove it")

    with pytest.raises(ComponentError, match=r"found KeyError: 'nothing' \(test_plugged_data.py, line \d+\)"):
        reading(registry, "corpora", "own", breaks)(SILENT)
    with pytest.raises(ComponentError, match=r"found SystemExit: bye \(test_plugged_data.py, line \d+\)"):
        reading(registry, "corpora", "own", leaves)(SILENT)
    with pytest.raises(DataError, match=r"a\.wav: found no sound"):
        reading(registry, "corpora", "own", refuses)(SILENT)


def test_what_keeps_its_contract_is_given_as_it_is(registry: Registry) -> None:
    words_alone = first_changed(lambda one: replace(one, waveform=torch.zeros(0), transcript="yes", words=None))
    for given in (SPEECH, words_alone):
        assert reading(registry, "corpora", "own", lambda _, it=given: it)(SILENT) is given  # type: ignore[misc]
    assert reading(registry, "noise_banks", "own", lambda _: NOISES)(SILENT) is NOISES


def test_a_run_ends_before_it_has_written_anything(bench_here: Callable, tiny_job: Callable, tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(PLUGIN)
    said = bench_here(*tiny_job(noise_bank="own", noise_root=None, plugin=tmp_path / "own.py", out=tmp_path / "run"))
    assert said.code == 1
    assert "noise bank 'own' of own.py: found NotImplementedError:  (own.py, line 7)" in said.err
    assert not (tmp_path / "run").exists()
