"""Everything a user can get wrong: one line that names it and says what to do, exit code 2, and nothing written."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from tests.cli.refusing import made_corpus, made_noises, made_refused

NO_GPU = not torch.cuda.is_available()


@pytest.fixture
def refused(bench_here: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tree: Callable) -> Callable:
    """Run a command that must be refused; its one line."""
    return made_refused(bench_here, tmp_path, monkeypatch, tree)


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
        ({"corpus": "IEMOCAP"}, ["--corpus", "IEMOCAP", "did you mean 'iemocap'?"]),
        ({"noise_bank": "ESC-50"}, ["--noise-bank", "ESC-50", "did you mean 'esc50'?"]),
        ({"noise_bank": "foldr"}, ["--noise-bank", "foldr", "did you mean 'folder'?"]),
        ({"task": "ashn"}, ["--task", "ashn", "did you mean 'ahsn'?"]),
        ({"victim": "models/net.pt"}, ["--victim", "a model of yours is python:FILE.py:OBJECT"]),
        ({"attack": "white_noise:snr_db=10,5"}, ["--attack", "a decimal has a point (0.5)", "joined by + (5+15)"]),
        ({"split": "LOSO"}, ["--split", "did you mean leave-one-session-out or leave-one-speaker-out?"]),
        ({"k": "0"}, ["--k", "'0'", "at least 1", "5,15,25"]),
        ({"k": "9" * 400}, ["--k", "at most 1,000,000"]),
        ({"seeds": "9" * 5_000}, ["--seeds", "at most 9,223,372,036,854,775,807", " … "]),
        ({"repeats": "99999999999"}, ["--repeats", "99,999,999,999", "at most 10,000"]),
        ({"victim": "cnn_gru:learning_rate=1e400"}, ["'learning_rate'", "'1e400'", "a number"]),
        ({"victim": "x" * 5_000}, ["--victim", " … "]),
        ({"out": "x" * 5_000}, ["--out", "file name too long"]),
        ({"perception": "/dev/zero"}, ["/dev/zero", "a device"]),
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
        ({"batch_size": "0"}, ["--batch-size", "0", "try --batch-size 64"]),
        ({"corr": "maybe"}, ["--corr", "maybe", "yes, no, both; choose one of these"]),
        ({"noises": "imperceptable"}, ["--noises", "did you mean 'imperceptible'?"]),
        ({"device": "gpu"}, ["--device", "gpu", "auto, cpu, cuda; auto takes a GPU where there is one"]),
        ({"attack": "boundary:step_db=x"}, ["boundary", "step_db", "'x'", "a number"]),
        ({"attack": "boundary:step_db=nan"}, ["boundary", "step_db", "nan"]),
        ({"attack": "boundary:step_db=0"}, ["boundary", "step_db", "0.1"]),
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
        ({"attack": "adaptive:attack=transfer"}, ["adaptive", "'transfer'", "an attack that searches"]),
        ({"attack": "transfer:attack=transfer"}, ["transfer", "an attack that searches"]),
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


@pytest.fixture
def corpus(tiny_corpus: Path, tmp_path: Path) -> Path:
    """A copy of the tiny corpus, to be spoilt."""
    return made_corpus(tiny_corpus, tmp_path)


@pytest.fixture
def noises(tiny_noises: Path, tmp_path: Path) -> Path:
    """A copy of the tiny noises, to be spoilt."""
    return made_noises(tiny_noises, tmp_path)


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


@pytest.mark.parametrize("words", [("show",), ("leaderboard", "--out", "board"), ("grid",), ("status",)])
def test_a_name_that_no_file_can_have(bench_here: Callable, words: tuple[str, ...]) -> None:
    said = bench_here(*words, "x" * 5_000)
    assert said.code == 2
    assert "Traceback" not in said.err
    assert len(said.err) < 2_000


@pytest.mark.parametrize("noises", ["nowhere", "empty", None])
def test_a_wrong_noise_root_is_named_before_the_corpus_is_made(
    bench_here: Callable, own_cache: Path, tmp_path: Path, noises: str | None
) -> None:
    (tmp_path / "empty").mkdir()
    given = ["--noise-root", tmp_path / noises] if noises else []
    said = bench_here("run", "--victim", "cnn_gru", "--attack", "boundary", "--noise-bank", "esc50", *given)
    assert said.code == 2
    assert said.err.count("\n") == 1, said.err
    assert "--noise-root" in said.err
    assert not list(own_cache.glob("corpora*"))


def test_a_wrong_training_corpus_is_named_before_the_other_is_made(bench_here: Callable, own_cache: Path) -> None:
    said = bench_here("run", "--victim", "cnn_gru", "--attack", "boundary", "--train-corpus", "emodb")
    assert said.code == 2
    assert said.err.count("\n") == 1, said.err
    assert "--train-corpus-root" in said.err
    assert not list(own_cache.glob("corpora*"))


RUN = ("run", "--attack", "boundary", "--victim")
EVALUATE = ("victims", "evaluate", "--victim", "cnn_gru")


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ((*RUN, "cnn_gru", "--fold", "9"), "--fold: found 9; expected 0 to 4, or all, with --split k-fold"),
        ((*RUN, "cnn_gru", "--fold", "0,1", "--split", "official"), "--fold: found 1; expected 0: there is one"),
        ((*RUN, "python:nowhere.py:recognise"), "nowhere.py: found no such file"),
        ((*RUN, "cnn_gru", "--defense", "fusion:other=exported:nowhere"), "nowhere: found no such folder"),
        ((*EVALUATE, "--test-corpus", "emodbb"), "--test-corpus: found 'emodbb'"),
        ((*EVALUATE, "--test-corpus", "emodb", "--test-corpus-root", "nowhere"), "nowhere: found no such folder"),
    ],
)
def test_what_needs_no_data_is_named_before_any_are_made(
    bench_here: Callable, own_cache: Path, words: tuple[str, ...], named: str
) -> None:
    said = bench_here(*words)
    assert said.code == 2
    assert said.err.count("\n") == 1, said.err
    assert named in said.err
    assert not list(own_cache.glob("corpora*"))


def test_a_misspelt_category_is_named_before_any_data_are_made(bench_here: Callable, own_cache: Path) -> None:
    for given in (["--attack", "boundary:categories=naturall"], ["--attack", "gain + environmental:category=naturall"]):
        said = bench_here("run", "--victim", "cnn_gru", *given, "--out", own_cache / "run")
        assert said.code == 2
        assert "no category 'naturall'" in said.err
        assert "did you mean 'natural'?" in said.err
        assert not list(own_cache.glob("noises*"))
        assert not list(own_cache.glob("corpora*"))


def test_what_a_terminal_acts_on_is_written_out_in_usage_errors_and_warnings(
    bench_here: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """click repeats what it was given, and libraries warn of what stands in files."""
    hostile = "\x1b[31m\u202egnp.exe"
    for words in ([f"--{hostile}"], [hostile], ["run", f"--{hostile}"], ["run", "--limit", hostile], ["show", hostile]):
        said = bench_here(*words)
        assert said.code == 2
        assert not {"\x1b", "\u202e"} & set(said.out + said.err), words

    def warning() -> None:
        text = warnings.formatwarning(f"odd chunk in {hostile}", UserWarning, f"{hostile}.py", 1)
        print(text, file=sys.stderr)  # as Python does; pytest keeps warnings to itself

    monkeypatch.setattr("bench.cli.main.app", warning)
    said = bench_here()
    assert "odd chunk" in said.err
    assert not {"\x1b", "\u202e"} & set(said.err)
