"""Every registered component passes the checks that plug-in authors run; a new one is tested without writing a test."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from bench.contracts.registry import KINDS, Registry
from bench.core.showing.progress import SILENT
from bench.testing import check_attack, check_component, check_dataset, check_defense, check_victim
from victims.cnn_gru import CnnGru

pytestmark = pytest.mark.usefixtures("heard_once")

BUILT_IN = Registry.discover()
SMALL = CnnGru(channels=8, hidden=8, dense=8, max_epochs=3)


def brief(kind: str, name: str) -> str | None:
    """The spec that a component is checked with: its name, or what its own test says in `BRIEF`.

    None is said of a victim that needs a model of the user's: its own test runs the same check on a real one.
    """
    own = Path(__file__).parent / kind / f"test_{name}.py"
    for node in ast.parse(own.read_bytes()).body if own.is_file() else ():
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "BRIEF":
            said: str | None = ast.literal_eval(node.value)
            return said
    return name


VICTIMS = {name: brief("victims", name) for name in BUILT_IN.names("victims")}


def test_every_kind_has_built_ins() -> None:
    assert all(BUILT_IN.names(kind) for kind in KINDS)


@pytest.mark.parametrize("spec", [spec for spec in VICTIMS.values() if spec])
def test_victim(spec: str) -> None:
    check_victim(BUILT_IN.build("victims", spec))


@pytest.mark.parametrize("name", [name for name, spec in VICTIMS.items() if spec is None])
def test_a_victim_with_a_model_of_the_user_s_is_checked_by_its_own_test(name: str) -> None:
    own = Path(__file__).parent / "victims" / f"test_{name}.py"
    assert "check_victim(" in own.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", BUILT_IN.names("attacks"))
def test_attack(name: str) -> None:
    spec = brief("attacks", name)
    assert spec is not None
    check_attack(BUILT_IN.build("attacks", spec))


@pytest.mark.parametrize("name", BUILT_IN.names("defenses"))
def test_defense(name: str) -> None:
    spec = brief("defenses", name)
    assert spec is not None
    check_defense(BUILT_IN.build("defenses", spec), SMALL)


@pytest.mark.parametrize("name", [*BUILT_IN.names("corpora"), *BUILT_IN.names("noise_banks")])
def test_reader(name: str) -> None:
    kind = "corpora" if name in BUILT_IN.names("corpora") else "noise_banks"
    check_component(BUILT_IN.build(kind, name))


def test_the_embedded_corpus() -> None:
    check_dataset(BUILT_IN.build("corpora", "synthetic").read(SILENT))
