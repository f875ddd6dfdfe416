"""`bench new`: what it writes is found, conforms, and is refused where it would stand in somebody's way."""

from __future__ import annotations

import ast
import builtins
import json
import runpy
import shlex
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.contracts.registry import Registry
from bench.core.errors import UsageError
from bench.sharing.new_package import KINDS, NewPackage, write_package

TINY = {"attack": "draws=3", "defense": "bits=4", "victim": "steps=20", "corpus": ""}


@pytest.fixture
def written(tmp_path: Path, bench_here: Callable, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package of each kind, found as if pip had installed it in place."""
    for kind in KINDS:
        folder = tmp_path / f"the {kind}"
        said = bench_here("new", kind, f"my_{kind}", "--to", folder)
        assert said.code == 0, said.err
        assert f"pip install -e '{folder}'" in said.out
        project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        about = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.4\nName: {project['name']}\nVersion: 0.1.0\n")
        ((group, points),) = project["entry-points"].items()
        lines = [f"[{group}]", *(f"{name} = {target}" for name, target in points.items())]
        (about / "entry_points.txt").write_text("\n".join(lines))
        monkeypatch.syspath_prepend(folder)
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("serbench_my_")]:
        del sys.modules[name]


def test_what_is_written_conforms(written: Path, bench_here: Callable) -> None:
    for kind, params in TINY.items():
        more = ["--corpus-root", written / "the corpus" / "example"] if kind == "corpus" else []
        more += ["--victim", "my_victim:steps=5"] if kind == "defense" else []
        said = bench_here("check", f"my_{kind}:{params}".rstrip(":"), "--json", *more)
        assert said.code == 0, said.out + said.err
        told = json.loads(said.out)
        assert (told["kind"], told["origin"]) == (KINDS[kind], f"serbench-my-{kind} 0.1.0")
        assert told["licence"] == "", "it is the author's to choose"
        assert len(told["checks"]) >= 9


def test_the_commands_that_come_next_are_right(written: Path, bench_here: Callable) -> None:
    package = NewPackage("corpus", "my_corpus", written / "the corpus")
    install, *rest = package.commands(shlex.quote(str(package.folder)))
    assert shlex.split(install) == ["pip", "install", "-e", str(package.folder)]
    for command in rest:
        said = bench_here(*shlex.split(command)[1:])
        assert said.code == 0, said.err
    page = (package.folder / "README.md").read_text(encoding="utf-8")
    assert "\n".join(package.commands(".")) in page


def test_its_own_test_passes(written: Path) -> None:
    file = written / "the corpus" / "tests" / "test_my_corpus.py"
    found = runpy.run_path(str(file))
    found["test_it_conforms"]()
    assert found["EXAMPLE"] == written / "the corpus" / "example"


@pytest.mark.parametrize("name", ["recipe", "tensor", "true_", "path", "value_error", "X", "a" * 63])
def test_any_identifier_gives_python_that_can_be_read(tmp_path: Path, name: str) -> None:
    for kind in KINDS:
        if name.endswith("_"):
            with pytest.raises(UsageError, match="does not end with _"):
                write_package(kind, name, tmp_path / kind, Registry.discover())
            continue
        package = write_package(kind, name, tmp_path / kind, Registry.discover())
        tree = ast.parse(package.module.read_text(encoding="utf-8"))
        imported = {one.name for node in tree.body if isinstance(node, ast.ImportFrom) for one in node.names}
        made = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
        assert made
        assert not made & (imported | set(vars(builtins)))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("atack", "mine"), "bench new: found 'atack'; expected one of attack, defense, victim, corpus"),
        (("attack", "my-attack"), "expected an identifier"),
        (("attack", "../mine"), "expected an identifier"),
        (("attack", "мой"), "expected an identifier"),
        (("attack", "class"), "expected an identifier"),
        (("attack", "{{ 7 * 7 }}"), "expected an identifier"),
        (("attack", "boundary"), "found 'boundary', which is taken"),
        (("attack", "aware"), "found 'aware', which is taken"),
        (("defense", "none"), "found 'none', which is taken"),
        (("attack", "mine", "--to", "."), "found a folder that is there"),
        (("attack", "mine", "--to", "full"), "found a file that is there"),
    ],
)
def test_what_cannot_be_written_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bench_here: Callable, words: tuple, expected: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "full").write_text("mine")
    said = bench_here("new", *words)
    assert said.code == 2
    assert expected in said.err
    assert [path.name for path in tmp_path.iterdir()] == ["full"]
