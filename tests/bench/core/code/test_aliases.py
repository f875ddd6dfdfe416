"""Former paths and names: they serve, they are what stands under the new name, and they say so once."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import bench
from bench.core.code.aliases import MOVED, RENAMED, moved

CHEATS = Path(__file__).parents[5] / "shared" / "cheats" / "cheats.py"
OLD_PLUGIN = '''
"""Written for the version before."""

from collections.abc import Generator
from dataclasses import dataclass, replace

from bench import AttackTools, Noises, Perturbation, Rng, Utterance
from bench.effects.edits import span_of
from bench.signal import mix, snr_db
from bench.signal.levels import audible

NOISES: type[Noises] = Noises


@dataclass(frozen=True)
class Reversed:
    """Its own reverse under the utterance; asks once."""

    level_db: float = 12.0

    def search(self, original: Utterance, tools: AttackTools, rng: Rng) -> Generator[Utterance, bool, None]:
        if audible(original.waveform):
            mixed = mix(original.waveform, original.waveform.flip(0), self.level_db)
            yield replace(original, waveform=mixed, perturbation=Perturbation("reversed", "signal", "x"))


COMPONENTS = {"attacks": {"reversed": Reversed}}
'''


@pytest.fixture(autouse=True)
def _as_if_never_asked() -> Iterator[None]:
    """Forget former names before and after: each is said once in a process."""

    def forget() -> None:
        for old in [name for name in sys.modules if moved(name)]:
            del sys.modules[old]
        for old in (*MOVED, *RENAMED):
            home, _, name = old.rpartition(".")
            if home in sys.modules and name not in bench.__all__:
                vars(sys.modules[home]).pop(name, None)

    forget()
    yield
    forget()


def now_inside(package: str, module: str) -> str | None:
    """The docstring of a module in a package."""
    return importlib.import_module(f"{package}.{module}").__doc__


@pytest.mark.parametrize("old", sorted(MOVED))
def test_a_module_that_has_moved(old: str) -> None:
    now = importlib.import_module(MOVED[old])
    former = importlib.import_module(old)
    names = [name for name in vars(now) if not name.startswith("_")]
    if not names:  # a folder: what lies in it has moved with it
        inside = next(iter(sorted(Path(now.__path__[0]).glob("[a-z]*.py")))).stem
        assert importlib.import_module(f"{old}.{inside}").__doc__ == now_inside(MOVED[old], inside)
        return
    with pytest.warns(DeprecationWarning, match="is now") as said:
        found = [getattr(former, name) for name in names]
    assert found == [vars(now)[name] for name in names]
    assert len(said) == 1, "once for a module"
    assert str(said[0].message).startswith(f"{old}.{names[0]} is now {MOVED[old]}.{names[0]}:")
    assert said[0].filename == __file__


@pytest.mark.parametrize("old", sorted(RENAMED))
def test_a_name_that_has_changed(old: str) -> None:
    home, _, name = old.rpartition(".")
    module = importlib.import_module(home)
    with pytest.warns(DeprecationWarning, match="is now") as said:
        found = [getattr(module, name) for _ in range(2)]
    place, _, now = RENAMED[old].rpartition(".")
    assert found == [getattr(importlib.import_module(place), now)] * 2
    assert [str(one.message).partition(":")[0] for one in said] == [f"{old} is now {RENAMED[old]}"]
    assert said[0].filename == __file__


def test_imports_say_it_where_they_stand() -> None:
    code = "from bench.signal.levels import audible\nfrom bench import Noises\nfrom bench.noises.bank import Noises\n"
    with pytest.warns(DeprecationWarning, match="is now") as said:
        exec(compile(code, "theirs.py", "exec"), {"__name__": "theirs"})
    assert [(one.filename, one.lineno) for one in said] == [("theirs.py", 1), ("theirs.py", 2), ("theirs.py", 3)]


def test_a_star_import() -> None:
    names: dict[str, object] = {}
    with pytest.warns(DeprecationWarning, match=r"bench\.audio\.signal"):
        exec("from bench.signal import *", names)
    assert names["mix"] is importlib.import_module("bench.audio.signal").mix


@pytest.mark.parametrize("name", ["bench.nothing", "bench.signals", "bench.signal.nothing", "bench.effects.nothing"])
def test_what_never_was_is_not_found(name: str) -> None:
    with pytest.raises(ModuleNotFoundError, match=name):
        importlib.import_module(name)


def test_to_look_for_a_module_is_not_to_use_it() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        spec = importlib.util.find_spec("bench.signal.levels")
        module = importlib.import_module("bench.signal")
    assert spec is not None
    assert spec.origin == importlib.import_module("bench.audio.signal.levels").__file__
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        module.nothing  # noqa: B018


def test_a_plug_in_file_of_the_version_before(
    bench_process: Callable, bench_here: Callable, tiny_job: Callable, tmp_path: Path
) -> None:
    plugin = tmp_path / "old.py"
    plugin.write_text(OLD_PLUGIN)
    listed = bench_process("list", "attacks", "--plugin", plugin)
    assert listed.code == 0, listed.err
    assert "reversed  (old.py)" in listed.out
    for old, now in (
        ("bench.Noises", "bench.NoiseSet"),
        ("bench.signal.mix", "bench.audio.signal.mix"),
        ("bench.signal.levels.audible", "bench.audio.signal.levels.audible"),
        ("bench.effects.edits.span_of", "bench.perturbations.edits.span_of"),
    ):
        assert listed.err.count(f"DeprecationWarning: {old} is now {now}:") == 1, listed.err
    assert listed.err.count("DeprecationWarning") == 4
    victim = "cnn_gru:channels=4,hidden=4,max_epochs=1"
    with pytest.warns(DeprecationWarning, match="is now"):
        ran = bench_here(*tiny_job(victim=victim, attack="reversed", plugin=plugin, k="1", out=tmp_path / "run"))
    assert ran.code == 0, ran.err


@pytest.mark.skipif(not CHEATS.is_file(), reason="no shared/cheats beside the checkout")
def test_the_plug_in_that_cheats_still_loads(bench_process: Callable) -> None:
    said = bench_process("list", "attacks", "--plugin", CHEATS)
    assert said.code == 0, said.err
    assert "fresh  (cheats.py)" in said.out
    assert said.err.count("DeprecationWarning: bench.signal.mix is now bench.audio.signal.mix") == 1
