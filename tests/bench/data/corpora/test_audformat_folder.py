"""Audformat databases: as the library itself writes them, as people write them, and every way of being bad."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bench.core.errors import UsageError
from bench.data.corpora.audformat_folder import Audformat
from bench.testing import check_component, check_dataset
from tests.bench.data.corpora.audformat_files import EMOTION, change, made_root, read


@pytest.fixture
def root(tmp_path: Path, sound: Callable) -> Path:
    return made_root(tmp_path, sound)


def test_utterances_have_the_rate_of_their_files(root: Path, rates_read: Callable) -> None:
    assert rates_read(Audformat(root), root) == {8_000}


def test_rows_become_utterances(root: Path) -> None:
    data = read(root)
    assert data.name == "audformat"
    first, second, third = data.utterances
    assert [one.id for one in data.utterances] == ["audio/a.wav#0-0.5", "audio/a.wav#0.5-", "audio/b.wav"]
    assert [one.waveform.shape for one in data.utterances] == [(8_000,)] * 3
    assert (first.speaker, first.emotion, first.activation, first.transcript) == ("Ann", "anger", 1.0, "Well.")
    assert (second.speaker, second.emotion, second.activation) == ("Ann", "happiness", 3.0)
    assert (third.speaker, third.emotion, third.activation, third.valence) == ("Bob", None, 4.0, None)
    assert (third.transcript, third.session) == (None, None)
    assert dict(first.metadata) == {"official_part": "valid", "note": "loud"}
    assert dict(third.metadata) == {"official_part": "valid"}


@pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning")  # the library's own
@pytest.mark.parametrize("storage", ["csv", "parquet"])
def test_a_database_of_the_library_itself(tmp_path: Path, storage: str, sound: Callable) -> None:
    import audformat
    import pandas as pd

    home = tmp_path / storage
    sound(home / "a.wav", 200, 1.0)
    sound(home / "b.wav", 300, 1.0)
    made = audformat.Database("made", source="made up", usage="research", languages=["de"])
    made.schemes["emotion"] = audformat.Scheme(labels=["anger", "joy"])
    made.schemes["valence"] = audformat.Scheme("float", minimum=0, maximum=10)
    made.schemes["speaker"] = audformat.Scheme("int", labels={7: {"sex": "female"}, 8: {"sex": "male"}})
    made.splits["train"] = audformat.Split("train")
    index = audformat.segmented_index(
        ["a.wav", "a.wav", "b.wav"], ["0s", "0.25s", "0.123456789s"], ["0.25s", "1s", pd.NaT]
    )
    table = made["gold"] = audformat.Table(index, split_id="train")
    for name, values in (("emotion", ["joy", "anger", None]), ("valence", [0.0, 7.5, None]), ("speaker", [7, 8, 8])):
        table[name] = audformat.Column(scheme_id=name)
        table[name].set(values)
    made.save(str(home), storage_format=storage)
    data = read(home)
    theirs = audformat.Database.load(str(home))["gold"].df
    assert [one.id for one in data.utterances] == ["a.wav#0-0.25", "a.wav#0.25-1", "b.wav#0.123457-"]
    assert [one.waveform.shape[0] for one in data.utterances] == [4_000, 12_000, 16_000 - round(0.123456789 * 16_000)]
    assert [one.speaker for one in data.utterances] == [str(who) for who in theirs["speaker"]] == ["7", "8", "8"]
    assert [one.emotion for one in data.utterances] == ["happiness", "anger", None]
    assert [one.valence for one in data.utterances] == [1.0, 4.0, None]
    assert [1 + 0.4 * rating for rating in theirs["valence"].dropna()] == [1.0, 4.0]
    assert {one.metadata["official_part"] for one in data.utterances} == {"train"}


def test_csv_and_parquet_say_the_same_and_parquet_comes_first(root: Path) -> None:
    import pandas as pd

    before = read(root).fingerprint
    frame = pd.read_csv(root / "db.emotion.csv")
    for column in ("start", "end"):
        frame[column] = pd.to_timedelta(frame[column])
    frame.to_parquet(root / "db.emotion.parquet", index=False)
    change(root / "db.emotion.csv", "anger", "joy")
    assert read(root).fingerprint == before


def test_the_fingerprint_follows_everything_said_and_heard(root: Path, sound: Callable) -> None:
    seen = {read(root).fingerprint}
    for file, old, new in (
        ("emotion", "anger", "joy"), ("emotion", "-1.0", "1.0"), ("emotion", "loud", "soft"), ("files", "Bob", "Eve"),
        ("files", "Well", "No"), ("emotion", "0.500000", "0.400000"),
    ):  # fmt: skip
        change(root / f"db.{file}.csv", old, new)
        seen.add(read(root).fingerprint)
    change(root / "db.yaml", "{type: dev}", "{type: test}")
    seen.add(read(root).fingerprint)
    sound(root / "audio" / "a.wav", 777, 1.0)
    seen.add(read(root).fingerprint)
    assert len(seen) == 9


def test_emotions_by_number_are_read_by_their_description(root: Path) -> None:
    change(root / "db.yaml", "emotion: {scheme_id: emotion, rater_id: gold}", "emotion: {scheme_id: code}")
    (root / "db.emotion.csv").write_text(EMOTION.replace("anger", "0").replace("joy", "1"), encoding="utf-8")
    assert [one.emotion for one in read(root).utterances] == ["sadness", "1", None]


def test_words_by_their_code(root: Path) -> None:
    change(root / "db.yaml", "      transcription: {}", "      transcription: {scheme_id: sentence}")
    change(
        root / "db.yaml",
        "schemes:\n",
        "schemes:\n  sentence: {dtype: str, labels: {a01: It is cold., b02: It rains.}}\n",
    )
    change(root / "db.files.csv", "Well.", "a01")
    assert [one.transcript for one in read(root).utterances] == ["It is cold.", "It is cold.", None]


def test_it_passes_the_checks_of_any_corpus(root: Path) -> None:
    check_component(Audformat(root))
    check_dataset(read(root))


def test_other_columns_by_name(root: Path, refusal: Callable) -> None:
    change(root / "db.yaml", "      note: {}", "      note: {}\n      mood: {scheme_id: emotion}")
    rows = EMOTION.splitlines()
    text = "\n".join(row + end for row, end in zip(rows, (",mood", ",H", ",bemused", ",joy"), strict=True))
    (root / "db.emotion.csv").write_text(text, encoding="utf-8")
    data = read(root, emotion="mood", text="note", valence="arousal")
    assert [one.emotion for one in data.utterances] == ["h", "bemused", "happiness"]
    assert data.utterances[0].transcript == "loud"
    assert data.utterances[0].valence == data.utterances[0].activation == 1.0
    assert dict(data.utterances[0].metadata) == {"official_part": "valid", "emotion": "anger"}
    assert "nothing of the name 'nobody'" in refusal(Audformat(root, speaker="nobody"))
    assert "valence=val" in refusal(Audformat(root, valence="val"), UsageError)


def with_sessions(root: Path) -> None:
    change(root / "db.yaml", "      speaker: {scheme_id: speaker}\n", "      session: {scheme_id: session}\n")
    (root / "db.files.csv").write_text("file,session,transcription\naudio/a.wav,s1,\naudio/b.wav,s2,\n")


def test_the_speaker_may_be_a_property_of_a_label(root: Path) -> None:
    with_sessions(root)
    found = [(one.speaker, one.session) for one in read(root).utterances]
    assert found == [("Ann", "s1"), ("Ann", "s1"), ("Bob", "s2")]


def test_the_speaker_may_stand_in_a_misc_table(root: Path) -> None:
    with_sessions(root)
    change(root / "db.yaml", "      s1: {speaker: Ann, room: big}\n      s2: {speaker: Bob}\n", "")
    change(root / "db.yaml", "  session:\n    dtype: str\n    labels:\n", "  session: {dtype: str, labels: rooms}\n")
    change(root / "db.yaml", "misc_tables:\n", "misc_tables:\n  rooms: {levels: [id], columns: {speaker: {}}}\n")
    (root / "db.rooms.csv").write_text("id,speaker\ns1,Cy\ns2,Di\n")
    assert [one.speaker for one in read(root).utterances] == ["Cy", "Cy", "Di"]


def test_several_tables(root: Path, refusal: Callable) -> None:
    change(
        root / "db.yaml",
        "  files:\n",
        "  more:\n    type: filewise\n    columns: {valence: {scheme_id: arousal}}\n  files:\n",
    )
    (root / "db.more.csv").write_text("file,valence\naudio/a.wav,1\n")
    message = refusal(Audformat(root), UsageError)
    assert "several tables with labels: emotion, more" in message
    assert "audformat:table=emotion" in message
    assert [one.id for one in read(root, table=("more",)).utterances] == ["audio/a.wav"]
    both = read(root, table=("more", "emotion")).utterances
    assert [one.valence for one in both] == [5.0, None, None, None]
    assert "official_part" not in both[0].metadata
    (root / "db.more.csv").write_text("file,valence\naudio/b.wav,1\n")
    message = refusal(Audformat(root, table=("more", "emotion")))
    assert "'audio/b.wav', which" in message
    assert "db.more.csv, line 2" in message
    assert "table=files" in refusal(Audformat(root, table=("files",)), UsageError)
    assert "table=mood" in refusal(Audformat(root, table=("mood",)), UsageError)
