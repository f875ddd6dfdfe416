"""What the tests of the command line share: another run, for what puts several together, and `bench victims`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.two_victims import PLUGIN, QUICK


@pytest.fixture(scope="session")
def second_run(made_once: Callable, bench_before: Callable, tiny_job: Callable) -> Path:
    """Another victim, bare and defended, under the same attack: other lines of the same boards. Read only."""

    def make(folder: Path) -> None:
        defenses = ["none", "multi_condition"]
        job = tiny_job(victim="cnn_gru:channels=4,max_epochs=8", defense=defenses, out=folder / "run")
        said = bench_before(*job)
        assert said.code == 0, said.err

    return Path(made_once("second", make)) / "run"


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("plugin") / "mine.py"
    file.write_text(PLUGIN)
    return file


@pytest.fixture
def victims(bench_here: Callable, tiny_corpus: Path, tiny_noises: Path, plugin: Path) -> Callable:
    """Run `bench victims COMMAND` on the tiny corpus and noises; options by keyword, None leaves one out."""

    def run(command: str, *words: object, **options: object) -> Any:
        data: dict[str, object] = {"corpus": "emodb", "corpus_root": tiny_corpus, "noise_bank": "folder"}
        data |= {"noise_root": tiny_noises, "device": "cpu", "victim": QUICK, "plugin": plugin}
        given = []
        for name, value in {**data, **options}.items():
            several = value if isinstance(value, list) else [value]
            given += [f"--{name.replace('_', '-')}={one}" for one in several if one is not None]
        return bench_here("victims", command, *words, *given)

    return run


@pytest.fixture
def told(victims: Callable) -> Callable:
    """The JSON of a command that succeeds."""

    def run(command: str, **options: object) -> dict[str, Any]:
        said = victims(command, json="-", **options)
        assert said.code == 0, said.err
        return dict(json.loads(said.out))

    return run
