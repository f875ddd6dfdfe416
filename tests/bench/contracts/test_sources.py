"""What is listed of a component is read from its source, defaults that are constants with their values."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from attacks.boundary import Boundary
from bench.contracts.registry import Entry, Registry
from bench.contracts.sources import described, source_of
from bench.core.specs import Spec, build
from bench.perturbations.catalogue import P1_EFFECTS
from defenses.manipulation_detector import ManipulationDetector

COMPONENT = '''
from dataclasses import dataclass
from typing import ClassVar

from constants_for_serbench_test import EFFECTS, LOUD as loud, MADE
from bench import SAMPLE_RATE

HERE = ("a", -1)
FIRST, SECOND = 1, "two"
TYPED: float = 0.5
RUN = len(HERE)

@dataclass(frozen=True)
class Mine:
    """What it does.

    And more.
    """

    needed: str
    here: tuple = HERE
    first: int = FIRST
    second: str = SECOND
    typed: float = TYPED
    run: int = RUN
    effects: tuple = EFFECTS
    level: float = loud
    made: float = MADE
    rate: int = SAMPLE_RATE
    unknown: int = NOWHERE
    kind: ClassVar[str] = "not listed"
'''


def test_a_default_that_is_a_constant_is_listed_by_its_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    constants = 'EFFECTS = ("fade_in", "reverb")\nLOUD = 0.9\nMADE = max(1, 2)\n'
    (tmp_path / "constants_for_serbench_test.py").write_text(constants)
    (tmp_path / "mine.py").write_text(COMPONENT)
    monkeypatch.syspath_prepend(tmp_path)
    parameters, summary = described(tmp_path / "mine.py", "Mine")
    assert summary == "What it does."
    assert parameters == (
        "needed, here=('a', -1), first=1, second='two', typed=0.5, run=RUN, effects=('fade_in', 'reverb'), level=0.9, "
        "made=MADE, rate=16000, unknown=NOWHERE"
    )
    assert "constants_for_serbench_test" not in sys.modules, "read, not run"


@pytest.mark.parametrize(
    "text", ["from round_for_serbench_test import A\n", "from nowhere_for_serbench_test import A\n"]
)
def test_a_constant_that_leads_nowhere_is_listed_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    file = tmp_path / "round_for_serbench_test.py"
    file.write_text(f"{text}class Mine:\n    a: int = A\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert described(file, "Mine") == ("a=A", "")
    assert source_of("nowhere_for_serbench_test") is None


def test_p1_s_effects_have_one_home() -> None:
    """Both who use them take these, and `bench list` shows them though they stand in neither file."""
    registry = Registry.discover()
    assert Boundary().signals == ManipulationDetector().signals == P1_EFFECTS
    for kind, name in (("attacks", "boundary"), ("defenses", "manipulation_detector")):
        assert f"signals={P1_EFFECTS!r}" in registry.entry(kind, name).describe()[0]
    for effect in P1_EFFECTS:
        spec = Spec.parse(effect)
        assert build(registry.entry("attacks", spec.name).load(), spec, "attack") is not None


def test_it_is_read_without_torch() -> None:
    """The catalogue is plain data, and following it to its file imports no more than the packages around it."""
    code = (
        "import sys; from bench.contracts.registry import Registry; "
        "print(Registry.discover().entry('attacks', 'boundary').describe()); "
        "assert not {'torch', 'attacks.boundary', 'numpy'} & set(sys.modules), sorted(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "reverb" in done.stdout


def test_an_entry_without_source_is_listed_bare() -> None:
    assert Entry("attacks", "mine", "sys:Mine", "mine 1.0").describe() == ("", "")


@pytest.mark.parametrize(
    "body",
    [
        '    """What it does."""\n\n    def search(self):\n        return ")"\n\n'
        "    late: int = 3\n    early: int = 1\n",
        '    """What it does.\n\nThis line begins at the margin.\n    """\n\n    late: int = 3\n    early: int = 1\n',
        '    """What it does."""\n\n    late: int = 3\n# a remark at the margin\n    early: int = 1\n\n    @property\n'
        "    def x(self): ...\n",
    ],
)
def test_fields_are_found_wherever_they_stand(tmp_path: Path, body: str) -> None:
    file = tmp_path / "mine.py"
    file.write_text(f"class Other:\n    early: int = 9\n\n\nclass Mine:\n{body}\n\nclass Mined:\n    early: int = 8\n")
    assert described(file, "Mine") == ("late=3, early=1", "What it does.")
    assert described(file, "Missing") == ("", "")
