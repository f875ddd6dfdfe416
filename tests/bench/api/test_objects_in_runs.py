"""`bench.run` with objects: they are attacked, kept under their content, and never taken for one another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bench
from bench import Overlay, Recipe

NAMES = ("anger", "happiness", "sadness", "neutral")


def told_by(scale: float) -> Callable[[Any], str]:
    def model(waveform: Any) -> str:
        return NAMES[int(scale * np.mean(waveform**2)) % 4]

    return model


class OneSound:
    """An attack that is no dataclass."""

    def search(self, original: Any, tools: Any, rng: Any) -> Any:
        yield Recipe(Overlay(tools.noises.draw(rng, "natural"), snr_db=10.5))


class Through:
    """A defence that changes nothing."""

    def fit(self, victim: Any, train: Any, valid: Any, context: Any) -> Any:
        return victim.fit(train, valid, context)

    def load(self, victim: Any, folder: Path, context: Any) -> Any:
        return victim.load(folder, context)


@pytest.fixture
def run(tmp_path: Path, tiny_corpus: Path, tiny_noises: Path, own_cache: Path) -> Callable[..., Any]:
    def run(victim: Any, attack: Any = "fade_in", **options: Any) -> Any:
        data = {"corpus": "emodb", "corpus_root": tiny_corpus, "noise_bank": "folder", "noise_root": tiny_noises}
        return bench.run(victim, attack, k=1, limit=2, device="cpu", out=tmp_path / "run", **data, **options)

    return run


def cells(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (folder / "run" / "cells").glob("*.parquet")}


def test_an_object_of_every_kind_is_measured(run: Callable[..., Any], tmp_path: Path) -> None:
    found = run(told_by(1e4), OneSound(), defense=["none", Through()], noises="all", check=True)
    told = found[["victim", "defense", "attack"]].drop_duplicates()
    names = [sorted({name.partition("@")[0] for name in told[column]}) for column in told]
    assert names == [["model"], ["Through", "none"], ["OneSound"]]
    assert len(cells(tmp_path)) == 2


def test_another_of_the_same_name_is_measured_anew_and_the_same_is_not(run: Callable[..., Any], tmp_path: Path) -> None:
    run(told_by(1e4))
    before = cells(tmp_path)
    run(told_by(1e4))  # made anew, of the same content
    assert cells(tmp_path) == before
    both = run([told_by(1e4), told_by(2e5)])
    assert both["victim"].nunique() == 2
    assert cells(tmp_path).items() > before.items()


def test_a_model_that_breaks_fails_its_cells_and_says_so(run: Callable[..., Any]) -> None:
    with pytest.raises(bench.ComponentError, match=r"ZeroDivisionError.*try it on such an array by itself") as raised:
        run(lambda waveform: 1 / 0)
    assert raised.value.__suppress_context__ or raised.value.__context__ is None
