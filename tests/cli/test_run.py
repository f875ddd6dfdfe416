"""`bench run` on real sound files: the scores, what is done again and what is not, and every way of being stopped."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import bench
from bench.core.errors import ComponentError, UsageError
from bench.core.processes import this_process

SMALL = "cnn_gru:channels=4,hidden=4,dense=4,max_epochs=2"
FOUR = [(False, "imperceptible"), (True, "imperceptible"), (False, "all"), (True, "all")]
"""(corr, noises) in the order of P1's Table 2."""


def records(run: Path) -> dict[str, bytes]:
    """The record files of a run, by name; anything else in their folder is an error."""
    files = sorted((run / "cells").iterdir())
    assert all(file.suffix == ".parquet" for file in files), files
    return {file.name: file.read_bytes() for file in files}


@pytest.fixture
def scores(finished_run: tuple) -> dict[str, Any]:
    return json.loads((finished_run[0].parent / "scores.json").read_text())


# ---- the scores


def test_the_json(scores: dict[str, Any]) -> None:
    assert scores["schema"] == 1
    assert scores["failed"] == []
    (cell,) = scores["cells"]
    names = ("defense", "attack", "corpus", "noise_bank", "task", "split", "fold", "seed", "limit")
    assert [cell[name] for name in names] == ["none", "boundary", "emodb", "folder", "ahsn", "k-fold", 0, 0, None]
    assert cell["victim"].startswith("cnn_gru:")
    assert (cell["n"], cell["speakers"]) == (16, 2)
    assert cell["clean"]["uar"] > 0.6, "it learns; knowing half of two speakers' few utterances costs it some"
    assert [(s["corr"], s["noises"], s["k"]) for s in cell["scores"]] == [
        (corr, noises, k) for corr, noises in FOUR for k in (2, 4, 8)
    ]
    for score in cell["scores"]:
        low, high = score["ci95"]
        assert 0 <= low <= score["acc_att"] <= high <= 1
        assert score["n"] == 16
    assert {len(cell["rests_on"][name]) for name in ("corpus_fingerprint",)} == {32}
    assert {"serbench", "torch", "python", "harness"} <= set(cell["rests_on"]["versions"])


def test_acc_att_never_falls_with_k_and_says_something(scores: dict[str, Any]) -> None:
    for condition in FOUR:
        rising = [s["acc_att"] for s in scores["cells"][0]["scores"] if (s["corr"], s["noises"]) == condition]
        assert rising == sorted(rising)
        assert 0 < rising[-1] < 1


def test_records_hold_every_query(finished_run: tuple) -> None:
    files = sorted((finished_run[0] / "cells").iterdir())
    assert len(files) == 4
    for file in files:
        rows = pd.read_parquet(file)
        assert rows.groupby("utterance")["query"].apply(list).map(lambda asked: asked == list(range(len(asked)))).all()
        assert rows["query"].max() == 8
        asked = rows[rows["query"] > 0]
        changed = asked["label_after"] != asked["label_before"]
        loud_enough = asked["snr_db"].isna() | (asked["snr_db"] > 10)
        assert (asked["accepted"] == (changed & loud_enough)).all()


def test_the_table_says_what_the_json_says(finished_run: tuple, scores: dict[str, Any]) -> None:
    out = finished_run[1].out
    assert "n = 16 utterances of 2 speakers" in out
    assert f"UAR {scores['cells'][0]['clean']['uar']:.2f}" in out
    for score in scores["cells"][0]["scores"]:
        assert f"{score['acc_att']:.2f} [{score['ci95'][0]:.2f}, {score['ci95'][1]:.2f}]" in out


# ---- again


def test_finished_cells_are_skipped(
    finished_run: tuple, bench_here: Callable, tiny_job: Callable, own_cache: Path
) -> None:
    """With an empty cache: nothing is trained, because nothing is left to do."""
    run, first = finished_run
    before = {file: file.stat().st_mtime_ns for file in (run / "cells").iterdir()}
    again = bench_here(*tiny_job(out=run))
    assert again.code == 0
    assert again.out == first.out
    assert "Training" not in again.err
    assert "Attacking" not in again.err
    assert {file: file.stat().st_mtime_ns for file in (run / "cells").iterdir()} == before
    assert not (own_cache / "victims").exists()


@pytest.mark.parametrize("batch_size", [1, 7, 64])
def test_the_same_command_gives_the_same_bytes(
    finished_run: tuple,
    bench_here: Callable,
    tiny_job: Callable,
    own_cache: Path,
    tmp_path: Path,
    batch_size: int,
) -> None:
    """In another folder, with another batch size, and with a victim trained anew."""
    said = bench_here(*tiny_job(out=tmp_path / "run", batch_size=batch_size))
    assert "Training" in said.err
    assert records(tmp_path / "run") == records(finished_run[0])


def test_a_smaller_k_is_read_off_the_greatest(
    scores: dict[str, Any], bench_here: Callable, tiny_job: Callable, tmp_path: Path
) -> None:
    """Asked for k = 4 alone, another run of fewer queries, the figures are those read off the run of 8."""
    said = bench_here(*tiny_job(out=tmp_path / "run", k="4", json="-"))
    assert json.loads(said.out)["cells"][0]["scores"] == [s for s in scores["cells"][0]["scores"] if s["k"] == 4]


def test_python_gives_the_same_figures(
    finished_run: tuple, scores: dict[str, Any], tiny_corpus: Path, tiny_noises: Path, tmp_path: Path
) -> None:
    words = {"corpus": "emodb", "corpus_root": tiny_corpus, "noise_bank": "folder", "noise_root": str(tiny_noises)}
    cell = scores["cells"][0]
    frame = bench.run(cell["victim"], "boundary", [2, 4, 8], **words, device="cpu", out=tmp_path / "run")
    assert records(tmp_path / "run") == records(finished_run[0])
    wanted = [(s["corr"], s["noises"], s["k"], s["acc_att"], *s["ci95"], s["n"]) for s in cell["scores"]]
    columns = ["corr", "noises", "k", "acc_att", "ci95_low", "ci95_high", "n"]
    assert list(frame[columns].itertuples(index=False, name=None)) == wanted
    assert set(frame["clean_uar"]) == {cell["clean"]["uar"]}
    text = bench.run(cell["victim"], "boundary", "2,4,8", **words, device="cpu", out=str(tmp_path / "run"))
    pd.testing.assert_frame_equal(text, frame)


def test_python_raises_what_the_command_line_prints(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="did you mean 'cnn_gru'"):
        bench.run("cnn_gruu", "boundary", out=tmp_path / "run")
    with pytest.raises((UsageError, TypeError), match="corpusroot"):
        bench.run("cnn_gru", "boundary", corpusroot="x", out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


# ---- what is damaged


def flipped(data: bytes) -> bytes:
    """One bit of the first page: behind the mark with which compressed pages begin."""
    place = data.index(b"\x28\xb5\x2f\xfd") + 8
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


@pytest.mark.parametrize("damage", [flipped, lambda data: data[:-100], lambda _: b""], ids=["flipped", "cut", "empty"])
def test_a_damaged_record_is_set_aside_named_and_measured_anew(
    finished_run: tuple, bench_here: Callable, tiny_job: Callable, tmp_path: Path, damage: Callable
) -> None:
    run = shutil.copytree(finished_run[0], tmp_path / "run")
    file = sorted((run / "cells").iterdir())[2]
    file.write_bytes(damage(file.read_bytes()))
    (run / "cells" / "notes.parquet").write_bytes(b"somebody else's")
    said = bench_here(*tiny_job(out=run))
    assert said.code == 0, said.err
    assert said.out == finished_run[1].out
    (aside,) = (run / "damaged").iterdir()
    assert aside.name.startswith(file.name)
    assert f"{file}: no readable records" in said.err
    assert f"set aside as {aside}, and made anew" in said.err
    assert said.err.count("] victim") == 1
    (run / "cells" / "notes.parquet").unlink()
    assert records(run) == records(finished_run[0])


def test_what_killed_processes_left_is_swept(
    finished_run: tuple, bench_here: Callable, tiny_job: Callable, tmp_path: Path
) -> None:
    run = shutil.copytree(finished_run[0], tmp_path / "run")
    dead = subprocess.run(
        [sys.executable, "-c", "from bench.core.processes import this_process; print(this_process().tag)"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    left = run / "cells" / f".x.parquet.{dead}-1a2b3c4d.tmp"
    left.write_bytes(b"PAR1")
    living = run / "cells" / f".x.parquet.{this_process().tag}-1a2b3c4d.tmp"
    living.write_bytes(b"PAR1")
    said = bench_here(*tiny_job(out=run))
    assert said.code == 0
    assert "removed 1 temporary file of processes that were killed" in said.err
    assert not left.exists()
    living.unlink()


# ---- what is asked for


def test_json_on_standard_output_is_nothing_else(finished_run: tuple, bench_process: Callable) -> None:
    said = bench_process("show", finished_run[0], "--json", "-")
    assert json.loads(said.out)["schema"] == 1
    assert said.err == ""


def test_a_run_prints_pure_json(
    finished_run: tuple, scores: dict[str, Any], bench_here: Callable, tiny_job: Callable
) -> None:
    said = bench_here(*tiny_job(out=finished_run[0], json="-"))
    assert json.loads(said.out) == scores


def test_every_combination_is_a_cell(bench_here: Callable, tiny_job: Callable, own_cache: Path, tmp_path: Path) -> None:
    victims = [SMALL, f"{SMALL},kernel=3"]
    asked = {
        "victim": victims,
        "attack": ["fade_in", "speed_utterance:rate=0.75"],
        "defense": ["none", "multi_condition:fraction=0.5"],
        "task": ["ahsn", "activation3"],
    }
    said = bench_here(*tiny_job(**asked, out=tmp_path / "run", k="1", json="-"))
    assert said.code == 0, said.err
    cells = json.loads(said.out)["cells"]
    found = [(cell["victim"], cell["defense"], cell["attack"], cell["task"]) for cell in cells]
    assert len(found) == len(set(found)) == 16
    assert {name: {cell[name] for cell in cells} for name in asked} == {
        "victim": {SMALL, SMALL.replace("channels=4,", "channels=4,kernel=3,")},  # fields in their own order
        "attack": set(asked["attack"]),
        "defense": set(asked["defense"]),
        "task": set(asked["task"]),
    }
    assert said.err.count("Training cnn_gru") == 8, "one training serves both attacks"


def test_the_same_thing_twice_is_one_cell(bench_here: Callable, tiny_job: Callable, tmp_path: Path) -> None:
    asked = {"victim": [SMALL, SMALL + ",kernel=5"], "attack": ["fade_in", "fade_in:percent_per_s=2"]}
    said = bench_here(*tiny_job(**asked, out=tmp_path / "run", json="-", seeds="0,0", k="1,1"))
    assert len(json.loads(said.out)["cells"]) == 1


def test_folds_seeds_and_limit(bench_here: Callable, tiny_job: Callable, tmp_path: Path) -> None:
    job = tiny_job(victim=SMALL, attack="fade_in", fold="all", seeds="0,1", limit=3, k="1", out=tmp_path / "run")
    said = bench_here(*job, "--json=-")
    found = json.loads(said.out)
    assert [(cell["fold"], cell["seed"]) for cell in found["cells"]] == [(f, s) for s in (0, 1) for f in range(5)]
    assert {(cell["n"], cell["limit"]) for cell in found["cells"]} == {(3, 3)}
    (pooled,) = found["pooled"]
    assert (pooled["folds"], pooled["seeds"]) == ([0, 1, 2, 3, 4], [0, 1])
    assert 5 <= pooled["speakers"] <= 10, "three utterances of a fold are of one or both of its speakers"
    assert pooled["scores"][0]["n"] == 30
    mean = sum(cell["clean"]["uar"] for cell in found["cells"]) / 10
    assert pooled["clean"]["uar"] == pytest.approx(mean)
    assert "fold 0,1,2,3,4 · seed 0,1" in bench_here(*job).out


def test_an_attack_that_is_not_informed_has_one_condition(
    bench_here: Callable, tiny_job: Callable, tmp_path: Path
) -> None:
    said = bench_here(*tiny_job(victim=SMALL, attack="fade_in", out=tmp_path / "run", json="-"))
    found = json.loads(said.out)["cells"][0]["scores"]
    assert [(s["corr"], s["noises"]) for s in found if s["k"] == 2] == [
        (False, "imperceptible"),
        (False, "additive"),
        (False, "all"),
    ]
    assert len(records(tmp_path / "run")) == 1, "its records serve all three"


def test_a_spec_pins_what_the_options_would_cross(bench_here: Callable, tiny_job: Callable, tmp_path: Path) -> None:
    said = bench_here(*tiny_job(victim=SMALL, attack="boundary:corr=true", noises="all", out=tmp_path / "a", json="-"))
    found = json.loads(said.out)["cells"][0]["scores"]
    assert {(s["corr"], s["noises"]) for s in found} == {(True, "all")}


# ---- stopped

SLOW = '''
import os, time
from collections.abc import Generator
from dataclasses import dataclass
from attacks.boundary import Boundary

@dataclass(frozen=True)
class Slow(Boundary):
    """The boundary attack, with pauses where the environment asks for them."""

    def search(self, original, tools, rng):
        steps = super().search(original, tools, rng)
        answer = None
        while True:
            time.sleep(float(os.environ.get("PAUSE_S", "0")))
            try:
                answer = yield steps.send(answer)
            except StopIteration:
                return

COMPONENTS = {"attacks": {"slow": Slow}}
'''


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("slow") / "slow.py"
    file.write_text(SLOW)
    return file


@pytest.fixture(scope="module")
def stoppable(slow: Path, tiny_job: Callable) -> Callable:
    """A job that can be stopped in mid-training and in mid-attack."""
    victim = "cnn_gru:channels=8,hidden=8,dense=8,max_epochs=60,patience=60"
    return lambda out: tiny_job(victim=victim, attack="slow", plugin=slow, corr="no", out=out)


@pytest.fixture(scope="module")
def unstopped(stoppable: Callable, bench_before: Callable, tmp_path_factory: pytest.TempPathFactory) -> dict:
    """The records of that job when nobody stops it."""
    folder = tmp_path_factory.mktemp("unstopped")
    said = bench_before(*stoppable(folder / "run"), SERBENCH_CACHE=str(folder / "cache"))
    assert said.code == 0, said.err
    return records(folder / "run")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize(
    ("line", "finished"),
    [
        pytest.param("Training ...", 0, id="training"),
        pytest.param("Attacking with slow:noises=imperceptible ...", 1, id="attacking"),
    ],
)
def test_a_stopped_run_goes_on(
    unstopped: dict,
    stoppable: Callable,
    bench_command: list[str],
    bench_here: Callable,
    own_cache: Path,
    tmp_path: Path,
    line: str,
    finished: int,
    how: signal.Signals,
) -> None:
    run = tmp_path / "run"
    environment = os.environ | {"PAUSE_S": "0.02" if "Attacking" in line else "0"}
    command = [*bench_command, *stoppable(run)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as going:
        assert going.stderr is not None
        for said in going.stderr:
            if said.strip() == line:
                break
        time.sleep(0.1)
        going.send_signal(how)
        out, err = going.communicate(timeout=60)
    assert going.returncode == (130 if how == signal.SIGINT else -signal.SIGKILL), err
    assert out == ""
    assert "Traceback" not in err
    if how == signal.SIGINT:
        assert err.splitlines()[-1] == "bench: interrupted; the same command goes on where this one stopped"
        leftovers = [path for root in (run, own_cache) for path in root.rglob("*.tmp")]
        assert not leftovers
    kept = records(run) if (run / "cells").exists() else {}
    assert len(kept) == finished
    assert kept.items() <= unstopped.items()

    again = bench_here(*stoppable(run))
    assert again.code == 0, again.err
    assert records(run) == unstopped
    assert ("Training ..." in again.err) == (line == "Training ...")


# ---- a cell that fails

RAISING = '''
import os
from dataclasses import dataclass

@dataclass(frozen=True)
class Raising:
    """Raises for every second utterance, as long as the environment says so."""

    def search(self, original, tools, rng):
        if rng.random() < 0.5 and os.environ.get("RAISING") == "yes":
            raise RuntimeError("no luck\\n<b>today</b>")
        yield original

COMPONENTS = {"attacks": {"raising": Raising}}
'''


def test_a_cell_that_fails_stops_no_other(
    bench_here: Callable, tiny_job: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "raising.py").write_text(RAISING)
    monkeypatch.setenv("RAISING", "yes")
    run = tmp_path / "run"
    job = tiny_job(
        victim=SMALL, attack=["fade_in", "raising", "fade_out"], plugin=tmp_path / "raising.py", out=run, json="-"
    )
    said = bench_here(*job)
    assert said.code == 1
    assert "Traceback" not in said.err
    assert "raising" in said.err
    assert str(run / "failed") in said.err
    found = json.loads(said.out)
    assert [cell["attack"] for cell in found["cells"]] == ["fade_in", "fade_out"]
    (failure,) = found["failed"]
    assert failure["attack"] == "raising"
    assert "no luck" in failure["error"]
    (file,) = (run / "failed").iterdir()
    kept = json.loads(file.read_text())
    assert "Traceback" in kept["traceback"]
    assert 'RuntimeError("no luck' in kept["traceback"] or "RuntimeError: no luck" in kept["traceback"]

    shown = bench_here("show", run, "--json", "-")
    assert json.loads(shown.out)["failed"] == found["failed"]
    assert "a cell failed" in shown.err

    again = bench_here(*job)
    assert again.code == 1, "it is tried again, and fails again"
    assert [line for line in again.err.splitlines() if "] victim" in line] == [
        line for line in said.err.splitlines() if "attack raising" in line
    ]

    monkeypatch.setenv("RAISING", "no")
    mended = bench_here(*job)
    assert mended.code == 0
    assert [cell["attack"] for cell in json.loads(mended.out)["cells"]] == ["fade_in", "raising", "fade_out"]
    assert json.loads(mended.out)["failed"] == []
    assert not list((run / "failed").iterdir())


def test_python_raises_for_a_cell_that_fails(
    tiny_corpus: Path, tiny_noises: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "raising.py").write_text(RAISING)
    monkeypatch.setenv("RAISING", "yes")
    words = {"corpus": "emodb", "corpus_root": tiny_corpus, "noise_bank": "folder", "noise_root": tiny_noises}
    with pytest.raises(ComponentError, match="no luck"):
        bench.run(SMALL, ["raising", "fade_in"], 1, **words, plugin=tmp_path / "raising.py", out=tmp_path / "run")
    assert len(records(tmp_path / "run")) == 1
