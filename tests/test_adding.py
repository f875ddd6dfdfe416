"""A built-in is its file, its test, its page, and one line of pyproject.toml: one of each kind is added to a copy."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "tests" / "plugin" / "serbench_sample"
FOLDERS = ("bench", "attacks", "defenses", "victims", "leaderboards", "tests", "docs")
"""What is copied beside the files at the top."""

CORPUS_TEST = """
from pathlib import Path

import numpy as np
import soundfile

from bench.data.corpora.speaker_folders import SpeakerFolders
from bench.testing import check_dataset


def test_it_reads(tmp_path: Path) -> None:
    (tmp_path / "anna").mkdir()
    soundfile.write(tmp_path / "anna" / "anger.wav", 0.1 * np.sin(np.arange(8_000) / 9), 16_000)
    dataset = SpeakerFolders(tmp_path).read()
    check_dataset(dataset)
    assert [(one.speaker, one.emotion) for one in dataset.utterances] == [("anna", "anger")]
"""
BANK_TEST = """
from pathlib import Path

import numpy as np
import soundfile

from bench.core.showing.progress import SILENT
from bench.data.noises.one_place import OnePlace


def test_it_reads(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "hum.wav", 0.1 * np.sin(np.arange(8_000) / 99), 16_000)
    assert OnePlace(tmp_path).read(SILENT).categories == ("interior",)
"""
CHECK = """
from {module} import {name}
from bench.testing import check_component


def test_it_is_a_component() -> None:
    check_component({name}())
"""


@dataclass(frozen=True)
class Added:
    """A component of the package to copy that becomes a built-in.

    Args:
        kind: of component.
        name: of its file and its entry point.
        made: its class.
        home: the folder that it goes to.
        test: of its own.
    """

    kind: str
    name: str
    made: str
    home: str
    test: str = CHECK

    @property
    def module(self) -> str:
        return f"{self.home.replace('/', '.')}.{self.name}"

    @property
    def target(self) -> str:
        return f"{self.module}:{self.made}"

    def add(self, root: Path) -> None:
        """Write its three files and its line."""
        file, test = root / self.home / f"{self.name}.py", root / "tests" / self.home / f"test_{self.name}.py"
        shutil.copyfile(SAMPLE / file.name, file)
        test.write_text(self.test.lstrip().format(module=self.module, name=self.made), encoding="utf-8")
        page = f"# `{self.name}`\n\n::: {self.module}.{self.made}\n    options:\n      members: false\n"
        (root / "docs" / self.kind / f"{self.name}.md").write_text(page, encoding="utf-8")
        project, group = root / "pyproject.toml", f'[project.entry-points."serbench.{self.kind}"]\n'
        text = project.read_text(encoding="utf-8")
        assert group in text
        project.write_text(text.replace(group, f'{group}{self.name} = "{self.target}"\n'), encoding="utf-8")


ADDED = (
    Added("attacks", "white_burst", "WhiteBurst", "attacks"),
    Added("victims", "mean_level", "MeanLevel", "victims"),
    Added("defenses", "quantise", "Quantise", "defenses"),
    Added("corpora", "speaker_folders", "SpeakerFolders", "bench/data/corpora", CORPUS_TEST),
    Added("noise_banks", "one_place", "OnePlace", "bench/data/noises", BANK_TEST),
)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout with five more built-ins, of which nothing but their places is touched.

    What is compiled is copied too, but for what another worker is writing: a file is as old in the copy.
    """
    root = tmp_path_factory.mktemp("adding") / "serbench"
    root.mkdir()
    for name in FOLDERS:
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("*.pyc.*", "build"))
    for file in (path for path in ROOT.iterdir() if path.is_file()):
        shutil.copyfile(file, root / file.name)
    for one in ADDED:
        one.add(root)
    return root


@pytest.fixture(scope="module")
def environment(copy: Path) -> dict[str, str]:
    """The copy installed into a folder of its own: its entry points are found, its code is the copy's."""
    target = copy.parent / "installed"
    offline = ["--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check"]
    words = [sys.executable, "-m", "pip", "install", "--quiet", *offline, "--target", str(target), str(copy)]
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(copy), str(target)]), "NO_MKDOCS_2_WARNING": "1"}


def said(copy: Path, environment: dict[str, str], *words: str) -> str:
    """What Python says in the copy."""
    words = (sys.executable, *words)
    done = subprocess.run(words, cwd=copy, check=False, capture_output=True, text=True, env=environment, timeout=600)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


def test_they_are_listed(copy: Path, environment: dict[str, str]) -> None:
    listed = json.loads(said(copy, environment, "-m", "bench", "list", "--json"))
    found = {(one["kind"], one["name"]): one for one in listed}
    for one in ADDED:
        assert found[one.kind, one.name]["origin"].startswith("serbench ")
        assert found[one.kind, one.name]["summary"].endswith(".")


def test_their_tests_and_those_of_all_components_pass(copy: Path, environment: dict[str, str]) -> None:
    """Their own, and those that go over the registry, which have not been touched."""
    everywhere = (
        "test_conformance.py",
        "bench/contracts/test_registry.py",
        "bench/evaluation/preparing/test_preflight.py",
    )
    own = [f"tests/{one.home}/test_{one.name}.py" for one in ADDED]
    wanted = " or ".join([*(one.name for one in ADDED), "every_module"])
    files = [*own, *(f"tests/{file}" for file in everywhere)]
    told = said(copy, environment, "-m", "pytest", "-v", "--no-header", "--durations=15", "-k", wanted, *files)
    passed = {line.partition(" PASSED")[0] for line in told.splitlines() if " PASSED" in line}
    conformance = {"attacks": "test_attack", "victims": "test_victim", "defenses": "test_defense"}
    for one in ADDED:
        assert any(test.startswith(f"tests/{one.home}/test_{one.name}.py::") for test in passed)
        check = conformance.get(one.kind, "test_reader")
        assert f"tests/test_conformance.py::{check}[{one.name}]" in passed
        declared = f"test_what_is_declared_is_registered_and_is_what_it_says[{one.kind}-{one.name}-{one.target}]"
        assert f"tests/bench/contracts/test_registry.py::{declared}" in passed
    preflight = (
        "tests/bench/evaluation/preparing/test_preflight.py::test_every_defence_says_at_once_whether_it_can_defend"
    )
    assert any(test.startswith(preflight) and test.endswith("[quantise]") for test in passed)


BUILD = """
import json
from pathlib import Path
from mkdocs.config import load_config

config = load_config("mkdocs.yml")
config = config.plugins.run_event("config", config)
(hooks,) = config.hooks.values()
pages = {}
for page in Path("docs").glob("*/index.md"):
    pages[page.parent.name] = hooks.on_page_markdown(page.read_text(encoding="utf-8"))
print(json.dumps({"nav": config.nav, "pages": pages}))
"""


def test_the_documentation_has_them(copy: Path, environment: dict[str, str]) -> None:
    made = json.loads(said(copy, environment, "-c", BUILD).splitlines()[-1])
    for one in ADDED:
        assert f'"{one.kind}/{one.name}.md"' in json.dumps(made["nav"])
        assert f"[`{one.name}`]({one.name}.md)" in made["pages"][one.kind]


def test_without_its_page_the_documentation_is_not_built(copy: Path, environment: dict[str, str]) -> None:
    page = copy / "docs" / "corpora" / "speaker_folders.md"
    written = page.read_text(encoding="utf-8")
    page.unlink()
    words = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(copy.parent / "site")]
    done = subprocess.run(words, cwd=copy, check=False, capture_output=True, text=True, env=environment, timeout=600)
    page.write_text(written, encoding="utf-8")
    assert done.returncode != 0
    assert "docs/corpora/speaker_folders.md: found no such page" in done.stdout + done.stderr
