"""`bench grid`: what a plan asks for, said beforehand, measured once, the same as `bench run` measures."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from bench.core.storage.leases import Leases
from tests.conftest import SPEAKERS
from tests.forking import Forks

SMALL = "cnn_gru:channels=4,hidden=4,dense=4,max_epochs=2"
PLANS = sorted((Path(__file__).parents[2] / "plans").glob("*.yaml"))


def records(run: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted((run / "cells").iterdir())}


@pytest.fixture
def plan(tiny_corpus: Path, tiny_noises: Path, tmp_path: Path) -> Path:
    """Two victims, one of them defended too, and two attacks of different budgets."""
    text = f"""\
victim: {SMALL}
attack: [boundary, fade_in]
k: [2, 4]
corr: no
noises: all
corpus: emodb
corpus-root: {tiny_corpus}
noise-bank: folder
noise-root: {tiny_noises}
limit: 4
device: cpu
out: {tmp_path / "run"}
cells:
- seeds: [0, 1]
- attack: gain
  defense: [none, "multi_condition:fraction=0.5"]
  k: 1
"""
    (tmp_path / "plan.yaml").write_text(text)
    return tmp_path / "plan.yaml"


def test_a_dry_run_says_what_would_run_and_runs_nothing(
    plan: Path, bench_here: Callable, own_cache: Path, tmp_path: Path
) -> None:
    said = bench_here("grid", plan, "--dry-run")
    assert said.code == 0, said.err
    *groups, whole = said.out.splitlines()
    assert len(groups) == 3
    assert "3 cells, 0 done; 3 left, at most 24 queries" in groups[0], "4 utterances × (4 + 1 + 1) queries"
    assert whole.startswith("6 cells of 3 fitted victims: 0 done, 6 left; 3 to train, at most 48 queries; about ")
    assert "a guess: nothing like it was measured here" in whole
    assert not (tmp_path / "run").exists()
    assert not (own_cache / "victims").exists()
    told = json.loads(bench_here("grid", plan, "--dry-run", "--json", "-").out)
    assert (told["cells"], told["to_train"], told["queries"], told["guessed"]) == (6, 3, 48, True)


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--limit", "0", "at least 1"),
        ("--max-requests", "0", "at least 1"),
        ("--seeds", "", "whole numbers"),
        ("--device", "", "one of auto, cpu, cuda"),
        ("--workers", "0", "at least 1"),
    ],
)
def test_an_option_that_is_empty_or_0_is_refused(
    plan: Path, bench_here: Callable, option: str, value: str, said: str
) -> None:
    """The plan's own would stand in its place, at somebody's cost: an unset variable in a script."""
    refused = bench_here("grid", plan, "--dry-run", option, value)
    assert refused.code == 2
    assert f"{option}: found {value or repr(value)}; expected {said}" in refused.err


def test_a_dry_run_counts_workers(plan: Path, bench_here: Callable) -> None:
    words = ("grid", plan, "--dry-run", "--seeds", ",".join(map(str, range(40))), "--workers")
    alone, four = (bench_here(*words, count).out.splitlines()[-1] for count in (1, 4))
    assert alone != four
    assert alone.partition("about ")[0] == four.partition("about ")[0]


def test_a_model_as_it_is_is_not_said_to_be_trained(
    tiny_job: Callable, bench_here: Callable, own_cache: Path, tmp_path: Path
) -> None:
    (tmp_path / "mine.py").write_text("def predict(waveforms, rate):\n    return ['anger'] * len(waveforms)\n")
    said = bench_here(*tiny_job(victim=f"python:{tmp_path}/mine.py:predict", out=tmp_path / "run"), "--dry-run")
    assert said.code == 0, said.err
    assert "(ready)" in said.out
    assert "; 0 to train, " in said.out


def test_it_measures_what_is_missing_and_no_more(
    plan: Path, bench_here: Callable, tiny_job: Callable, own_cache: Path, tmp_path: Path
) -> None:
    first = bench_here(*tiny_job(victim=SMALL, attack="fade_in", k="2,4", limit=4, noises="all", out=tmp_path / "run"))
    assert first.code == 0, first.err
    before = records(tmp_path / "run")
    assert len(before) == 1
    said = bench_here("grid", plan, "--json", tmp_path / "scores.json")
    assert said.code == 0, said.err
    assert "6 cells of 3 fitted victims: 1 done, 5 left; 2 to train" in said.err
    assert said.err.count("Training cnn_gru") == 2
    assert records(tmp_path / "run").items() >= before.items()
    assert len(records(tmp_path / "run")) == 6
    assert len(json.loads((tmp_path / "scores.json").read_text())["cells"]) == 6

    again = bench_here("grid", plan)
    assert again.code == 0
    assert "6 done, 0 left; 0 to train, at most 0 queries" in again.err
    assert "Attacking" not in again.err
    told = json.loads(bench_here("grid", plan, "--dry-run", "--seeds", "2", "--json", "-").out)
    assert (told["done"], told["guessed"]) == (0, False), "by now it has been measured here"
    assert 0 < told["seconds"] < 600
    assert 0 < told["bytes"] < 10e6
    kept = json.loads((own_cache / "costs_of_victims.json").read_text())
    assert kept[f"{SMALL}\tnone\tboundary\tcpu"][0] == 2 * 4 * 4, "what could be asked, not what was"


def test_its_records_are_those_of_a_run(
    plan: Path, bench_here: Callable, tiny_job: Callable, own_cache: Path, tmp_path: Path
) -> None:
    assert bench_here("grid", plan).code == 0
    own: dict = {"victim": SMALL, "limit": 4, "noises": "all", "corr": "no"}
    jobs = (
        {"attack": ["boundary", "fade_in"], "k": "2,4", "seeds": "0,1"},
        {"attack": "gain", "k": "1", "defense": ["none", "multi_condition:fraction=0.5"]},
    )
    for job in jobs:
        assert bench_here(*tiny_job(**own, **job, out=tmp_path / "other")).code == 0
    assert records(tmp_path / "run") == records(tmp_path / "other")


def test_a_plan_of_two_corpora_is_one_grid(
    plan: Path, bench_here: Callable, tiny_corpus: Path, own_cache: Path, tmp_path: Path
) -> None:
    names = {"W": "anger", "F": "happiness", "T": "sadness", "N": "neutral"}
    files = sorted(tiny_corpus.rglob("*.wav"))
    text = "".join(f"{file},{file.stem[:2]},{names[file.stem[5]]}\n" for file in files)
    (tmp_path / "table.csv").write_text("path,speaker,emotion\n" + text)
    two = f"- {{attack: gain, k: 1}}\n- {{attack: gain, k: 1, corpus: manifest, corpus-root: {tmp_path / 'table.csv'}}}"
    plan.write_text(plan.read_text().partition("cells:")[0] + "cells:\n" + two)
    said = bench_here("grid", plan, "--json", "-")
    assert said.code == 0, said.err
    assert [cell["corpus"] for cell in json.loads(said.out)["cells"]] == ["emodb", "manifest"]


def test_what_is_wrong_is_said_with_its_line_before_anything_is_written(
    plan: Path, bench_here: Callable, own_cache: Path, tmp_path: Path
) -> None:
    plan.write_text(plan.read_text().replace("attack: gain", "attack: gian"))
    said = bench_here("grid", plan)
    assert said.code == 2
    assert said.err.startswith(f"bench: {plan}, line 15: --attack: found 'gian'; expected one of ")
    assert said.err.endswith("did you mean 'gain'?\n")
    assert not (tmp_path / "run").exists()


# ---- several at once


@pytest.fixture(scope="module")
def shared_plan(tiny_corpus: Path, tiny_noises: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four fitted victims of unequal numbers of cells; one cell fails, and two do not end while a test holds them."""
    folder = tmp_path_factory.mktemp("shared")
    (folder / "plugin.py").write_text(PLUGIN)
    text = f"""\
victim: {SMALL}
corpus: emodb
corpus-root: {tiny_corpus}
noise-bank: folder
noise-root: {tiny_noises}
device: cpu
corr: no
noises: all
limit: 4
plugin: {folder / "plugin.py"}
cells:
- {{attack: [boundary, fade_in, gain, held], k: 4, fold: [0, 1]}}
- {{attack: [gain, raising], k: 1, seeds: 1}}
- {{attack: transfer, defense: "multi_condition:fraction=0.5", k: 2}}
"""
    (folder / "plan.yaml").write_text(text)
    return folder / "plan.yaml"


PLUGIN = '''
import os, signal, time
from dataclasses import dataclass
from pathlib import Path

@dataclass(frozen=True)
class Raising:
    """Raises for everybody."""

    def search(self, original, tools, rng):
        raise RuntimeError("no luck")
        yield original

@dataclass(frozen=True)
class Held:
    """Changes nothing, once nobody holds it."""

    def search(self, original, tools, rng):
        Path(__file__).with_name(f"held-{os.getpid()}").touch()
        while Path(__file__).with_name("hold").exists():
            time.sleep(0.02)
        yield original

@dataclass(frozen=True)
class Dying:
    """Takes its process with it, as what takes too much memory does."""

    def search(self, original, tools, rng):
        if "SURVIVES" in os.environ:
            raise RuntimeError("measured a third time")
        os.kill(os.getpid(), signal.SIGKILL)
        yield original

COMPONENTS = {"attacks": {"raising": Raising, "held": Held, "dying": Dying}}
'''


@pytest.fixture
def hold(shared_plan: Path) -> Iterator[Path]:
    """A file: while it is there, no cell of the attack `held` ends."""
    file = shared_plan.with_name("hold")
    file.touch()
    yield file
    file.unlink(missing_ok=True)


@pytest.fixture(scope="module")
def alone(shared_plan: Path, bench_before: Callable) -> dict[str, bytes]:
    """The records that one process makes of it."""
    folder = shared_plan.parent
    said = bench_before("grid", shared_plan, "--out", folder / "alone", SERBENCH_CACHE=str(folder / "cache"))
    assert said.code == 1, "one cell fails"
    return records(folder / "alone")


def check_shared(run: Path, alone: dict[str, bytes], said: str) -> None:
    """Nothing was done twice, and nothing is left lying about."""
    assert records(run) == alone
    assert len(alone) == 10
    measured = [line for line in said.splitlines() if "] victim" in line]
    well = [line for line in measured if "attack raising" not in line]
    assert len(well) == len(set(well)) == 10, "each once"
    assert len(set(measured)) == 11, "and one that fails; who comes when all others have gone tries it again"
    trained = [line for line in said.splitlines() if line.startswith("Training cnn_gru")]
    assert len(trained) == len(set(trained)) == 4
    assert len(list((run / "failed").iterdir())) == 1
    assert not (run / "leases").exists()
    assert not list(run.rglob("*.tmp"))


def test_three_at_once_do_each_thing_once(
    shared_plan: Path, alone: dict, forks: Forks, own_cache: Path, tmp_path: Path
) -> None:
    """From nothing, in one empty folder and one empty cache."""
    words = ["grid", str(shared_plan), "--out", str(tmp_path / "run")]
    going = [forks.start(words, os.environ) for _ in range(3)]
    said = [process.communicate(timeout=300)[1] for process in going]
    assert [process.returncode for process in going] == [1] * 3, said
    check_shared(tmp_path / "run", alone, "\n".join(said))
    assert all("a cell failed: attack 'raising'" in one for one in said), "whoever met it"
    assert not (own_cache / "leases").exists()


def test_workers_do_each_thing_once(
    shared_plan: Path, alone: dict, bench_process: Callable, own_cache: Path, tmp_path: Path
) -> None:
    said = bench_process("grid", shared_plan, "--out", tmp_path / "run", "--workers", 2)
    assert said.code == 1
    logs = [file.read_text() for file in sorted((tmp_path / "run" / "logs").glob("worker-*.log"))]
    assert len(logs) == 1
    check_shared(tmp_path / "run", alone, "\n".join([said.err, *logs]))
    assert "Traceback" not in "".join(logs)


def test_a_signal_ends_all_workers_and_releases_what_they_hold(
    shared_plan: Path,
    alone: dict,
    hold: Path,
    forks: Forks,
    bench_here: Callable,
    own_cache: Path,
    tmp_path: Path,
) -> None:
    """Three times, by each of the signals, and each time the same command goes on where the one before was stopped.

    What SIGHUP asks for is what SIGTERM does: with that one there is no second worker.
    """
    run, plan = tmp_path / "run", tmp_path / "plan.yaml"
    text = shared_plan.read_text().partition("cells:")[0]
    plan.write_text(text + "attack: [boundary, held]\nk: 4\nfold: [0, 1]\n")
    words = ["grid", str(plan), "--out", str(run), "--workers"]
    for how, workers in ((signal.SIGTERM, "2"), (signal.SIGHUP, "1"), (signal.SIGINT, "2")):
        with forks.start([*words, workers], os.environ) as going:
            deadline = time.monotonic() + 120
            while not hold.with_name(f"held-{going.pid}").exists() and time.monotonic() < deadline:
                time.sleep(0.02)  # a signal while a library is imported may be lost in an `except:` of that library
            going.send_signal(how)
            try:
                _, err = going.communicate(timeout=60)
            finally:
                going.kill()
        assert going.returncode == 128 + how, err
        name = "interrupted" if how == signal.SIGINT else f"stopped by {how.name}"
        assert (
            err.splitlines()[-1]
            == f"bench: {name}; give the same command again: what a run, a training or a download has done is kept"
        )
        assert "Traceback" not in err + "".join(file.read_text() for file in (run / "logs").iterdir())
        assert not (run / "leases").exists()
        assert not (own_cache / "leases").exists()
        assert not [*run.rglob("*.tmp"), *own_cache.rglob("*.tmp")]
    hold.unlink()
    assert bench_here("grid", plan, "--out", run).code == 0
    assert records(run).items() <= alone.items()
    assert len(records(run)) == 4


def test_a_killed_worker_is_told_of_and_its_work_is_taken_over(
    shared_plan: Path, hold: Path, forks: Forks, own_cache: Path, tmp_path: Path
) -> None:
    """Each of two is in a cell when one is killed."""
    text = shared_plan.read_text().partition("cells:")[0]
    (tmp_path / "plan.yaml").write_text(text + "attack: held\nk: 1\nfold: [0, 1]\n")
    run = tmp_path / "run"
    words = ["grid", str(tmp_path / "plan.yaml"), "--out", str(run), "--workers", "2"]
    with forks.start(words, os.environ) as going:
        killed, deadline = 0, time.monotonic() + 120
        while not killed and time.monotonic() < deadline:
            time.sleep(0.01)
            for lease in run.glob("leases/c-*"):
                with suppress(OSError, ValueError):
                    pid = json.loads(lease.read_text())["pid"]
                    if pid != going.pid:
                        os.kill(pid, signal.SIGKILL)
                        killed = pid
        hold.unlink()
        _, err = going.communicate(timeout=240)
    assert killed
    assert going.returncode == 0, err
    assert "worker 1 was killed by SIGKILL; others did what it left" in err
    assert f"process {killed}, which ended before it was done" in err
    assert len(records(run)) == 2
    assert not (run / "leases").exists()


def test_a_cell_that_kills_whoever_measures_it_is_given_up(
    shared_plan: Path,
    bench_process: Callable,
    bench_here: Callable,
    own_cache: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = tmp_path / "plan.yaml"
    text = shared_plan.read_text().partition("cells:")[0]
    plan.write_text(text + f"attack: [gain, dying]\nk: 1\nout: {tmp_path / 'run'}\n")
    codes = [bench_process("grid", plan).code for _ in range(2)]
    assert codes == [-signal.SIGKILL] * 2, "each command tries again"
    store = Leases(tmp_path / "run" / "leases", since=0.0)
    (path,) = store.folder.glob("c-*")
    told = json.loads(path.read_text())
    path.write_text(json.dumps(told | {"deaths": 2, "since": told["since"] + 3600}))
    monkeypatch.setenv("SURVIVES", "were it measured here, in the tests' own process")
    said = bench_here("grid", plan)
    assert said.code == 1
    assert "3 processes that died over it, one after the other" in said.err
    assert len(records(tmp_path / "run")) == 1


@pytest.mark.slow
@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.stem)
def test_the_plans_that_come_with_it_can_run(
    path: Path, bench_here: Callable, tiny_corpus: Path, tmp_path: Path
) -> None:
    """On a tiny corpus of five sessions, and the embedded noises, where the paper's own cannot be had."""
    named = {"W": "anger", "F": "happiness", "T": "sadness", "N": "neutral"}
    lines = ["path,speaker,emotion,session,text"]
    for file in sorted((tiny_corpus / "wav").iterdir()):
        speaker = file.name[:2]
        lines.append(f"{file},{speaker},{named[file.name[5]]},{SPEAKERS.index(speaker) // 2},It is me.")
    (tmp_path / "table.csv").write_text("\n".join(lines))
    words = ["--corpus", "manifest", "--corpus-root", tmp_path / "table.csv", "--noise-bank", "embedded"]
    words += ["--task", "ahsn", "--out", tmp_path / "run"]
    plan = tmp_path / path.name
    plan.write_text(path.read_text().replace("voice_encoder", "svm_egemaps"))  # a wheel that tests do without
    said = bench_here("grid", plan, "--dry-run", *words, "--json", "-")
    assert said.code == 0, said.err
    told = json.loads(said.out)
    least = {"board": (12, 3), "emodb_board": (12, 3), "judged_defences": (15, 15), "judged_ravdess": (30, 10)}.get(
        path.stem, (36, 9)
    )
    assert (told["cells"], told["to_train"]) >= least
    assert told["to_train"] >= least[1]
    assert not (tmp_path / "run").exists()
