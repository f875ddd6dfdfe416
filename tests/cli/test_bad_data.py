"""Data that are not as they should be: recordings, corpora, noises, records; each is named, with what to do."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.cli.refusing import made_corpus, made_noises, made_refused
from tests.cli.small_runs import SMALL


@pytest.fixture
def refused(bench_here: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tree: Callable) -> Callable:
    """Run a command that must be refused; its one line."""
    return made_refused(bench_here, tmp_path, monkeypatch, tree)


@pytest.fixture
def corpus(tiny_corpus: Path, tmp_path: Path) -> Path:
    """A copy of the tiny corpus, to be spoilt."""
    return made_corpus(tiny_corpus, tmp_path)


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
    said = bench_here(*tiny_job(corpus_root=corpus, out=tmp_path / "run", attack="fade_in", victim=SMALL))
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


@pytest.fixture
def noises(tiny_noises: Path, tmp_path: Path) -> Path:
    """A copy of the tiny noises, to be spoilt."""
    return made_noises(tiny_noises, tmp_path)


def test_a_silent_noise_is_named(refused: Callable, tiny_job: Callable, noises: Path, tmp_path: Path) -> None:
    _constant(0.0)(noises / "human" / "2.wav")
    message = refused(tiny_job(noise_root=noises, out=tmp_path / "run"))
    assert str(noises / "human" / "2.wav") in message
    assert "silence" in message


def test_a_category_that_the_attack_needs(refused: Callable, tiny_job: Callable, noises: Path, tmp_path: Path) -> None:
    shutil.rmtree(noises / "human")
    message = refused(tiny_job(noise_root=noises, out=tmp_path / "run"))
    assert message.startswith("bench: --attack boundary: ")
    assert "no category 'human' in noise bank 'folder'" in message
    assert "interior, natural" in message
    assert "name others, such as categories=interior+natural+signal (bench list attacks boundary says how)" in message
    assert "--noise-map" in message


def test_an_attack_is_named_as_it_was_typed(
    refused: Callable, tiny_job: Callable, noises: Path, tmp_path: Path
) -> None:
    """A run, and an account, adds Corr and Noises to it."""
    shutil.rmtree(noises / "human")
    message = refused(tiny_job(noise_root=noises, out=tmp_path / "run", corr="yes", noises="imperceptible"))
    assert message.startswith("bench: --attack boundary: ")


@pytest.mark.parametrize(
    ("defense", "missing"),
    [
        ("noise_augmentation", "'human' or 'interior'"),
        ("noise_augmentation:leave_out=interior", "'human'"),
        ("adversarial_training", "'crowd' or 'meeting' or 'station'"),
        ("gan_purification:attacks=real_noise", "'crowd'"),
        ("isolated:noise_augmentation", "'human' or 'interior'"),
    ],
)
def test_categories_that_a_defence_trains_with(
    refused: Callable, tiny_job: Callable, noises: Path, tmp_path: Path, defense: str, missing: str
) -> None:
    shutil.rmtree(noises / "human")
    shutil.rmtree(noises / "interior")
    message = refused(tiny_job(noise_root=noises, out=tmp_path / "run", attack="fade_in", defense=defense))
    assert message.startswith(f"bench: --defense {defense}: ")
    assert f"no category {missing} in noise bank 'folder'" in message
    assert f"bench list defenses {defense.removeprefix('isolated:').partition(':')[0]}" in message
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("option", "spec"),
    [
        ("attack", "fresh_noises"),
        ("attack", "adaptive:attack=universal_noises"),
        ("attack", "mixup"),
        ("attack", "foolbox_boundary:start=clip"),
        ("defense", "multi_condition"),
        ("defense", "noise_mixup"),
        ("defense", "gan_purification"),
    ],
)
def test_a_bank_with_nothing_that_can_lie_under_speech(
    refused: Callable, tiny_job: Callable, noises: Path, tmp_path: Path, option: str, spec: str
) -> None:
    shutil.rmtree(noises / "natural")
    shutil.rmtree(noises / "interior")
    (noises / "human").rename(noises / "Laughter")
    asked = {"attack": "fade_in", option: spec}
    message = refused(tiny_job(noise_root=noises, out=tmp_path / "run", **asked))
    assert message.startswith(f"bench: --{option} {spec.removeprefix('adaptive:attack=')}")
    assert "nothing that can lie under speech in noise bank 'folder': laugh" in message
    assert "--noise-bank embedded" in message
    assert not (tmp_path / "run").exists()


def test_a_category_of_one_recording(refused: Callable, tiny_job: Callable, noises: Path, tmp_path: Path) -> None:
    for name in "123":
        (noises / "human" / f"{name}.wav").unlink()
    message = refused(tiny_job(noise_root=noises, out=tmp_path / "run"))
    assert "'human'" in message
    assert "two" in message


def test_an_empty_noise_folder(refused: Callable, tiny_job: Callable, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "no sound files" in refused(tiny_job(noise_root=tmp_path / "empty", out=tmp_path / "run"))


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
