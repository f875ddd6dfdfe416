"""Which changes of code change which keys, on copies of our own source."""

from __future__ import annotations

import ast
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from bench.core.code.imports import Places, _next, lies_in
from bench.core.code.result_code import (
    BARE_VICTIM,
    CELL,
    DEFENDED_VICTIM,
    WITHOUT_EFFECT,
    _code_of_component,
    code_of,
    code_of_component,
    modules_of,
)
from bench.core.code.shadowing import HOME, PACKAGES

VICTIMS = ("victims.cnn_gru", "victims.http")
ATTACKS = ("attacks.boundary", "attacks.gain", "attacks.fade_in", "attacks.filler")
DEFENSES = ("defenses.multi_condition", "defenses.rnnoise")
Edit = Callable[[str], str]
Changed = Callable[[Mapping[str, Edit]], set[str]]


def keys(home: Path) -> dict[str, str]:
    """Every digest that stands in a key: of what fits and measures, and of some components."""
    harness = {"bare": BARE_VICTIM, "defended": DEFENDED_VICTIM, "cell": CELL}
    components = (*VICTIMS, *ATTACKS, *DEFENSES, "bench.data.corpora.emodb", "bench.measures.stoi")
    found = {name: code_of(names, home) for name, names in harness.items()}
    return found | {name: code_of_component(name, Places(home).find(name), home) for name in components}


@pytest.fixture(scope="module")
def today() -> dict[str, str]:
    return keys(HOME)


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of our source."""
    home = tmp_path_factory.mktemp("home")
    for top in PACKAGES:
        shutil.copytree(HOME / top, home / top, ignore=shutil.ignore_patterns("__pycache__"))
    return home


@pytest.fixture
def changed(copied: Path, today: dict[str, str]) -> Iterator[Changed]:
    """Which keys are others when these files, or all files below these folders, are edited in the copy."""
    before: dict[Path, str] = {}

    def changed(edits: Mapping[str, Edit]) -> set[str]:
        for name, edit in edits.items():
            place = copied / name
            files = sorted(place.rglob("*.py")) if place.is_dir() else [place]
            assert files
            for file in files:
                before[file] = file.read_text()
                file.write_text(edit(before[file]))
        found = fresh_keys(copied)
        return {name for name in found if found[name] != today[name]}

    yield changed
    for file, text in before.items():
        file.write_text(text)


def fresh_keys(home: Path) -> dict[str, str]:
    """The keys that a process started now finds."""
    for cached in (code_of, modules_of, _code_of_component, _next):
        cached.cache_clear()
    return keys(home)


def more(text: str) -> str:
    """Something that runs."""
    return text + "\n_MORE = 1\n"


def swapped(old: str, new: str) -> Edit:
    def swap(text: str) -> str:
        assert text.count(old) == 1, old
        return text.replace(old, new)

    return swap


def said_otherwise(text: str) -> str:
    """The same code in another layout, without comments but one, with other docstrings, also where there was none."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            told = ast.get_docstring(node) is not None
            node.body = [ast.Expr(ast.Constant("Said in other words.")), *node.body[told:]]
    return "# Of another year\n" + ast.unparse(ast.fix_missing_locations(tree))


def test_a_comment_a_docstring_or_a_layout_changes_no_key_anywhere(changed: Changed) -> None:
    assert changed(dict.fromkeys(PACKAGES, said_otherwise)) == set()


def test_what_cannot_change_a_result_changes_no_key(changed: Changed) -> None:
    shown = ("core/showing/progress.py", "core/errors.py")
    rooms = ("data/fetching", "sharing", "studies", "cli", "testing.py", "api", *shown)
    assert changed(dict.fromkeys((*(f"bench/{room}" for room in rooms), "leaderboards"), more)) == set()


EVERY_HARNESS = {"bare", "defended", "cell"}
LISTED = [
    ("victims/http.py", more, {"victims.http"}),
    ("victims/cnn_gru.py", more, {"victims.cnn_gru"}),
    ("bench/modelling/remote/journal.py", more, {"victims.http"}),
    ("bench/modelling/training.py", more, {"victims.cnn_gru"}),
    ("attacks/gain.py", more, {"attacks.gain"}),
    ("attacks/fade_in.py", more, {"attacks.fade_in"}),
    ("bench/perturbations/edits.py", more, {"attacks.filler"}),
    ("bench/defending/denoiser.py", more, {"defenses.rnnoise"}),
    ("bench/referee/search.py", more, {"cell"}),
    ("bench/evaluation/cell/measuring.py", more, {"cell"}),
    ("bench/evaluation/cell/fitted_store.py", more, EVERY_HARNESS),
    ("bench/audio/signal/mel.py", more, EVERY_HARNESS),
    ("bench/audio/signal/codecs.py", more, EVERY_HARNESS),
    ("bench/data/splits.py", more, EVERY_HARNESS),
    ("bench/data/corpora/emodb.py", more, {"bench.data.corpora.emodb"}),
    ("bench/measures/stoi.py", more, {"bench.measures.stoi"}),
    ("bench/__init__.py", lambda text: text + "from bench.core.rng import key_of as key_of\n", set()),
    ("bench/audio/__init__.py", lambda text: text + "from bench.audio.reading import is_audio as is_audio\n", set()),
]


@pytest.mark.parametrize(("file", "edit", "expected"), LISTED, ids=[file for file, *_ in LISTED])
def test_a_change_of_code_changes_what_depends_on_it_and_nothing_else(
    changed: Changed, file: str, edit: Edit, expected: set[str]
) -> None:
    assert changed({file: edit}) == expected


def test_the_referees_arithmetic_changes_cells_and_retrains_no_bare_victim(changed: Changed) -> None:
    found = changed({"bench/referee/judgement.py": swapped("d, snr_db > min_snr_db)", "d, snr_db >= min_snr_db)")})
    assert "cell" in found
    assert not found & {"bare", *VICTIMS, *ATTACKS}


def test_a_constant_of_signal_processing_changes_both(changed: Changed) -> None:
    assert changed({"bench/audio/signal/levels.py": swapped("SILENCE_RMS = 1e-6", "SILENCE_RMS = 1e-5")}) >= {
        "bare",
        "cell",
    }


def test_an_annotation_counts_since_fields_are_read_by_it(changed: Changed) -> None:
    assert changed({"victims/cnn_gru.py": swapped("    hidden: int =", "    hidden: float =")}) == {"victims.cnn_gru"}


def test_what_attacks_share_counts_with_those_that_import_it(changed: Changed, copied: Path) -> None:
    shared = copied / "attacks" / "shared.py"
    shared.write_text("MARGIN_DB = 0.1\n")
    imports = swapped("SIGNAL = ", "from attacks.shared import MARGIN_DB\nSIGNAL = ")
    assert changed({"attacks/boundary.py": imports}) == {"attacks.boundary"}
    before = fresh_keys(copied)
    shared.write_text("MARGIN_DB = 0.25\n")
    after = fresh_keys(copied)
    assert {name for name in before if before[name] != after[name]} == {"attacks.boundary"}


# ---- the lists


def test_the_lists_grow_and_leave_out_what_only_asks_or_shows() -> None:
    bare, defended, cell = (set(modules_of(names)) for names in (BARE_VICTIM, DEFENDED_VICTIM, CELL))
    assert bare < defended < cell
    for room in ("contracts.attacks", "referee", "scoring", "perturbations", "measures", "defending", "modelling"):
        assert not any(lies_in(module, {f"bench.{room}"}) for module in bare), room
    for room in ("cli", "studies", "sharing", "api", "testing", "evaluation.run", "evaluation.options", "modelling"):
        assert not any(lies_in(module, {f"bench.{room}"}) for module in cell), room


def test_every_name_in_the_lists_is_a_module() -> None:
    assert [name for name in (*CELL, *WITHOUT_EFFECT) if not Places().below(name)] == []
    with pytest.raises(ModuleNotFoundError, match=r"bench\.cellar"):
        code_of(("bench.cellar",))


# ---- somebody else's


def component(file: Path, text: str | None = None) -> str:
    if text is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return code_of_component(f"serbench_plugin_{abs(hash(file)):x}", file)


def test_a_plugin_file_counts_with_what_it_imports_from_its_folder(tmp_path: Path) -> None:
    digests = []
    for number, (helper, beside) in enumerate([("x = 1", "y = 1"), ("x = 1  # one", "y = 2"), ("x = 2", "y = 1")]):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "helper.py").write_text(helper)
        (folder / "beside.py").write_text(beside)
        digests.append(component(folder / "mine.py", "def search():\n    from helper import x\n"))
    assert digests[0] == digests[1], "what lies beside it, unused, is no part of it; nor is where it lies"
    assert digests[0] != digests[2]


def test_a_plugin_file_that_changes_in_a_session_is_read_anew(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    first = component(file, "x = 1\n")
    os.utime(file, ns=(1, 1))
    assert component(file) == first
    assert component(file, "x = 2\n") != first
    assert code_of_component("gone", tmp_path / "gone.py") == code_of_component("gone", None) == ""


def test_the_sample_package_counts_each_component_for_itself(tmp_path: Path) -> None:
    sample = HOME / "tests" / "plugin" / "serbench_sample"
    found = []
    for number, edit in enumerate((str, more)):
        root = tmp_path / str(number)
        shutil.copytree(sample, root / "serbench_sample", ignore=shutil.ignore_patterns("__pycache__"))
        (root / "serbench_sample" / "quantise.py").write_text(edit((sample / "quantise.py").read_text()))
        found.append(
            {
                name: code_of_component(f"serbench_sample.{name}", root / "serbench_sample" / f"{name}.py")
                for name in ("quantise", "mean_level", "white_burst")
            }
        )
    assert {name for name in found[0] if found[0][name] != found[1][name]} == {"quantise"}


def test_what_a_plugin_imports_of_ours_counts(tmp_path: Path, today: dict[str, str]) -> None:
    on_gain = component(tmp_path / "mine.py", "from attacks.gain import Gain\n")
    assert on_gain != component(tmp_path / "other" / "mine.py", "from attacks.dither import Gain\n")
    assert today["attacks.gain"] != on_gain
