"""Noises that nothing looks for are not made, and no attack misses them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import bench.testing
from bench.contracts.registry import Registry
from bench.core.noises import NoiseSet
from bench.core.showing.progress import Silent
from bench.evaluation.plans.options import Options
from bench.evaluation.plans.planning import select
from bench.evaluation.preparing.setup import set_up
from bench.evaluation.preparing.sounds_needed import sounds_needed
from bench.testing import attacked, sample_noises
from tests.test_conformance import brief

BUILT_IN = Registry.discover()
PLUG_IN = """
from dataclasses import dataclass
from attacks.environmental import Environmental

@dataclass(frozen=True)
class Mine(Environmental):
    \"\"\"As it declares, it looks for one category alone.\"\"\"

COMPONENTS = {"attacks": {"mine": Mine}}
"""
EVERYTHING = ("universal_noises", "fresh_noises", "mixup", "surrogate")


def needed(attack: str, registry: Registry = BUILT_IN, **asked: tuple[str, ...]) -> frozenset[str] | None:
    options = Options(("cnn_gru",), attacks=(attack,), corr="no", noises="all", **asked)
    return sounds_needed([select(options, registry)])


@pytest.mark.parametrize("name", [name for name in BUILT_IN.names("attacks") if needed(brief("attacks", name) or name)])
def test_an_attack_finds_all_that_it_looks_for(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = brief("attacks", name) or name
    attack, sounds, whole = BUILT_IN.build("attacks", spec), needed(spec), sample_noises()
    assert sounds is not None
    rows = attacked(attack, 3)
    some = NoiseSet(whole.name, tuple(one for one in whole.clips if {one.category, one.label} & sounds), "sample")
    monkeypatch.setattr(bench.testing, "sample_noises", lambda: some)
    assert attacked(attack, 3) == rows
    if name in ("boundary", "laugh"):
        assert "laugh" in some.categories, "or nothing is tested here"


@pytest.mark.parametrize("name", EVERYTHING)
def test_who_draws_from_all_gets_all(name: str) -> None:
    assert needed(name) is None


def test_of_two_banks_the_same_recordings_attack_whatever_is_looked_for(
    tiny_corpus: Path, tiny_noises: Path, tmp_path: Path
) -> None:
    """Recordings that stand in several categories: all that share one of these decide on whose side they are."""
    for category in ("crowd", "meeting", "station", "natural"):
        shutil.copytree(tiny_noises / "natural", tmp_path / category)
    banks = {"noise_banks": ("folder", "embedded"), "noise_roots": (tmp_path,)}
    options = Options(("cnn_gru",), attacks=("boundary",), corpus="emodb", corpus_root=tiny_corpus, **banks)
    some, every = (set_up(options, BUILT_IN, Silent(), sounds).noises for sounds in (needed("boundary"), None))
    assert some.fingerprint == every.fingerprint
    assert [one.id for one in some.part("test").of("natural")] == [one.id for one in every.part("test").of("natural")]


def test_the_main_job_needs_five_of_nine_categories() -> None:
    sounds = needed("boundary")
    assert sounds is not None
    assert {"natural", "human", "interior", "laugh", "cry"} <= sounds
    assert not {"crowd", "meeting", "station", "white"} & sounds


def test_a_plug_in_or_a_defence_may_look_for_anything(tmp_path: Path) -> None:
    assert needed("environmental", defenses=("none",)) is not None
    assert needed("environmental", defenses=("none", "noise_augmentation")) is None
    plug_in = tmp_path / "mine.py"
    plug_in.write_text(PLUG_IN)
    assert needed("mine", Registry.discover([plug_in])) is None
