"""What all tests share: a cache of their own, a tiny corpus and noise bank as real files, and the command line."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from tests.forking import Forks
from tests.heard import heard_once as heard_once
from tests.workers import CACHE
from tests.workers import pytest_collect_file as pytest_collect_file
from tests.workers import pytest_collection_finish as pytest_collection_finish
from tests.workers import pytest_collection_modifyitems as pytest_collection_modifyitems
from tests.workers import pytest_configure as pytest_configure
from tests.workers import pytest_make_collect_report as pytest_make_collect_report
from tests.workers import pytest_unconfigure as pytest_unconfigure
from tests.workers import pytest_xdist_make_scheduler as pytest_xdist_make_scheduler

SPEAKERS = ("03", "08", "09", "10", "11", "12", "13", "14", "15", "16")
EMOTIONS = {"W": 0, "F": 1, "T": 2, "N": 3}
"""EMO-DB's letters for anger, happiness, sadness and neutral."""

TINY_VICTIM = "cnn_gru:channels=8,hidden=8,dense=8,dropout=0.0,learning_rate=0.01,batch_size=8,max_epochs=12"
"""Learns the tiny corpus in a second."""


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache for one test, in this process and those that it starts."""
    monkeypatch.setenv(CACHE, str(tmp_path / "own-cache"))
    return tmp_path / "own-cache"


MadeOnce = Callable[[str, Callable[[Path], object]], Path]


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of a test run share."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shared"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def made_once(shared: Path) -> MadeOnce:
    """Give a folder that all workers of a test run share, by name; the first that needs it makes what is in it."""

    def folder(name: str, make: Callable[[Path], object]) -> Path:
        with FileLock(shared / f"{name}.lock"):
            if not (shared / f"{name}.made").exists():
                make(shared / name)
                (shared / f"{name}.made").touch()
        return shared / name

    return folder


@pytest.fixture(scope="session")
def tiny_corpus(made_once: MadeOnce) -> Path:
    """EMO-DB's layout: ten speakers, four emotions, two sentences each; 0.3 to 0.5 s of voiced sound."""
    return made_once("emodb", write_tiny_corpus)


@pytest.fixture(scope="session")
def tiny_noises(made_once: MadeOnce) -> Path:
    """A folder bank: natural, human and interior, four recordings each."""
    return made_once("noises", write_tiny_noises)


def write_tiny_corpus(root: Path, speakers: Sequence[str] = SPEAKERS) -> Path:
    """Write the corpus; an emotion is heard in pitch, loudness, brightness and length, as in speech, and overlaps."""
    import soundfile

    (root / "wav").mkdir(parents=True)
    for speaker in speakers:
        for text in ("a01", "a02"):
            for letter, emotion in EMOTIONS.items():
                rng = np.random.default_rng([int(speaker), int(text[1:]), emotion])
                pitch = (260, 230, 120, 150)[emotion] * (0.7 + 0.06 * (int(speaker) % 10)) * rng.uniform(0.9, 1.1)
                tilt = (0.9, 1.3, 2.2, 1.7)[emotion] * rng.uniform(0.85, 1.15)
                seconds = (0.32, 0.36, 0.46, 0.40)[emotion] * rng.uniform(0.95, 1.05)
                time = np.arange(round(seconds * 16_000)) / 16_000
                voice = sum(np.sin(2 * np.pi * pitch * h * time) / h**tilt for h in range(1, 25))
                voice *= (0.3, 0.25, 0.08, 0.15)[emotion] * np.hanning(len(time)) / np.abs(voice).max()
                voice += 1e-3 * rng.standard_normal(len(time))
                soundfile.write(root / "wav" / f"{speaker}{text}{letter}a.wav", voice, 16_000, subtype="PCM_16")
    return root


def write_tiny_noises(root: Path, recordings: int = 4) -> Path:
    """Write the noises: hiss that is bright, speech-shaped or a hum, by category."""
    import soundfile
    from scipy.signal import lfilter

    shapes = {"natural": ([1.0, -0.9], [1.0]), "human": ([1.0], [1.0, -1.6, 0.8]), "interior": ([1.0], [1.0, -0.98])}
    for order, (category, (numerator, denominator)) in enumerate(shapes.items()):
        (root / category).mkdir(parents=True)
        for number in range(recordings):
            hiss = np.random.default_rng([order, number]).standard_normal(6_400)
            noise = lfilter(numerator, denominator, hiss) * (1 + np.sin(np.arange(6_400) * (number + 1) / 500))
            soundfile.write(root / category / f"{number}.wav", 0.5 * noise / np.abs(noise).max(), 16_000)
    return root


@dataclass(frozen=True)
class Outcome:
    """What a command said.

    Args:
        code: its exit code.
        out: standard output.
        err: standard error.
    """

    code: int
    out: str
    err: str


Command = Callable[..., Outcome]


@pytest.fixture
def bench_here(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Command:
    """Run `bench ARGUMENT...` in this process, which has torch already."""
    from bench.cli.main import main

    def run(*arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["bench", *map(str, arguments)])
        capfd.readouterr()
        code: object = 0
        try:
            main()
        except SystemExit as end:
            code = end.code
        said = capfd.readouterr()
        assert isinstance(code, int) or code is None
        return Outcome(code or 0, said.out, said.err)

    return run


@pytest.fixture(scope="session")
def bench_before() -> Command:
    """Run `bench ARGUMENT...` in this process, for what several tests start from: of any scope, settings by keyword."""
    from bench.cli.main import main

    def run(*arguments: object, **environment: str) -> Outcome:
        out, err, code = io.StringIO(), io.StringIO(), 0
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            patch.setattr(sys, "argv", ["bench", *map(str, arguments)])
            for name, value in environment.items():
                patch.setenv(name, value)
            try:
                main()
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else int(end.code is not None)
        return Outcome(code, out.getvalue(), err.getvalue())

    return run


@pytest.fixture(scope="session")
def bench_command() -> list[str]:
    """How a process of its own is started: the first words of `bench ...`."""
    return [sys.executable, "-c", "from bench.cli.main import main; main()"]


@pytest.fixture(scope="session")
def forks(bench_command: list[str], shared: Path) -> Iterator[Forks]:
    """Starts processes of `bench` that are to be watched or stopped."""
    started = Forks(bench_command, shared)
    yield started
    started.close()


@pytest.fixture(scope="session")
def bench_process(forks: Forks) -> Command:
    """Run `bench ARGUMENT...` in a process of its own."""

    def run(*arguments: object, **environment: str) -> Outcome:
        with forks.start([*map(str, arguments)], os.environ | environment) as process:
            out, err = process.communicate(timeout=300)
        return Outcome(process.returncode, out, err)

    return run


@pytest.fixture(scope="session")
def tiny_job(tiny_corpus: Path, tiny_noises: Path) -> Callable[..., list[str]]:
    """The words of a `bench run` on the tiny corpus and noises, all options to be added to or replaced by keyword."""

    def words(**options: object) -> list[str]:
        defaults: Mapping[str, object] = {
            "victim": TINY_VICTIM,
            "attack": "boundary",
            "k": "2,4,8",
            "corpus": "emodb",
            "corpus_root": tiny_corpus,
            "noise_bank": "folder",
            "noise_root": tiny_noises,
            "device": "cpu",
        }
        found = ["run"]
        for name, value in {**defaults, **options}.items():
            several = value if isinstance(value, list | tuple) else [value]
            found += [f"--{name.replace('_', '-')}={one}" for one in several if one is not None]
        return found

    return words


@pytest.fixture(scope="session")
def finished_run(
    made_once: MadeOnce, bench_command: list[str], tiny_job: Callable[..., list[str]]
) -> tuple[Path, Outcome]:
    """One finished run of the main job on the tiny corpus, by a process not forked, and what it said: read only."""

    def make(folder: Path) -> None:
        folder.mkdir()
        words = [*bench_command, *tiny_job(out=folder / "run", json=folder / "scores.json")]
        done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=300)
        outcome = Outcome(done.returncode, done.stdout, done.stderr)
        assert outcome.code == 0, outcome.err
        (folder / "said.json").write_text(json.dumps(asdict(outcome)))

    finished = made_once("finished", make)
    return finished / "run", Outcome(**json.loads((finished / "said.json").read_text()))


@pytest.fixture
def tree() -> Callable[[Path], dict[str, bytes | None]]:
    """Everything below a folder: each file's bytes, None for a folder."""

    def read(root: Path) -> dict[str, bytes | None]:
        return {str(p.relative_to(root)): p.read_bytes() if p.is_file() else None for p in sorted(root.rglob("*"))}

    return read


@pytest.fixture(scope="session")
def submission(made_once: MadeOnce, bench_before: Command, tiny_job: Callable[..., list[str]]) -> Path:
    """A folder with a plug-in `mine.py`, its run `run` and what was packed of both, `entry.serbench`: read only."""
    from tests.submitted import make_submission

    return made_once("submission", lambda folder: make_submission(folder, bench_before, tiny_job))
