"""MELD: both published layouts, the encodings people have, every way of being bad, and the real tables."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.core.errors import UsageError
from bench.core.showing.progress import SILENT
from bench.core.types import Dataset
from bench.data.corpora.meld import CLIPS, EMOTIONS, FAULTY, PARTS, Meld
from bench.data.soundcheck import look
from bench.testing import check_component, check_dataset

HEAD = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime\n"
TRAIN = [
    '1,"also I was the point person on my company’s transition, you know.",Chandler,neutral,neutral,0,0,8,21,"00:16:16,059","00:16:21,731"\n',  # noqa: E501
    '2,"""Nah!"", she said…",The Interviewer,anger,negative,0,1,8,21,"0:05:57,023","0:05:58,734"\n',
    '4,That’s it!,Richard’s Date,joy,positive,125,3,4,7,"00:20:57,256","00:21:00,049"\n',
]
DEV = ['1,What?,Monica,surprise,negative,110,7,4,7,"00:21:01,927","00:21:03,261"\n']
TEST = ["1,Hi.,Chandler,sadness,negative,0,0,3,19,,\n", "2,No.,Joey,disgust,negative,0,1,3,19,,\n"]
REAL = Path(__file__).parents[5] / "shared" / "data" / "meld"


def table(root: Path, part: str, rows: list[str], encoding: str = "utf-8") -> Path:
    root.mkdir(parents=True, exist_ok=True)
    file = root / f"{part}_sent_emo.csv"
    file.write_bytes((HEAD + "".join(rows)).encode(encoding))
    return file


@pytest.fixture
def root(tmp_path: Path, sound: Callable) -> Path:
    """Tables in the root; sound of the first train and the first test utterance, videos and strays beside."""
    home = tmp_path / "meld"
    for part, rows in (("train", TRAIN), ("dev", DEV), ("test", TEST)):
        table(home, part, rows)
    sound(home / CLIPS["train"] / "dia0_utt0.wav", 200)
    sound(home / CLIPS["test"] / "dia0_utt0.flac", 300, rate=48_000)
    for name in ("train_splits/dia0_utt1.mp4", "train_splits/._dia0_utt1.wav", "dev_splits_complete/notes.txt"):
        (home / name).parent.mkdir(exist_ok=True)
        (home / name).write_bytes(b"rubbish")
    return home


def read(root: Path | None, sound_only: bool = False) -> Dataset:
    return Meld(root, sound_only).read(SILENT)


def test_utterances_have_the_rate_of_their_files(root: Path, rates_read: Callable) -> None:
    assert rates_read(Meld(root), root) == {8_000, 24_000}


def test_lines_become_utterances(root: Path) -> None:
    data = read(root)
    assert data.name == "meld"
    ids = ["train/dia0_utt0", "train/dia0_utt1", "train/dia125_utt3", "dev/dia110_utt7", "test/dia0_utt0"]
    assert [one.id for one in data.utterances] == [*ids, "test/dia0_utt1"]
    first, second, third, dev = data.utterances[:4]
    assert (first.speaker, first.emotion, first.session) == ("Chandler", "neutral", None)
    assert first.transcript == "also I was the point person on my company’s transition, you know."
    assert dict(first.metadata) == {
        "official_part": "train", "dialogue": "train/dia0", "position": "0", "sentiment": "neutral", "season": "8",
        "episode": "21", "episode_start": "00:16:16,059", "episode_end": "00:16:21,731",
    }  # fmt: skip
    assert (second.transcript, second.emotion) == ('"Nah!", she said…', "anger")
    assert (third.speaker, third.emotion) == ("Richard’s Date", "happiness")
    assert (dev.metadata["official_part"], dev.emotion) == ("valid", "surprise")
    assert "episode_start" not in data.utterances[4].metadata


def test_sound_where_there_is_any(root: Path) -> None:
    data = read(root)
    heard = {one.id: one.waveform.shape for one in data.utterances if one.has_sound}
    assert heard == {"train/dia0_utt0": (1_600,), "test/dia0_utt0": (1_600,)}
    assert {one.waveform.shape for one in data.utterances if not one.has_sound} == {(0,)}
    assert [one.id for one in read(root, sound_only=True).utterances] == list(heard)


def test_it_passes_the_checks_of_any_corpus(root: Path) -> None:
    check_component(Meld(root))
    check_dataset(read(root))


def test_words_alone(tmp_path: Path, refusal: Callable) -> None:
    table(tmp_path, "dev", DEV)
    (one,) = read(tmp_path).utterances
    assert (one.has_sound, one.duration_s, one.transcript) == (False, 0.0, "What?")
    message = refusal(Meld(tmp_path, sound_only=True))
    assert "no sound" in message
    assert "ffmpeg" in message


def test_the_archives_own_folders_say_the_same(root: Path, tmp_path: Path) -> None:
    before = read(root).fingerprint
    for part in PARTS:
        (tmp_path / "raw" / part).mkdir(parents=True)
        for name in (f"{part}_sent_emo.csv", CLIPS[part]):
            shutil.move(root / name, tmp_path / "raw" / part / name)
    assert read(tmp_path / "raw").fingerprint == before
    table(tmp_path / "raw" / "train", "train", TRAIN[:1])
    table(tmp_path / "raw", "train", TRAIN)
    assert read(tmp_path / "raw").fingerprint == before, "a table in the root comes first"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252"])
def test_encodings_that_people_have(root: Path, encoding: str) -> None:
    before = read(root).fingerprint
    table(root, "train", TRAIN, encoding)
    assert read(root).fingerprint == before


def test_windows_bytes_that_became_control_characters(root: Path) -> None:
    before = read(root).fingerprint
    broken = [row.replace("’", "\x92").replace("…", "\x85") for row in TRAIN]
    assert broken != TRAIN
    table(root, "train", broken)
    assert read(root).fingerprint == before


def test_a_line_said_twice_counts_once_and_a_contradiction_is_named(root: Path, refusal: Callable) -> None:
    before = read(root).fingerprint
    table(root, "train", [*TRAIN, TRAIN[1].replace("2,", "9,", 1)])
    assert read(root).fingerprint == before
    table(root, "train", [*TRAIN, TRAIN[1].replace("anger", "joy")])
    message = refusal(Meld(root))
    for said in ("train_sent_emo.csv, line 5", "train/dia0_utt1 for a second time", "line 3"):
        assert said in message


def test_the_sound_of_faulty_clips_is_never_read(root: Path) -> None:
    assert "train/dia125_utt3" in FAULTY
    (root / CLIPS["train"] / "dia125_utt3.wav").write_bytes(b"RIFF")
    assert not read(root).utterances[2].has_sound


def test_clips_that_no_table_knows_are_passed_over(root: Path) -> None:
    before = read(root).fingerprint
    for name in ("dia108_utt2", "final_videos_testdia101_utt0"):
        (root / CLIPS["test"] / f"{name}.wav").write_bytes(b"rubbish")
    assert read(root).fingerprint == before


def test_the_fingerprint_follows_words_and_sound(root: Path, sound: Callable) -> None:
    seen = {read(root).fingerprint}
    sound(root / CLIPS["train"] / "dia0_utt0.wav", 777)
    seen.add(read(root).fingerprint)
    sound(root / CLIPS["dev"] / "dia110_utt7.wav", 777)
    seen.add(read(root).fingerprint)
    for old, new in (("What?", "Why?"), ("Monica", "Ross"), ("surprise", "fear"), ("110,7,4", "110,7,5")):
        table(root, "dev", [DEV[0].replace(old, new)])
        seen.add(read(root).fingerprint)
    assert len(seen) == 7


def test_videos_are_reported_by_the_check_of_folders(root: Path) -> None:
    _, problems = look(root, SILENT)
    assert ("train_splits/dia0_utt1.mp4", "unreadable") in {(one.file, one.kind) for one in problems}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("Dialogue_ID,", "Dialog,", ["no column Dialogue_ID", "Dialog"]),
        ("surprise", "bored", ["line 2, column 'Emotion'", "'bored'", "anger, disgust"]),
        ("surprise", "", ["line 2, column 'Emotion'"]),
        (",Monica,", ",,", ["line 2, column 'Speaker'", "empty cell"]),
        (",What?,", ",,", ["line 2, column 'Utterance'", "empty cell"]),
        (",110,", ",x,", ["line 2, column 'Dialogue_ID'", "'x'"]),
        (",7,4,", ",-7,4,", ["line 2, column 'Utterance_ID'", "'-7'"]),
        (",What?,", ",What, then?,", ["line 2", "12 cells under 11 columns"]),
        (",What?,", ',"What?,', ["broken CSV"]),
    ],
)
def test_a_bad_table_is_named(root: Path, old: str, new: str, said: list[str], refusal: Callable) -> None:
    text = (root / "dev_sent_emo.csv").read_text(encoding="utf-8")
    assert old in text
    (root / "dev_sent_emo.csv").write_text(text.replace(old, new), encoding="utf-8")
    message = refusal(Meld(root))
    for words in ("dev_sent_emo.csv", *said):
        assert words in message


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "empty file"), (HEAD.encode(), "no rows"), (b"\xff\xfe\n1\n", "text in UTF-16")],
)
def test_a_table_with_nothing_in_it(root: Path, content: bytes, said: str, refusal: Callable) -> None:
    (root / "dev_sent_emo.csv").write_bytes(content)
    message = refusal(Meld(root))
    assert "dev_sent_emo.csv" in message
    assert said in message


def test_a_bad_sound_is_named(root: Path, refusal: Callable) -> None:
    (root / CLIPS["dev"] / "dia110_utt7.wav").write_bytes(b"not a sound" * 20)
    assert "dia110_utt7.wav" in refusal(Meld(root))


def test_two_sounds_of_one_utterance(root: Path, sound: Callable, refusal: Callable) -> None:
    sound(root / CLIPS["train"] / "dia0_utt0.flac", 250)
    assert "a second sound of dia0_utt0, beside dia0_utt0.flac" in refusal(Meld(root))


def test_no_folder_given() -> None:
    with pytest.raises(UsageError, match="--corpus-root"):
        read(None)


def test_folders_that_hold_no_corpus(refused_roots: Callable) -> None:
    refused_roots(Meld)


@pytest.mark.slow
@pytest.mark.skipif(not REAL.is_dir(), reason="no real MELD tables in shared/data/meld beside the checkout")
def test_the_real_tables() -> None:
    said = read(REAL).utterances
    assert Counter(one.metadata["official_part"] for one in said) == {"train": 9_989, "valid": 1_109, "test": 2_610}
    emotions = Counter(one.emotion for one in said if one.metadata["official_part"] == "test")
    assert emotions == {
        "anger": 345, "disgust": 68, "fear": 50, "happiness": 402, "neutral": 1_256, "sadness": 208, "surprise": 281,
    }  # fmt: skip
    speakers = {part: {o.speaker for o in said if o.metadata["official_part"] == part} for part in PARTS.values()}
    assert {part: len(names) for part, names in speakers.items()} == {"train": 260, "valid": 47, "test": 100}
    assert {"Joey", "Ross", "Rachel", "Phoebe", "Monica", "Chandler"} <= set.intersection(*speakers.values())
    assert {one.emotion for one in said} == set(EMOTIONS.values())
    assert not any("\x80" <= letter < "\xa0" or letter == "�" for one in said for letter in one.transcript or "")
    assert {one.id for one in said} >= FAULTY
