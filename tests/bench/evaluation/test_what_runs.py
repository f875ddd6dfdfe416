"""The lists of what a result depends on are complete: no code of ours runs, while one is made, outside its key."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from attacks.boundary import Boundary
from bench.core.code.imports import Places, lies_in
from bench.core.code.parsed import parsed
from bench.core.code.result_code import (
    BARE_VICTIM,
    CELL,
    DEFENDED_VICTIM,
    WITHOUT_EFFECT,
    modules_of,
    modules_of_component,
)
from bench.core.code.shadowing import HOME
from bench.core.specs import Spec

WATCHED = """
import json, sys, threading
from pathlib import Path
home, corpus, noises, out, victim = sys.argv[1:]
import bench
from bench.evaluation.cell import fitted_store, instances, measuring

doing, ran = [], {}

def look(frame, event, argument):
    if event == "call" and frame.f_code.co_filename.startswith(home):
        for what in doing:
            ran.setdefault(what, set()).add(frame.f_globals.get("__name__"))

def watched(places, name, describe):
    plain = getattr(places[0], name)
    def run(self, *arguments):
        doing.append(describe(self, *arguments))
        sys.setprofile(look)
        try:
            return plain(self, *arguments)
        finally:
            doing.pop()
            sys.setprofile(look if doing else None)
    for place in places:
        setattr(place, name, run)

for name, places in (("fit_or_load", [fitted_store, instances]), ("fit_once", [fitted_store])):
    watched(places, name, lambda _, key: f"fit {key.defense_spec}")
watched([measuring.Measuring], "measured", lambda _, cell: f"cell {cell.fitted.defense_spec} {cell.attack}")
threading.setprofile(look)
bench.run(victim, ["boundary", "transfer", "fade_in+gain"], 3, defense=["none", "noise_augmentation"],
    corpus="emodb", corpus_root=corpus, noise_bank="folder", noise_root=noises, device="cpu", limit=2, out=out,
    measures="seg_snr_db", corr="yes", noises="all")
print(json.dumps({what: sorted(found) for what, found in ran.items()}))
"""
SMALL = "cnn_gru:channels=4,hidden=4,dense=4,max_epochs=1"
ATTACKS = {
    "boundary": ("attacks.boundary",),
    "transfer": ("attacks.transfer", "attacks.boundary"),
    "fade_in+gain": ("attacks.fade_in", "attacks.gain"),
}


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory, tiny_corpus: Path, tiny_noises: Path) -> dict[str, set[str]]:
    """The modules of ours whose code ran while a victim was fitted or loaded, and while a cell was measured."""
    folder = tmp_path_factory.mktemp("watched")
    words = [sys.executable, "-c", WATCHED, str(HOME), str(tiny_corpus), str(tiny_noises), str(folder / "run"), SMALL]
    settings = os.environ | {"SERBENCH_CACHE": str(folder / "cache")}
    done = subprocess.run(words, check=False, capture_output=True, text=True, env=settings, timeout=300, cwd=HOME)
    assert done.returncode == 0, done.stderr
    return {what: set(modules) for what, modules in json.loads(done.stdout.splitlines()[-1]).items()}


def of_components(names: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for name in names:
        file = Places().find(name)
        assert file is not None
        found |= modules_of_component(name, file).keys()
    return found


def uncounted(modules: Iterable[str], counted: set[str]) -> set[str]:
    """Those that are in no list: a face only passes names on."""
    files = {module: Places().find(module) for module in modules if not lies_in(module, WITHOUT_EFFECT)}
    return {module for module, file in files.items() if file and not parsed(file).face} - counted


def test_everything_that_runs_while_a_bare_victim_is_fitted_is_in_its_key(ran: dict[str, set[str]]) -> None:
    seen = ran["fit none"]
    assert {"victims.cnn_gru", "bench.modelling.training", "bench.evaluation.cell.fitted_store"} <= seen
    assert uncounted(seen, {*modules_of(BARE_VICTIM), *of_components(["victims.cnn_gru"])}) == set()


def test_everything_that_runs_while_a_defended_victim_is_fitted_is_in_its_key(ran: dict[str, set[str]]) -> None:
    seen = ran["fit noise_augmentation"]
    parts = ["victims.cnn_gru", "defenses.noise_augmentation", "attacks.environmental"]
    assert set(parts) <= seen
    assert uncounted(seen, {*modules_of(DEFENDED_VICTIM), *of_components(parts)}) == set()


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("defense", ["none", "noise_augmentation"])
def test_everything_that_runs_while_a_cell_is_measured_is_in_its_key(
    ran: dict[str, set[str]], defense: str, attack: str
) -> None:
    (seen,) = (modules for what, modules in ran.items() if what.startswith(f"cell {defense} {attack}"))
    assert {"bench.referee.referee", "bench.evaluation.cell.measuring", *ATTACKS[attack]} <= seen
    parts = {"victims.cnn_gru", *ATTACKS[attack], "bench.measures.segmental_snr"}
    if defense != "none":
        parts |= {f"defenses.{defense}", "attacks.environmental"}
    if "attacks.boundary" in parts:  # its effects, as they were drawn
        parts |= {f"attacks.{Spec.parse(effect).name}" for effect in Boundary().signals}
    assert uncounted(seen, {*modules_of(CELL), *of_components(parts)}) == set()
