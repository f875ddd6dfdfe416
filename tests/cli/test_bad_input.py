"""Everything a user can get wrong: one line that names it and says what to do, exit code 2, and nothing written."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

NO_GPU = not torch.cuda.is_available()


@pytest.fixture
def refused(bench_here: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tree: Callable) -> Callable:
    """Run a command that must be refused; its one line."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("SERBENCH_CACHE", str(tmp_path / "cache"))

    def kept() -> dict[str, bytes | None]:
        """All but what is known of sound files by now: the next attempt need not decode them again."""
        for known in ("digests", "sounds"):
            shutil.rmtree(tmp_path / "cache" / known, ignore_errors=True)
        return {name: content for name, content in tree(tmp_path).items() if name != "cache"}

    def run(words: list[object]) -> str:
        before = kept()
        said = bench_here(*words)
        assert said.code == 2, said
        assert said.out == ""
        assert "Traceback" not in said.err
        last = said.err.splitlines()[-1]
        assert last.startswith("bench: "), said.err
        assert all(" ..." in line or ": done in " in line for line in said.err.splitlines()[:-1]), "only progress"
        assert all(part in last for part in (": found ", "; expected "))
        assert kept() == before, "nothing is written"
        return last

    return run


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"victim": "cnn_gruu"}, ["--victim", "cnn_gruu", "did you mean 'cnn_gru'?"]),
        ({"victim": ""}, ["--victim", "bench list"]),
        ({"victim": "cnn_gru:"}, ["--victim", "NAME:KEY=VALUE"]),
        ({"victim": "boundary"}, ["--victim", "boundary", "one of alexnet_spectrogram"]),
        ({"attack": "boundry"}, ["--attack", "boundry", "did you mean 'boundary'?"]),
        ({"defense": "multi-condition"}, ["--defense", "multi-condition", "did you mean 'multi_condition'?"]),
        ({"corpus": "emo-db"}, ["--corpus", "emo-db", "did you mean 'emodb'?"]),
        ({"noise_bank": "foldr"}, ["--noise-bank", "foldr", "did you mean 'folder'?"]),
        ({"task": "ashn"}, ["--task", "ashn", "did you mean 'ahsn'?"]),
        ({"k": "0"}, ["--k", "'0'", "at least 1", "5,15,25"]),
        ({"k": "5,,x"}, ["--k", "''", "5,,x", "whole numbers"]),
        ({"k": "5,x"}, ["--k", "'x'"]),
        ({"k": ""}, ["--k", "whole numbers"]),
        ({"k": "-1"}, ["--k", "-1"]),
        ({"k": "1e3"}, ["--k", "1e3"]),
        ({"k": "2.5"}, ["--k", "2.5"]),
        ({"k": "٣"}, ["--k", "٣"]),
        ({"fold": "7"}, ["--fold", "7", "0 to 4"]),
        ({"fold": "-1"}, ["--fold", "-1"]),
        ({"fold": "al"}, ["--fold", "al", "all"]),
        ({"seeds": "a"}, ["--seeds", "a"]),
        ({"seeds": ""}, ["--seeds"]),
        ({"limit": "0"}, ["--limit", "0", "at least 1"]),
        ({"limit": "-3"}, ["--limit", "-3"]),
        ({"batch_size": "0"}, ["--batch-size", "0"]),
        ({"corr": "maybe"}, ["--corr", "maybe", "yes, no, both"]),
        ({"noises": "imperceptable"}, ["--noises", "did you mean 'imperceptible'?"]),
        ({"device": "gpu"}, ["--device", "gpu", "auto, cpu, cuda"]),
        ({"attack": "boundary:step_db=x"}, ["boundary", "step_db", "'x'", "a number"]),
        ({"attack": "boundary:step_db=nan"}, ["boundary", "step_db", "nan"]),
        ({"attack": "boundary:step_db=0"}, ["boundary", "step_db", "more than 0"]),
        ({"attack": "boundary:start_snr_db=nan"}, ["boundary", "start_snr_db", "nan"]),
        ({"attack": "boundary:nope=1"}, ["boundary", "nope", "step_db"]),
        ({"attack": "boundary:step=1"}, ["boundary", "step", "did you mean 'step_db'?"]),
        ({"attack": "boundary:step_db=1,step_db=2"}, ["boundary", "--attack"]),
        ({"attack": "boundary:corr=perhaps"}, ["corr", "perhaps", "true or false"]),
        ({"attack": "boundary:noises=none"}, ["noises", "none", "imperceptible"]),
        ({"attack": "boundary:categories="}, ["boundary", "categories"]),
        ({"attack": "boundary:categories=natural+stadium"}, ["stadium", "natural", "--noise-map"]),
        ({"attack": "boundary:categories=crowd"}, ["crowd", "folder"]),
        ({"attack": "boundary:signals=fade_inn"}, ["fade_inn", "did you mean 'fade_in'?"]),
        ({"attack": "pitch:factor=1"}, ["pitch", "factor"]),
        ({"attack": "boundary:step_db=1,,noises=all"}, ["boundary", "step_db", "'1,noises=all'", "a number"]),
        ({"attack": "boundary+fade_in+boundary"}, ["'boundary', a second search", "at most one search"]),
        ({"attack": "fade_in+adaptive"}, ["'adaptive', which searches with a copy of the defence", "asks_once=True"]),
        ({"attack": "transfer+fade_in"}, ["'transfer', which brings what a search has found", "run it alone"]),
        ({"attack": "adaptive:attack=boundry"}, ["adaptive:attack=boundry", "did you mean 'boundary'?"]),
        ({"attack": "adaptive:attack=boundary:step_db=x"}, ["adaptive", "boundary", "step_db", "'x'", "a number"]),
        ({"attack": "adaptive:attack=boundary:step_db=2,,corr=perhaps"}, ["corr", "perhaps", "true or false"]),
        ({"attack": "adaptive:attack=transfer:attack=boundary:nope=1"}, ["transfer", "boundary", "nope", "step_db"]),
        ({"victim": "multimodal:text=cnn_gruu"}, ["multimodal:text=cnn_gruu", "did you mean 'cnn_gru'?"]),
        ({"defense": "fusion:other=bert_text:nope=1"}, ["fusion", "bert_text", "nope"]),
        ({"victim": "cnn_gru:channels=many"}, ["cnn_gru", "channels", "many", "whole number"]),
        ({"victim": "cnn_gru:channels=8.5"}, ["cnn_gru", "channels", "8.5", "whole number"]),
        ({"victim": "cnn_gru:channels=0"}, ["cnn_gru", "channels", "0"]),
        ({"victim": "cnn_gru:hidden=-4"}, ["cnn_gru", "hidden", "-4"]),
        ({"victim": "cnn_gru:kernel=4"}, ["cnn_gru", "kernel", "4", "odd"]),
        ({"victim": "cnn_gru:dropout=1.5"}, ["cnn_gru", "dropout", "1.5"]),
        ({"victim": "cnn_gru:learning_rate=0"}, ["cnn_gru", "learning_rate", "0"]),
        ({"victim": "cnn_gru:max_epochs=0"}, ["cnn_gru", "max_epochs", "0"]),
        ({"victim": "cnn_gru:patience=0"}, ["cnn_gru", "patience", "0"]),
        ({"defense": "multi_condition:fraction=2"}, ["multi_condition", "fraction", "2"]),
        ({"defense": "multi_condition:categories=stadium"}, ["stadium"]),
        ({"corpus_root": None}, ["emodb", "--corpus-root"]),
        ({"noise_root": None}, ["folder", "--noise-root"]),
        ({"corpus_root": "nowhere"}, ["nowhere", "no such folder", "--corpus-root"]),
        ({"noise_root": "nowhere"}, ["nowhere", "no such folder", "--noise-root"]),
        ({"noise_map": "nowhere.csv"}, ["nowhere.csv", "--noise-map"]),
        ({"noise_bank": "embedded"}, ["--noise-root", "reads none"]),
        ({"corpus": "synthetic"}, ["--corpus-root", "reads none"]),
        ({"json": "nowhere/scores.json"}, ["--json", "nowhere", "existing folder"]),
        ({"json": "."}, ["--json", "a folder"]),
        ({"out": "/proc/serbench"}, ["--out", "/proc"]),
    ],
    ids=lambda value: ",".join(f"{k}={v}" for k, v in value.items()) if isinstance(value, dict) else "",
)
def test_a_wrong_option_is_named(
    refused: Callable, tiny_job: Callable, tmp_path: Path, options: dict[str, str], named: list[str]
) -> None:
    message = refused(tiny_job(**{"out": tmp_path / "run", **options}))
    for part in named:
        assert part in message


OLD_PLUGIN = """
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Old:
    {told}

    def search(self, original, tools, rng):
        yield original


COMPONENTS = {{"attacks": {{"old": Old}}}}
"""


@pytest.mark.parametrize(
    ("told", "attack", "named"),
    [
        ("aware: ClassVar[bool] = True", "old", ["attack 'old'", "an attribute 'aware'", "Traits(adaptive=...)"]),
        ("made_of = property(lambda _: ())", "old", ["an attribute 'made_of'", "Traits(made_of=...)"]),
        ("step: int = 1", "boundary+old", ["'old', which does not say that it asks once", "Traits(asks_once=True)"]),
    ],
    ids=["aware", "made_of", "undeclared"],
)
def test_a_plugin_that_tells_of_itself_in_the_former_way_is_named(
    refused: Callable, tiny_job: Callable, tmp_path: Path, told: str, attack: str, named: list[str]
) -> None:
    (tmp_path / "old.py").write_text(OLD_PLUGIN.format(told=told))
    message = refused([*tiny_job(out=tmp_path / "run", attack=attack), "--plugin", tmp_path / "old.py"])
    for part in named:
        assert part in message


def test_a_former_name_is_read_and_said_once(bench_here: Callable, tiny_job: Callable, tmp_path: Path) -> None:
    said = bench_here(*tiny_job(out=tmp_path / "run", attack="aware+fade_in"))
    assert said.code == 2
    assert said.err.count("--attack aware is now called adaptive") == 1
    assert "'adaptive', which searches" in said.err


@pytest.mark.skipif(not NO_GPU, reason="there is a GPU")
def test_a_gpu_that_is_not_there(refused: Callable, tiny_job: Callable, tmp_path: Path) -> None:
    message = refused(tiny_job(out=tmp_path / "run", device="cuda"))
    assert "--device" in message
    assert "--device cpu" in message


@pytest.mark.parametrize("out", ["file", "file/run", "file/deep/er"])
def test_a_file_where_the_run_should_go(refused: Callable, tiny_job: Callable, tmp_path: Path, out: str) -> None:
    (tmp_path / "file").write_text("mine")
    message = refused(tiny_job(out=tmp_path / out))
    assert "--out" in message
    assert "is a file" in message


@pytest.mark.parametrize("cache", ["file", "file/deep", "/proc/serbench"])
def test_a_cache_that_cannot_be_written_to(
    bench_here: Callable, tiny_job: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: str
) -> None:
    """Found out before an hour of training, not after."""
    (tmp_path / "file").write_text("mine")
    monkeypatch.setenv("SERBENCH_CACHE", str(tmp_path / cache))
    said = bench_here(*tiny_job(out=tmp_path / "run"))
    assert said.code == 2
    assert said.err.startswith("bench: SERBENCH_CACHE")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_missing_options(bench_here: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for words, missing in (
        (["run", "--attack", "boundary"], "--victim"),
        (["run", "--victim", "cnn_gru"], "--attack"),
        (["show"], "RUN"),
        (["leaderboard", "somewhere"], "--out"),
        (["leaderboard", "--out", "somewhere"], "RUN"),
        (["run", "--victim", "cnn_gru", "--attack", "boundary", "--limit", "many"], "--limit"),
        (["run", "--victim", "cnn_gru", "--attack", "boundary", "--sedes", "1"], "--seeds"),
        (["shwo"], "show"),
    ):
        said = bench_here(*words)
        assert said.code == 2
        assert missing in said.err
        assert "Traceback" not in said.err
    assert not list(tmp_path.iterdir())


# ---- the corpus


@pytest.fixture
def corpus(tiny_corpus: Path, tmp_path: Path) -> Path:
    """A copy of the tiny corpus, to be spoilt."""
    return shutil.copytree(tiny_corpus, tmp_path / "emodb")


def _truncated(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-900])


def _constant(value: float, samples: int = 4_000) -> Callable[[Path], None]:
    def write(file: Path) -> None:
        soundfile.write(file, np.full(samples, value, dtype=np.float32), 16_000, subtype="FLOAT")

    return write


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        pytest.param(lambda file: file.write_text("Dear Sir,\n" * 99), "no sound that can be decoded", id="text"),
        pytest.param(lambda file: file.write_bytes(b""), "", id="no bytes"),
        pytest.param(_truncated, "header promises", id="truncated"),
        pytest.param(_constant(0.1, samples=0), "no samples", id="no samples"),
        pytest.param(_constant(float("nan")), "NaN", id="NaN"),
        pytest.param(_constant(float("inf")), "infinite", id="infinite"),
        pytest.param(_constant(0.0), "silence", id="silent"),
        pytest.param(_constant(20_000.0), "peak", id="not in [-1, 1]"),
        pytest.param(lambda file: file.rename(file.with_name("hello.wav")), "name", id="a name of another kind"),
    ],
)
def test_a_bad_recording_is_named(
    refused: Callable, tiny_job: Callable, corpus: Path, tmp_path: Path, spoil: Callable, named: str
) -> None:
    spoil(corpus / "wav" / "11a01Fa.wav")
    message = refused(tiny_job(corpus_root=corpus, out=tmp_path / "run"))
    assert "11a01Fa.wav" in message or "hello.wav" in message
    assert named in message


def test_an_empty_corpus(refused: Callable, tiny_job: Callable, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    message = refused(tiny_job(corpus_root=tmp_path / "empty", out=tmp_path / "run"))
    assert "no sound files" in message
    assert str(tmp_path / "empty") in message


@pytest.mark.parametrize(("kept", "found"), [("03", "1 speaker "), ("0", "3 speakers")])
def test_too_few_speakers(
    refused: Callable, tiny_job: Callable, corpus: Path, tmp_path: Path, kept: str, found: str
) -> None:
    for file in (corpus / "wav").iterdir():
        if not file.name.startswith(kept):
            file.unlink()
    message = refused(tiny_job(corpus_root=corpus, out=tmp_path / "run"))
    assert found in message
    assert "5" in message


def test_an_emotion_that_nobody_has(refused: Callable, tiny_job: Callable, corpus: Path, tmp_path: Path) -> None:
    for file in (corpus / "wav").glob("*Ta.wav"):
        file.unlink()
    message = refused(tiny_job(corpus_root=corpus, out=tmp_path / "run"))
    assert "sadness" in message


@pytest.mark.parametrize("part", ["test", "valid", "train"])
def test_an_emotion_that_is_in_no_utterance_of_a_part(
    bench_here: Callable, tiny_job: Callable, corpus: Path, tmp_path: Path, part: str
) -> None:
    """A class may be missing from one part of a split: it still runs, or it is refused in a line, but never crashes."""
    speakers = {"test": ("03", "12"), "valid": ("08", "13"), "train": ("09", "10", "11", "14", "15", "16")}[part]
    for file in (corpus / "wav").glob("*Ta.wav"):
        if file.name.startswith(speakers):
            file.unlink()
    said = bench_here(*tiny_job(corpus_root=corpus, out=tmp_path / "run", attack="fade_in"))
    assert said.code in (0, 2), said.err
    assert "Traceback" not in said.err
    assert "nan" not in said.out.lower()


@pytest.mark.parametrize("sort", ["stereo", "8-bit", "24-bit", "float", "44.1 kHz", "8 kHz", "flac"])
def test_recordings_of_every_sort_work(
    bench_here: Callable, tiny_job: Callable, corpus: Path, tmp_path: Path, sort: str
) -> None:
    for file in sorted((corpus / "wav").iterdir())[::3]:
        samples, rate = soundfile.read(file)
        changes = {
            "stereo": (np.stack([samples, 0.5 * samples], axis=1), rate, {}),
            "8-bit": (samples, rate, {"subtype": "PCM_U8"}),
            "24-bit": (samples, rate, {"subtype": "PCM_24"}),
            "float": (samples, rate, {"subtype": "FLOAT"}),
            "44.1 kHz": (samples, 44_100, {}),
            "8 kHz": (samples, 8_000, {}),
            "flac": (samples, rate, {"format": "FLAC"}),
        }
        data, new_rate, options = changes[sort]
        file.unlink()
        soundfile.write(file.with_suffix(".flac" if sort == "flac" else ".wav"), data, new_rate, **options)
    job = tiny_job(corpus_root=corpus, out=tmp_path / "run", attack="fade_in", victim="cnn_gru:channels=4,max_epochs=1")
    said = bench_here(*job)
    assert said.code == 0, said.err
    assert "n = 16" in said.out


# ---- the noises


@pytest.fixture
def noises(tiny_noises: Path, tmp_path: Path) -> Path:
    """A copy of the tiny noises, to be spoilt."""
    return shutil.copytree(tiny_noises, tmp_path / "noises")


def test_a_silent_noise_is_named(refused: Callable, tiny_job: Callable, noises: Path, tmp_path: Path) -> None:
    _constant(0.0)(noises / "human" / "2.wav")
    message = refused(tiny_job(noise_root=noises, out=tmp_path / "run"))
    assert str(noises / "human" / "2.wav") in message
    assert "silence" in message


def test_a_category_that_the_attack_needs(refused: Callable, tiny_job: Callable, noises: Path, tmp_path: Path) -> None:
    shutil.rmtree(noises / "human")
    message = refused(tiny_job(noise_root=noises, out=tmp_path / "run"))
    assert "'human'" in message
    assert "interior, natural" in message
    assert "--noise-map" in message


def test_a_category_of_one_recording(refused: Callable, tiny_job: Callable, noises: Path, tmp_path: Path) -> None:
    for name in "123":
        (noises / "human" / f"{name}.wav").unlink()
    message = refused(tiny_job(noise_root=noises, out=tmp_path / "run"))
    assert "'human'" in message
    assert "two" in message


def test_an_empty_noise_folder(refused: Callable, tiny_job: Callable, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "no sound files" in refused(tiny_job(noise_root=tmp_path / "empty", out=tmp_path / "run"))


# ---- runs on disk


def test_showing_what_is_no_run(refused: Callable, tmp_path: Path, tiny_corpus: Path) -> None:
    assert "cells/" in refused(["show", tiny_corpus])
    assert "nowhere" in refused(["show", tmp_path / "nowhere"])
    (tmp_path / "bare" / "cells").mkdir(parents=True)
    assert "no finished cell" in refused(["show", tmp_path / "bare"])
    assert "cells/" in refused(["leaderboard", tiny_corpus, "--out", tmp_path / "board"])


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-100], lambda data: b"", lambda data: b"PAR1" * 200, lambda data: data[:50] * 99]
)
def test_damaged_records_are_named_and_hide_no_others(
    bench_here: Callable, finished_run: tuple, tiny_job: Callable, tmp_path: Path, damage: Callable
) -> None:
    run = shutil.copytree(finished_run[0], tmp_path / "run")
    file = sorted((run / "cells").iterdir())[1]
    file.write_bytes(damage(file.read_bytes()))
    for words in (["show", run, "--json=-"], ["leaderboard", run, "--out", tmp_path / "board"]):
        said = bench_here(*words)
        assert said.code == 2
        message = said.err.splitlines()[-1]
        assert message.startswith(f"bench: passed over: {file}: found ")
        assert "delete it" in message
        assert "Traceback" not in said.err
        assert said.out, "the others are shown"
    assert len(list((run / "cells").iterdir())) == 4, "who only shows a run moves nothing"


def test_where_nothing_can_be_read_nothing_is_shown(refused: Callable, finished_run: tuple, tmp_path: Path) -> None:
    run = shutil.copytree(finished_run[0], tmp_path / "run")
    for file in (run / "cells").iterdir():
        file.write_bytes(b"PAR1")
    assert "no finished cell" in refused(["show", run])


@pytest.mark.parametrize("text", ["", "{}", "[]", "{", '{"k": ["x"]}', '{"k": [0]}', '{"k": 3.5}', "null", '{"k": []}'])
def test_a_damaged_run_file_is_named(refused: Callable, finished_run: tuple, tmp_path: Path, text: str) -> None:
    run = shutil.copytree(finished_run[0], tmp_path / "run")
    (run / "run.json").write_text(text)
    assert str(run / "run.json") in refused(["show", run])


def test_showing_more_queries_than_were_asked(refused: Callable, finished_run: tuple) -> None:
    message = refused(["show", finished_run[0], "--k", "9"])
    assert "9" in message
    assert "at most 8" in message


def test_showing_no_sensible_k(refused: Callable, finished_run: tuple) -> None:
    assert "--k" in refused(["show", finished_run[0], "--k", "0"])
    assert "--k" in refused(["show", finished_run[0], "--k", ""])


def test_a_board_where_a_file_is(refused: Callable, finished_run: tuple, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    assert "is a file" in refused(["leaderboard", finished_run[0], "--out", tmp_path / "file"])


@pytest.mark.parametrize(
    "options",
    [{"victim": "cnn_gruu"}, {"attack": "boundary:step_db=0"}, {"k": "5,,x"}, {"corpus_root": "/nowhere"}],
    ids=str,
)
def test_in_a_process_of_its_own(bench_process: Callable, tiny_job: Callable, tmp_path: Path, options: dict) -> None:
    said = bench_process(*tiny_job(out=tmp_path / "run", **options))
    assert said.code == 2
    assert said.out == ""
    assert "Traceback" not in said.err
    assert said.err.splitlines()[-1].startswith("bench: ")
    assert not (tmp_path / "run").exists()
