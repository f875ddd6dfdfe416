"""The plug-in door: an installed package, one file, and every wrong file."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

SAMPLE = Path(__file__).parent / "plugin"

ONE_FILE = '''
"""A plug-in of one file."""

from collections.abc import Generator
from dataclasses import dataclass, replace

from bench import AttackTools, Perturbation, Rng, Utterance


@dataclass(frozen=True)
class Quieter:
    """Every sample times a factor; asks once."""

    factor: float = 0.5

    def search(self, original: Utterance, tools: AttackTools, rng: Rng) -> Generator[Utterance, bool, None]:
        done = Perturbation("quieter", "signal", f"{self.factor:g}")
        yield replace(original, waveform=original.waveform * self.factor, perturbation=done)


COMPONENTS = {"attacks": {"quieter": Quieter}}
'''


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The sample package, built and installed into a folder of its own; the environment in which it is found."""
    target = tmp_path_factory.mktemp("installed")
    offline = ["--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check"]
    words = [sys.executable, "-m", "pip", "install", "--quiet", *offline, "--target", str(target), str(SAMPLE)]
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return {"PYTHONPATH": os.pathsep.join(filter(None, [str(target), os.environ.get("PYTHONPATH")]))}


@pytest.fixture
def bench_with_it(
    installed: dict[str, str], bench_here: Callable, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable]:
    """Run `bench ARGUMENT...` in this process, which finds the installed package for as long as the test takes."""
    monkeypatch.syspath_prepend(installed["PYTHONPATH"].partition(os.pathsep)[0])
    yield bench_here
    for name in [name for name in sys.modules if name.partition(".")[0] == "serbench_sample"]:
        del sys.modules[name]


def test_an_installed_package_is_listed(installed: dict[str, str], bench_process: Callable) -> None:
    said = bench_process("list", "--json", **installed)
    assert said.code == 0, said.err
    found = {(entry["kind"], entry["name"]): entry for entry in json.loads(said.out)}
    for kind, name in (
        ("victims", "mean_level"),
        ("attacks", "white_burst"),
        ("defenses", "quantise"),
        ("corpora", "speaker_folders"),
        ("noise_banks", "one_place"),
    ):
        assert found[kind, name]["origin"] == "serbench-sample 0.1.0"
        assert found[kind, name]["summary"]
    assert found["defenses", "quantise"]["parameters"] == "bits=8"
    assert ("victims", "cnn_gru") in found


def test_an_installed_package_runs(bench_with_it: Callable, tiny_job: Callable, tmp_path: Path) -> None:
    job = tiny_job(
        victim="mean_level",
        enrol="paper",
        attack=["white_burst", "white_burst:draws=3"],
        defense=["none", "quantise", "quantise:bits=3"],
        out=tmp_path / "run",
        json="-",
    )
    said = bench_with_it(*job)
    assert said.code == 0, said.err
    cells = json.loads(said.out)["cells"]
    assert [(cell["defense"], cell["attack"]) for cell in cells] == [
        (defense, attack)
        for defense in ("none", "quantise", "quantise:bits=3")
        for attack in ("white_burst", "white_burst:draws=3")
    ]
    assert all(cell["victim"] == "mean_level" and cell["n"] == 16 for cell in cells)
    assert cells[0]["clean"]["uar"] > 0.8, "it learns"
    greatest = [cell["scores"][-1]["acc_att"] for cell in cells]
    assert 0 < greatest[0] < 1, "the search finds something, not everything"
    assert greatest[1] <= greatest[0], "fewer draws are the first of more draws"
    again = bench_with_it(*job)
    assert again.out == said.out
    assert "Training" not in again.err


def test_its_corpus_and_noise_bank_are_read(
    bench_with_it: Callable, tiny_job: Callable, tiny_corpus: Path, tmp_path: Path
) -> None:
    spoken, noises = tmp_path / "spoken", tmp_path / "noises"
    noises.mkdir()
    emotions = {"W": "anger", "F": "happiness", "T": "sadness", "N": "neutral"}
    for file in sorted(tiny_corpus.glob("wav/*a01*.wav")):
        (spoken / file.name[:2]).mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, spoken / file.name[:2] / f"{emotions[file.name[5]]}.wav")
    for number, file in enumerate(sorted(tiny_corpus.glob("wav/03*.wav"))):
        shutil.copyfile(file, noises / f"{number}.wav")
    job = tiny_job(
        victim="mean_level",
        attack="environmental:category=interior",
        corpus="speaker_folders",
        corpus_root=spoken,
        noise_bank="one_place",
        noise_root=noises,
        k="1",
        out=tmp_path / "run",
        json="-",
    )
    said = bench_with_it(*job)
    assert said.code == 0, said.err
    cell = json.loads(said.out)["cells"][0]
    assert (cell["corpus"], cell["noise_bank"], cell["n"]) == ("speaker_folders", "one_place", 8)


def test_a_file_brings_components(
    bench_here: Callable, tiny_job: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.py").write_text(ONE_FILE)
    plugin = tmp_path / "mine.py"
    listed = bench_here("list", "attacks", "--plugin", plugin)
    assert "quieter  (mine.py)" in listed.out
    assert "factor=0.5" in listed.out
    job = {"attack": "quieter:factor=0.25", "victim": "cnn_gru:channels=4,hidden=4,max_epochs=1", "json": "-"}
    said = bench_here(*tiny_job(plugin=plugin, out=tmp_path / "a", **job))
    assert said.code == 0, said.err
    scores = json.loads(said.out)["cells"][0]["scores"]
    assert {score["acc_att"] for score in scores} == {0.0}, "2.5 dB is below the threshold: never a success"

    monkeypatch.chdir(tmp_path)
    elsewhere = bench_here(*tiny_job(plugin="mine.py", out=tmp_path / "b", **job))
    assert elsewhere.out == said.out
    names = [sorted(path.name for path in (tmp_path / run / "cells").iterdir()) for run in ("a", "b")]
    assert names[0] == names[1], "a file is the same by whatever path it is given"


def test_two_files_of_one_name_are_two(bench_here: Callable, tmp_path: Path) -> None:
    for folder, name in (("a", "quieter"), ("b", "softer")):
        (tmp_path / folder).mkdir()
        text = ONE_FILE.replace('"quieter"', f'"{name}"').replace("factor: float = 0.5", f"{name}_by: float = 0.5")
        (tmp_path / folder / "same.name.py").write_text(text)
    plugins = [f"--plugin={tmp_path / folder / 'same.name.py'}" for folder in "ab"]
    said = bench_here("list", "attacks", *plugins)
    assert said.code == 0, said.err
    assert "quieter_by=0.5" in said.out
    assert "softer_by=0.5" in said.out


def _class(table: str) -> str:
    return ONE_FILE.partition("COMPONENTS")[0] + "COMPONENTS = " + table + "\n"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        pytest.param("", "COMPONENTS", id="empty"),
        pytest.param(ONE_FILE.partition("COMPONENTS")[0], "COMPONENTS", id="no table"),
        pytest.param("COMPONENTS = {}", "COMPONENTS", id="empty table"),
        pytest.param("COMPONENTS = ['Quieter']", "COMPONENTS", id="a list for a table"),
        pytest.param("def (", "SyntaxError", id="syntax error"),
        pytest.param("\0", "source", id="null bytes"),
        pytest.param("import nowhere_to_be_found", "nowhere_to_be_found", id="missing import"),
        pytest.param("1 / 0", "ZeroDivisionError", id="raises"),
        pytest.param("raise SystemExit(0)", "SystemExit", id="exits"),
        pytest.param("raise ValueError('first\\nsecond')", "first second", id="message of two lines"),
        pytest.param(_class("{'atacks': {'quieter': Quieter}}"), "atacks", id="unknown kind"),
        pytest.param(_class("{'attacks': {'boundary': Quieter}}"), "boundary", id="name of a built-in"),
        pytest.param(_class("{'attacks': [Quieter]}"), "COMPONENTS", id="a list of classes"),
        pytest.param(_class("{'attacks': {}}"), "COMPONENTS", id="an empty kind"),
        pytest.param(_class("{'attacks': {'quieter': 'Quieter'}}"), "quieter", id="a text for a class"),
        pytest.param(_class("{'attacks': {'quieter': Quieter()}}"), "quieter", id="an instance for a class"),
        pytest.param(_class("{'attacks': {1: Quieter}}"), "1", id="a number for a name"),
        pytest.param(_class("{'attacks': {'a b:c': Quieter}}"), "a b:c", id="a name that no spec can hold"),
    ],
)
@pytest.mark.parametrize("command", ["list", "run"])
def test_a_wrong_file_is_one_line(
    bench_here: Callable, tiny_job: Callable, tmp_path: Path, command: str, text: str, named: str
) -> None:
    file = tmp_path / "wrong.py"
    file.write_text(text)
    job = ["list"] if command == "list" else tiny_job(out=tmp_path / "run")
    said = bench_here(*job, "--plugin", file)
    assert said.code == 2
    assert said.out == ""
    assert said.err.count("\n") == 1, said.err
    assert named in said.err
    assert "wrong.py" in said.err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", ["missing.py", "folder", "text.txt"])
def test_what_is_no_python_file_is_named(bench_here: Callable, tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "text.txt").write_text(ONE_FILE)
    said = bench_here("list", "--plugin", tmp_path / name)
    assert said.code == 2
    assert name in said.err
    assert said.err.count("\n") == 1
