"""The registry: the built-ins are there, are what they say, and a wrong name or module is named."""

from __future__ import annotations

import dataclasses
import importlib
import os
import re
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

from bench.contracts.attacks import Attack, InformedAttack, SpeechEffect
from bench.contracts.protocols import Corpus, Defense, NoiseBank, TrainableVictim
from bench.contracts.registry import KINDS, SINGULAR, Entry, Registry
from bench.core.errors import ComponentError, UsageError
from bench.core.specs import spec_of

PROJECT = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
FIRST_BUILT_INS = {
    "victims": {"cnn_gru"},
    "attacks": {"boundary", "fade_in", "fade_out", "pitch", "speed_utterance"},
    "defenses": {"multi_condition"},
    "corpora": {"emodb", "synthetic"},
    "noise_banks": {"embedded", "folder"},
}
PROTOCOLS = {
    "victims": TrainableVictim,
    "attacks": Attack | SpeechEffect,
    "defenses": Defense,
    "corpora": Corpus,
    "noise_banks": NoiseBank,
}
DECLARED = [
    (kind, name, target)
    for kind in KINDS
    for name, target in PROJECT["entry-points"].get(f"serbench.{kind}", {}).items()
]


def test_the_built_ins_are_there() -> None:
    """Nothing that loops over the registry passes because the registry is empty."""
    registry = Registry.discover()
    for kind, names in FIRST_BUILT_INS.items():
        assert names <= set(registry.names(kind))


@pytest.mark.parametrize(("kind", "name", "target"), DECLARED)
def test_what_is_declared_is_registered_and_is_what_it_says(kind: str, name: str, target: str) -> None:
    entry = Registry.discover().entry(kind, name)
    assert (entry.target, entry.origin) == (target, f"serbench {version('serbench')}")
    factory = entry.load()
    module, _, attribute = target.partition(":")
    assert factory is getattr(importlib.import_module(module), attribute)
    assert dataclasses.is_dataclass(factory)
    assert factory.__dataclass_params__.frozen
    if kind == "victims" and dataclasses.fields(factory)[0].default in (dataclasses.MISSING, ""):
        # nothing without a model of the user's, which its first parameter names
        with pytest.raises(UsageError, match=name):
            Registry.discover().build(kind, name)
        return
    component = Registry.discover().build(kind, name)
    assert isinstance(component, PROTOCOLS[kind])
    assert spec_of(name, component) == name, "every parameter has a default"
    assert Registry.discover().build(kind, name) == component
    assert hash(component) == hash(Registry.discover().build(kind, name))


@pytest.mark.parametrize(("kind", "name", "target"), DECLARED)
def test_a_description_is_read_without_importing(kind: str, name: str, target: str) -> None:
    entry = Registry.discover().entry(kind, name)
    parameters, summary = entry.describe()
    for field in dataclasses.fields(entry.load()):
        assert re.search(rf"\b{field.name}\b", parameters)
    assert summary == (entry.load().__doc__ or "").partition("\n")[0]
    assert summary.endswith(".")


def test_every_module_of_a_built_in_is_registered() -> None:
    """A component's file that nobody declared in pyproject.toml would never be found."""
    root = Path(__file__).parents[3]
    for folder, kind in (("attacks", "attacks"), ("defenses", "defenses"), ("victims", "victims")):
        modules = {path.stem for path in (root / folder).glob("*.py") if not path.stem.startswith("_")}
        assert modules <= {target.partition(":")[0].rpartition(".")[2] for of, _, target in DECLARED if of == kind}


def test_only_boundary_is_informed() -> None:
    registry = Registry.discover()
    assert isinstance(registry.build("attacks", "boundary"), InformedAttack)
    assert not isinstance(registry.build("attacks", "fade_in"), InformedAttack)


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_name(kind: str) -> None:
    registry = Registry.discover()
    known = registry.names(kind)[0]
    with pytest.raises(UsageError) as caught:
        registry.entry(kind, known + "x")
    assert caught.value.where == "--" + SINGULAR[kind].replace(" ", "-")
    assert f"did you mean {known!r}?" in str(caught.value)
    other = {
        "corpora": "; any other .*--corpus manifest$",
        "noise_banks": "; any other .*--noise-bank folder$",
        "victims": "; a model of yours is python:FILE.py:OBJECT, onnx:FILE.onnx, .*--plugin$",
    }
    with pytest.raises(UsageError, match="choose one of these" + other.get(kind, "; --plugin brings yours$")):
        registry.build(kind, "zzzzzzzzzzzzzzzzzz")


def test_parameters_are_built() -> None:
    registry = Registry.discover()
    assert registry.build("attacks", "boundary:step_db=2.5,corr=yes,categories=human+signal").categories == (
        "human",
        "signal",
    )
    assert registry.build("corpora", "emodb:root=/somewhere").root == Path("/somewhere")
    assert registry.build("victims", "cnn_gru:64").channels == 64, "the first parameter needs no name"


@pytest.mark.parametrize("text", ["boundary:step_dB=1", "boundary:5", "boundary:=1", "boundary:1,2", "boundary:corr=2"])
def test_parameters_that_are_none(text: str) -> None:
    with pytest.raises(UsageError, match="boundary"):
        Registry.discover().build("attacks", text)


@pytest.mark.parametrize("target", ["nowhere_at_all:X", "bench.core.specs:Nothing"])
def test_what_cannot_be_imported_is_named(target: str) -> None:
    with pytest.raises(ComponentError, match=r"attack 'mine' of mine 1\.0"):
        Entry("attacks", "mine", target, "mine 1.0").load()


def test_a_package_that_fails_to_import_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "breaks_on_import_of_serbench_test.py").write_text("1 / 0\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ComponentError, match=r"attack 'mine' of mine 1\.0: found ZeroDivisionError"):
        Entry("attacks", "mine", "breaks_on_import_of_serbench_test:X", "mine 1.0").load()


def test_what_is_not_installed_is_listed_without_a_description() -> None:
    assert Entry("attacks", "mine", "nowhere_at_all:X", "mine 1.0").describe() == ("", "")
    assert Entry("attacks", "mine", "nowhere_at_all.deep:X", "mine 1.0").describe() == ("", "")
    assert Entry("attacks", "mine", "bench.core.specs:Nothing", "mine 1.0").describe() == ("", "")


def test_a_package_that_comes_while_python_runs_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    os.utime(tmp_path, (1, 1))
    assert "late" not in Registry.discover().names("victims")
    about = tmp_path / "others-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: others\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[serbench.victims]\nlate = others:Late\n")
    assert Registry.discover().entry("victims", "late").origin == "others 1.0"


@pytest.mark.parametrize("text", ["def (", "\0", "raise SystemExit"])
def test_a_package_that_is_broken_is_listed_without_a_description(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    (tmp_path / "broken_for_serbench_test.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    assert Entry("attacks", "mine", "broken_for_serbench_test:X", "mine 1.0").describe() == ("", "")


def test_a_plug_in_takes_the_place_of_another_package_s_and_never_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    about = tmp_path / "others-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: others\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[serbench.victims]\ntaken = others:Taken\n")
    monkeypatch.syspath_prepend(tmp_path)
    plugin = tmp_path / "mine.py"
    body = (
        "class Mine:\n    def fit(self): ...\n    def load(self): ...\n\n\nCOMPONENTS = {'victims': {'NAME': Mine}}\n"
    )
    plugin.write_text(body.replace("NAME", "taken"))
    with pytest.raises(UsageError, match=r"two of that name: others:Taken of others 1\.0 and"):
        Registry.discover([plugin])
    assert Registry.discover([plugin], over=True).entry("victims", "taken").plugin == plugin
    plugin.write_text(body.replace("NAME", "cnn_gru"))
    with pytest.raises(UsageError, match=r"two of that name: victims\.cnn_gru:CnnGru of serbench"):
        Registry.discover([plugin], over=True)
