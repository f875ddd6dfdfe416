"""The corpus `manifest`: tables as people write them, every way in which one can be bad, and mutated bytes."""

from __future__ import annotations

import gzip
import math
import unicodedata
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.core.errors import DataError, UsageError
from bench.core.showing.progress import Silent
from bench.core.types import Dataset
from bench.data.corpora.manifest import EMOTIONS, Manifest

HEAD = "path,speaker,emotion,activation,valence,text,session,note\n"
ROWS = [
    'wav/a.wav,Ann,Angry,4.5,1,"No, not now.",Ses01,loud\n',
    "wav/b.wav,Bob,hap,,,,Ses02,\n",
    "wav/c.flac,Bob,Bemused,1,5,Café,Ses02,late\n",
]


@pytest.fixture
def home(tmp_path: Path, sound: Callable) -> Path:
    (tmp_path / "corpus" / "wav").mkdir(parents=True)
    sound(tmp_path / "corpus" / "wav" / "a.wav", 200, 0.5)
    sound(tmp_path / "corpus" / "wav" / "b.wav", 300, 2.0, 44_100)
    sound(tmp_path / "corpus" / "wav" / "c.flac", 400, 0.5)
    return tmp_path / "corpus"


def read(root: Path | None) -> Dataset:
    return Manifest(root).read(Silent())


def written(home: Path, text: str | bytes, name: str = "manifest.csv") -> Path:
    (home / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return home / name


def test_a_whole_table(home: Path) -> None:
    data = read(written(home, HEAD + "".join(ROWS)))
    assert data.name == "manifest"
    first, second, third = data.utterances
    assert (first.id, first.speaker, first.session) == ("wav/a.wav", "Ann", "Ses01")
    assert (first.emotion, first.activation, first.valence) == ("anger", 4.5, 1.0)
    assert (first.transcript, dict(first.metadata)) == ("No, not now.", {"note": "loud"})
    assert (second.emotion, second.activation, second.valence, second.transcript) == ("happiness", None, None, None)
    assert (dict(second.metadata), second.waveform.shape) == ({}, (32_000,))
    assert (third.emotion, third.transcript) == ("bemused", "Café")


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_every_dialect_says_the_same(home: Path, mark: str, end: str, bom: str) -> None:
    lines = [
        ["Path", " SPEAKER ", "emotion", "valence"],
        ["wav/a.wav", "Ann", "sad", "2"],
        [],
        ["wav/b.wav", "Bo", "", "3"],
    ]
    text = bom + end.join(mark.join(line) for line in lines) + end
    data = read(written(home, text))
    assert [(one.speaker, one.emotion, one.valence) for one in data.utterances] == [
        ("Ann", "sadness", 2),
        ("Bo", None, 3),
    ]
    plain = written(home, "path,speaker,emotion,valence\nwav/a.wav,Ann,sad,2\nwav/b.wav,Bo,,3\n", "plain.csv")
    assert data.fingerprint == read(plain).fingerprint


def test_a_decimal_comma(home: Path) -> None:
    data = read(written(home, "path;speaker;valence;start\nwav/a.wav;Ann;2,5;0,25\n"))
    assert (data.utterances[0].valence, data.utterances[0].waveform.shape) == (2.5, (4_000,))


@pytest.mark.parametrize("empty", ["", "NaN", "None", "NA", "null", "<NA>"])
def test_what_programs_write_where_there_is_no_number(home: Path, empty: str) -> None:
    data = read(written(home, f"path,speaker,emotion,valence,start\nwav/a.wav,Ann,sad,{empty},{empty}\n"))
    assert data.utterances[0].valence is None
    assert data.utterances[0].waveform.shape == (8_000,)


def test_a_name_in_another_unicode_form_is_the_same(home: Path) -> None:
    (home / "wav" / "a.wav").rename(home / "wav" / unicodedata.normalize("NFD", "ü.wav"))
    data = read(written(home, f"path,speaker,emotion\nwav/{unicodedata.normalize('NFC', 'ü')}.wav,Ann,sad\n"))
    assert data.utterances[0].waveform.shape == (8_000,)


def test_parquet_says_the_same_as_csv(home: Path) -> None:
    columns = {"path": ["wav/a.wav", "wav/b.wav"], "speaker": [1.0, 2.0], "valence": [2.5, math.nan]}
    columns |= {"emotion": [None, "exc"], "end": [0.25, None], "take": [7, 8]}
    pq.write_table(pa.table(columns), home / "manifest.parquet")
    data = read(home)
    text = "path,speaker,valence,emotion,end,take\nwav/a.wav,1,2.5,,0.25,7\nwav/b.wav,2,,exc,,8\n"
    assert data.fingerprint == read(written(home, text, "same.csv")).fingerprint
    assert [one.speaker for one in data.utterances] == ["1", "2"]
    assert (data.utterances[1].emotion, dict(data.utterances[1].metadata)) == ("excitement", {"take": "8"})


def test_a_folder_called_like_a_partition_adds_no_column(home: Path) -> None:
    (home / "fold=1").mkdir()
    pq.write_table(
        pa.table({"path": ["../wav/a.wav"], "speaker": ["Ann"], "emotion": ["sad"]}), home / "fold=1" / "m.pq"
    )
    assert dict(read(home / "fold=1" / "m.pq").utterances[0].metadata) == {}


def test_stretches_of_one_file(home: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import bench.audio.decoding

    decoded: list[Path] = []
    original = bench.audio.decoding.read_audio
    monkeypatch.setattr(bench.audio.decoding, "read_audio", lambda path: decoded.append(path) or original(path))
    rows = [
        "wav/b.wav,Ann,sad,,0.5",
        "wav/b.wav,Bob,sad,0.5,1.25",
        "wav/b.wav,Cy,sad,1.25,2.005",
        "wav/b.wav,Dan,sad,,",
    ]
    data = read(written(home, "path,speaker,emotion,start,end\n" + "\n".join(rows)))
    assert [one.waveform.shape[0] for one in data.utterances] == [8_000, 12_000, 12_000, 32_000]
    assert [one.id for one in data.utterances] == [
        f"wav/b.wav{end}" for end in ("#-0.5", "#0.5-1.25", "#1.25-2.005", "")
    ]
    assert len(decoded) == 1
    whole = data.utterances[3].waveform
    assert (data.utterances[1].waveform == whole[8_000:20_000]).all()


def test_each_stretch_has_the_rate_of_its_file(home: Path) -> None:
    rows = ["wav/a.wav,Ann,sad,,", "wav/b.wav,Bob,sad,0.5,1.25", "wav/b.wav,Cy,sad,,", "wav/c.flac,Ann,sad,,"]
    data = read(written(home, "path,speaker,emotion,start,end\n" + "\n".join(rows)))
    assert [one.rate_hz for one in data.utterances] == [16_000, 44_100, 44_100, 16_000]


def test_synonyms_absolute_paths_and_backslashes(home: Path) -> None:
    text = f"file,speaker,arousal,transcript,id\n{home / 'wav' / 'a.wav'},Ann,3,Hi,one\nwav\\b.wav,Bob,4,,two\n"
    data = read(written(home, text))
    assert [(one.id, one.activation, one.transcript) for one in data.utterances] == [("one", 3, "Hi"), ("two", 4, None)]


def test_a_synonym_beside_the_column_itself_is_metadata(home: Path) -> None:
    data = read(written(home, "path,file,speaker,valence\nwav/a.wav,old.wav,Ann,3\n"))
    assert dict(data.utterances[0].metadata) == {"file": "old.wav"}


def test_unnamed_columns_are_left_out(home: Path) -> None:
    data = read(written(home, ",path,speaker,emotion\n0,wav/a.wav,Ann,neu\n"))
    assert (data.utterances[0].emotion, dict(data.utterances[0].metadata)) == ("neutral", {})


def test_spellings_lead_to_the_house_names() -> None:
    from bench.data.corpora import emodb

    expected = {"ang": "anger", "joy": "happiness", "exc": "excitement", "fru": "frustration", "bored": "boredom"}
    assert expected.items() <= EMOTIONS.items()
    assert all(EMOTIONS[name] == name for name in (*EMOTIONS.values(), *emodb.EMOTIONS.values()))


def test_the_fingerprint_follows_everything_said_and_heard(home: Path, sound: Callable) -> None:
    seen = {read(written(home, HEAD + "".join(ROWS))).fingerprint}
    for old, new in (
        ("Ann", "Eve"),
        ("4.5", "4"),
        ("Angry", "sad"),
        ("loud", "soft"),
        ("not now", "now"),
        ("Ses01", "S"),
    ):
        seen.add(read(written(home, HEAD + "".join(ROWS).replace(old, new))).fingerprint)
    sound(home / "wav" / "a.wav", 777, 0.5)
    seen.add(read(written(home, HEAD + "".join(ROWS))).fingerprint)
    assert len(seen) == 8


def test_no_table_given() -> None:
    with pytest.raises(UsageError, match="--corpus-root"):
        read(None)


def test_roots_that_hold_no_table(home: Path, tmp_path: Path, refusal: Callable) -> None:
    for root, found in ((tmp_path / "nowhere", "no such"), (home, "neither"), (home / ("x" * 300), "too long")):
        assert found in refusal(Manifest(root))
    written(home, HEAD)
    written(home, b"", "manifest.parquet")
    assert "both manifest.csv and manifest.parquet" in refusal(Manifest(home))


BASE = "path,speaker,emotion,valence,start,end,id\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ["empty file"]),
        ("\n\r\n", ["empty file"]),
        (BASE, ["no rows"]),
        ("path,emotion\nwav/a.wav,sad\n", ["no column speaker", "path, emotion"]),
        ("speaker,emotion\nAnn,sad\n", ["no column path"]),
        ("path,speaker,mood\nwav/a.wav,Ann,sad\n", ["no column emotion or activation or valence", "mood"]),
        ("path,Path,speaker,emotion\n1,2,3,4\n", ["two columns", "ath"]),
        (BASE + "wav/a.wav,Ann,sad,1,,\n", ["line 2", "6 cells under 7 columns"]),
        (BASE + 'wav/a.wav,Ann,"sad', ["broken CSV"]),
        (BASE + "\nwav/a.wav,,sad,1,,,\n", ["line 3, column 'speaker'", "empty cell"]),
        (BASE + ",Ann,sad,1,,,\n", ["line 2, column 'path'", "empty cell"]),
        (BASE + "wav/z.wav,Ann,sad,1,,,\n", ["line 2, column 'path'", "wav/z.wav"]),
        (BASE + "wav,Ann,sad,1,,,\n", ["line 2, column 'path'", "not there"]),
        (BASE + "w\0v,Ann,sad,1,,,\n", ["line 2", "a NUL character"]),
        (BASE + "wav/A.WAV,Ann,sad,1,,,\n", ["line 2, column 'path'", "'wav/A.WAV', which is not there ('a.wav' is)"]),
        (BASE + "w" * 5_000 + ",Ann,sad,1,,,\n", ["line 2, column 'path'"]),
        (BASE + "wav/a.wav,Ann,sad,6,,,\n", ["line 2, column 'valence'", "found 6", "1 to 5", "1 + 4 * (x - LOW)"]),
        (BASE + "wav/a.wav,Ann,sad,0.5,,,\n", ["line 2, column 'valence'", "found 0.5"]),
        (BASE + "wav/a.wav,Ann,sad,high,,,\n", ["line 2, column 'valence'", "'high'", "a number"]),
        (BASE + "wav/a.wav,Ann,sad,-inf,,,\n", ["column 'valence'", "a number"]),
        (BASE + "wav/a.wav,Ann,sad,1_0,,,\n", ["column 'valence'", "a number"]),
        (BASE + "wav/a.wav,Ann,sad,1,inf,,\n", ["column 'start'", "a number"]),
        (BASE + "wav/a.wav,Ann,sad,1,0.4,0.2,\n", ["line 2, column 'start'", "start 0.4 and end 0.2"]),
        (BASE + "wav/a.wav,Ann,sad,1,0.4,0.4,\n", ["line 2, column 'start'"]),
        (BASE + "wav/a.wav,Ann,sad,1,-1,0.4,\n", ["line 2, column 'start'", "start -1"]),
        (BASE + "wav/a.wav,Ann,sad,1,0.1,0.6,\n", ["line 2", "a.wav", "0.500 s long", "within the file"]),
        (BASE + "wav/a.wav,Ann,sad,1,0.7,,\n", ["line 2", "0.500 s long"]),
        (BASE + "wav/a.wav,Ann,sad,1,0.1,0.10001,\n", ["line 2", "within the file"]),
        (BASE + "wav/a.wav,A,sad,1,,,x\nwav/b.wav,B,sad,1,,,x\n", ["line 3, column 'id'", "'x'", "line 2"]),
        ("path,speaker,emotion\nwav/a.wav,A,sad\nwav/a.wav,B,sad\n", ["line 3, column 'path'", "line 2"]),
        (BASE.encode("utf-16"), ["text in UTF-16", "CSV UTF-8"]),
        (BASE.encode("utf-16-be").join((b"\xfe\xff", b"")), ["text in UTF-16"]),
        (b"PK\x03\x04" + bytes(99), ["an Excel workbook", "CSV UTF-8"]),
        (gzip.compress(BASE.encode(), mtime=0), ["compressed with gzip", "gunzip"]),
        (b"PAR1" + bytes(99), ["a Parquet file under another name", ".parquet"]),
        (BASE.encode() + b"wav/a.wav,Ren\xe9,sad,1,,,\n", ["not UTF-8"]),
        (BASE + "wav/a.wav,Ann," + "s" * 200_000 + ",1,,,\n", ["broken CSV"]),
    ],
)
def test_a_bad_table_is_named(home: Path, text: str | bytes, said: list[str], refusal: Callable) -> None:
    message = refusal(Manifest(written(home, text)))
    assert "manifest.csv" in message
    for words in said:
        assert words in message


def test_lines_are_counted_as_an_editor_does(home: Path, refusal: Callable) -> None:
    text = 'path,speaker,emotion,text\nwav/a.wav,Ann,sad,"two\nlines"\nwav/b.wav,,sad,\n'
    assert "line 4, column 'speaker'" in refusal(Manifest(written(home, text)))


def test_a_silent_stretch_is_named_with_its_row(home: Path, refusal: Callable) -> None:
    soundfile.write(home / "wav" / "a.wav", np.concatenate([np.zeros(8_000), np.full(8_000, 0.2)]), 16_000)
    message = refusal(Manifest(written(home, "path,speaker,emotion,start,end\nwav/a.wav,Ann,sad,0,0.4\n")))
    assert "line 2" in message
    assert "silence" in message


def test_a_bad_sound_is_named(home: Path, refusal: Callable) -> None:
    (home / "wav" / "a.wav").write_bytes(b"RIFF")
    assert "a.wav" in refusal(Manifest(written(home, HEAD + ROWS[0])))


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" * 9, HEAD.encode()])
def test_a_bad_parquet_file_is_named(home: Path, content: bytes, refusal: Callable) -> None:
    message = refusal(Manifest(written(home, content, "manifest.parquet")))
    assert "manifest.parquet" in message
    assert "no Parquet" in message


def test_a_cut_off_parquet_file_and_its_rows_are_named(home: Path, refusal: Callable) -> None:
    pq.write_table(
        pa.table({"path": ["wav/a.wav"] * 2, "speaker": ["Ann", None], "valence": [2, 3]}), home / "m.parquet"
    )
    assert "m.parquet, row 2, column 'speaker'" in refusal(Manifest(home / "m.parquet"))
    whole = (home / "m.parquet").read_bytes()
    assert "no Parquet" in refusal(Manifest(written(home, whole[:-20], "m.parquet")))


@settings(max_examples=1_000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    places=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 2), st.binary(max_size=4)), min_size=1, max_size=6)
)
def test_mutated_bytes_give_a_corpus_or_a_named_error(home: Path, places: list[tuple[int, int, bytes]]) -> None:
    rows = "wav/a.wav,Ann,Angry,4.5,0.1,0.4,x\nwav/b.wav,Bob,hap,,,1.5,y\n"
    content = bytearray(("path,speaker,emotion,valence,start,end,id\n" + rows).encode())
    for place, cut, new in places:
        at = place % (len(content) + 1)
        content[at : at + cut] = new
    message = str(home)
    try:
        assert read(written(home, bytes(content))).utterances
    except DataError as error:
        message = str(error)
    assert str(home) in message
