"""Tasks in files of the user's, and of installed packages."""

from __future__ import annotations

from dataclasses import asdict
from importlib import metadata
from pathlib import Path

import pytest

from bench import ComponentError, Task, UsageError
from bench.data import installed_tasks
from bench.data.tasks import TASKS, task_named

STRESSED = Task(
    "stressed", ("stressed", "calm"), "emotion", merged=(("anger", "stressed"), ("fear", "stressed"), ("sad", "calm"))
)
TOML = 'classes = ["stressed", "calm"]\n[merged]\nanger = "stressed"\nfear = "stressed"\nsad = "calm"\n'
YAML = "classes: [stressed, calm]\nmerged: {anger: stressed, fear: stressed, sad: calm}\n"
RATED = 'name = "arousal2"\nattribute = "activation"\nclasses = ["low", "high"]\nbins = [3]\nimprovised_only = true\n'


def written(folder: Path, text: str, name: str = "stressed.toml") -> str:
    (folder / name).write_text(text, encoding="utf-8")
    return str(folder / name)


@pytest.mark.parametrize(("text", "name"), [(TOML, "stressed.toml"), (YAML, "stressed.yaml"), (YAML, "stressed.YML")])
def test_a_task_is_read(tmp_path: Path, text: str, name: str) -> None:
    assert task_named(written(tmp_path, text, name)) == STRESSED


def test_a_rated_task_is_read(tmp_path: Path) -> None:
    found = task_named(written(tmp_path, RATED))
    assert found == Task("arousal2", ("low", "high"), "activation", (3.0,), improvised_only=True)


@pytest.mark.parametrize("name", TASKS)
def test_every_built_in_could_stand_in_a_file(name: str, tmp_path: Path) -> None:
    import yaml

    told = {**asdict(TASKS[name]), "name": "mine", "merged": dict(TASKS[name].merged)}
    told |= {"classes": list(told["classes"]), "bins": list(told["bins"])}
    assert asdict(task_named(written(tmp_path, yaml.safe_dump(told, sort_keys=False), "t.yaml"))) == {
        **asdict(TASKS[name]),
        "name": "mine",
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("classes = ", r"what is no TOML"),
        ('classes = ["a", "b"]\nclases = 1', r"the key 'clases'; .*did you mean 'classes'"),
        ('classes = "ab"', "classes = 'ab'; expected a list of names"),
        ("", "classes = None"),
        ('classes = ["a"]', "two different names or more"),
        ('classes = ["a", "a"]', "two different names or more"),
        ('name = "ahsn"\nclasses = ["a", "b"]', "'ahsn', which a built-in task has"),
        ('classes = ["a", "b"]\nattribute = "arousal"', "attribute = 'arousal'; expected one of emotion"),
        ('classes = ["a", "b"]\nbins = [3]', r"bins = \[3.0\]; expected 0 rising edges"),
        ('classes = ["a", "b", "c"]\nattribute = "valence"\nbins = [3, 2]', "expected 2 rising edges"),
        ('classes = ["a", "b"]\nattribute = "valence"\nbins = ["x"]', "expected a list of numbers"),
        ('classes = ["anger", "b"]\n[merged]\nfear = "angr"', "merged into 'angr'; .*did you mean 'anger'"),
        ('classes = ["a", "b"]\nmerged = ["x"]', "expected a class by emotion"),
        (f'classes = ["a", "b"]\nattribute = "valence"\nbins = [{"9" * 400}]', "expected a list of numbers"),
        (f'classes = ["a", "b"]\nattribute = "valence"\nbins = [{"9" * 5_000}]', "keys and values"),
        ('classes = ["a", "b"]\nattribute = "valence"\nbins = [nan]', "expected a list of numbers"),
        ("classes = " + "[" * 50_000, "keys and values"),
        ("[merged]\n" + "a." * 5_000 + "a = 1", "expected a class by emotion"),
        (f'classes = ["{"x" * 2**20}"]', "no file that can be read"),
        ('classes = ["a", "b"]\nimprovised_only = "yes"', "expected true or false"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as raised:
        task_named(written(tmp_path, text))
    assert "stressed.toml" in str(raised.value)


@pytest.mark.parametrize("text", ["[1, 2]", "a: [", "3", "[" * 100_000, "a: &a [*a]", "!!bool x", "!!int ''"])
def test_yaml_that_is_no_task_is_named(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match="keys and values"):
        task_named(written(tmp_path, text, "t.yaml"))


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(UsageError, match=r"--task nowhere\.toml: found no file that can be read"):
        task_named("nowhere.toml")


def test_an_installed_package_brings_one(monkeypatch: pytest.MonkeyPatch) -> None:
    points = {
        name: metadata.EntryPoint(name, f"{__name__}:{value}", installed_tasks.GROUP)
        for name, value in {"stressed": "STRESSED", "other": "STRESSED", "text": "TOML", "gone": "GONE"}.items()
    }
    monkeypatch.setattr(installed_tasks, "_installed", lambda: points)
    monkeypatch.setattr(metadata.EntryPoint, "load", lambda point: globals()[point.value.partition(":")[2]])
    assert task_named("stressed") is STRESSED
    for name, said in (("other", "one named 'stressed'"), ("text", "found a str"), ("gone", "KeyError")):
        with pytest.raises(ComponentError, match=said):
            task_named(name)
    with pytest.raises(UsageError, match="did you mean 'stressed'"):
        task_named("stresed")
