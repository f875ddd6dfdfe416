"""MSP-Podcast: a small release in the published layout with the real one's oddities, every way in which a copy can be
bad, and a copy with the proportions of release 1.11."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.core.errors import UsageError
from bench.core.showing.progress import Silent
from bench.core.types import Dataset, Utterance
from bench.data.corpora.msp_podcast import EMOTIONS, PARTS, MspPodcast, rescaled
from bench.data.splits import official
from bench.data.tasks import served
from bench.testing import check_component, check_dataset

HEAD = "FileName,EmoClass,EmoAct,EmoVal,EmoDom,SpkrID,Gender,Split_Set"
ROWS = (
    "MSP-PODCAST_0001_0008.wav,N,2.2,4.0,2.6,30,Male,Test1",
    "MSP-PODCAST_0001_0009.wav,A,7.0,1.0,5.5,39,Female,Test2",
    "MSP-PODCAST_0002_0001.wav,H,5.5,6.4,,41,Female,Train",
    "MSP-PODCAST_0002_0002.wav,S,2.5,2.5,3.0,Unknown,Unknown,Train",
    "MSP-PODCAST_3469_0114_0006.wav,X,,,,52,Male,Development",
)
KNOWN = [row.partition(".")[0] for row in ROWS if "Unknown" not in row]

# Release 1.11, as its page at UT Dallas gives it: the parts, and in Test3 no labels.
RELEASE_1_11 = {"Train": 84_030, "Development": 19_815, "Test1": 30_647, "Test2": 14_815, "Test3": 2_347}


def table(root: Path, *rows: str, ends: str = "\n", mark: str = "", name: str = "labels_consensus.csv") -> Path:
    path = root / "Labels" / name
    path.write_bytes((mark + ends.join((HEAD, *rows)) + ends).encode())
    return path


@pytest.fixture
def root(tmp_path: Path, sound: Callable, strays: Callable) -> Path:
    root = tmp_path / "MSP-PODCAST-Publish-1.11"
    for folder in ("Audios", "Labels", "Transcripts", "ForceAligned"):
        (root / folder).mkdir(parents=True)
    table(root, *ROWS, ends="\r\n", mark="\ufeff")
    for index, row in enumerate(ROWS):
        sound(root / "Audios" / row.partition(",")[0], 200.0 + 30 * index)
    sound(root / "Audios" / "MSP-PODCAST_test3_0001.wav", 700.0)
    (root / "Transcripts" / "MSP-PODCAST_0001_0008.txt").write_bytes(b"I went to the caf\xe9\r\nyesterday.\r\n")
    (root / "Transcripts" / "MSP-PODCAST_0001_0009.txt").write_bytes(b"")
    strays(
        root / "Audios" / "._MSP-PODCAST_0001_0008.wav",
        root / "Audios" / ".DS_Store",
        root / "Transcripts" / "._MSP-PODCAST_0001_0008.txt",
        root / "Labels" / "labels_detailed.csv",
        root / "Partitions.txt",
        root / "readme.txt",
    )
    return root


def read(root: Path | None) -> Dataset:
    return MspPodcast(root).read(Silent())


def by_id(root: Path) -> dict[str, Utterance]:
    return {utterance.id: utterance for utterance in read(root).utterances}


def test_utterances_have_the_rate_of_their_files(root: Path, rates_read: Callable) -> None:
    assert rates_read(MspPodcast(root), root) == {8_000}


def test_it_conforms(root: Path) -> None:
    check_component(MspPodcast())
    check_dataset(read(root))


def test_order_and_what_is_left_out(root: Path) -> None:
    data = read(root)
    assert data.name == "msp_podcast"
    assert [one.id for one in data.utterances] == KNOWN, "unknown speakers and Test3 are left out"
    assert [one.speaker for one in data.utterances] == ["30", "39", "41", "52"]
    assert [one.emotion for one in data.utterances] == ["neutral", "anger", "happiness", None]
    assert [one.metadata["official_part"] for one in data.utterances] == ["test", "test", "train", "valid"]
    assert [one.metadata["split_set"] for one in data.utterances] == ["Test1", "Test2", "Train", "Development"]


def test_everything_that_is_said_of_an_utterance(root: Path) -> None:
    one = by_id(root)["MSP-PODCAST_0001_0008"]
    assert (one.activation, one.valence) == (1.8, 3.0)
    assert one.transcript == "I went to the café yesterday."
    assert one.waveform.shape == (1_600,)
    assert dict(one.metadata) == {
        "official_part": "test",
        "split_set": "Test1",
        "label": "N",
        "podcast": "0001",
        "dominance": "2.06667",
        "gender": "male",
    }


def test_what_is_not_rated_or_not_said_is_none(root: Path) -> None:
    found = by_id(root)
    assert (found["MSP-PODCAST_0001_0009"].activation, found["MSP-PODCAST_0001_0009"].valence) == (5.0, 1.0)
    assert found["MSP-PODCAST_0001_0009"].transcript is None
    assert "dominance" not in found["MSP-PODCAST_0002_0001"].metadata
    disputed = found["MSP-PODCAST_3469_0114_0006"]
    assert (disputed.emotion, disputed.activation, disputed.valence) == (None, None, None)
    assert disputed.metadata["podcast"] == "3469"


@given(st.floats(1, 7), st.floats(1, 7))
def test_rescaling_keeps_the_ends_and_the_order(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 1 <= rescaled(low) <= rescaled(high) <= 5


def test_older_releases_spell_and_name_otherwise(root: Path) -> None:
    expected = read(root).fingerprint
    (root / "Audios").rename(root / "Audio")
    (root / "Labels" / "labels_consensus.csv").rename(root / "Labels" / "labels_concensus.csv")
    assert read(root).fingerprint == expected
    validation = [row.replace("Development", "Validation") for row in ROWS]
    table(root, *validation, name="labels_concensus.csv")
    assert by_id(root)["MSP-PODCAST_3469_0114_0006"].metadata["official_part"] == "valid"


def test_a_row_may_stand_there_twice_but_say_one_thing(root: Path, refusal: Callable) -> None:
    expected = read(root).fingerprint
    table(root, *ROWS, ROWS[0])
    assert read(root).fingerprint == expected
    path = table(root, *ROWS, ROWS[0].replace(",N,", ",A,"))
    assert f"{path}, line 7: found MSP-PODCAST_0001_0008.wav a second time" in refusal(MspPodcast(root))


def test_the_order_of_columns_and_further_columns_do_not_matter(root: Path) -> None:
    expected = read(root).fingerprint
    columns = [row.split(",") for row in (HEAD, *ROWS)]
    text = "\n".join(",".join([*reversed(cells), "more"]) for cells in columns)
    (root / "Labels" / "labels_consensus.csv").write_text(text)
    assert read(root).fingerprint == expected


def test_transcripts_are_optional(root: Path) -> None:
    shutil.rmtree(root / "Transcripts")
    assert {one.transcript for one in read(root).utterances} == {None}


def test_the_fingerprint_follows_sounds_and_annotations_alone(root: Path, sound: Callable) -> None:
    found = [read(root).fingerprint]
    sound(root / "Audios" / "MSP-PODCAST_0002_0002.wav", 999.0)
    (root / "Labels" / "labels_detailed.csv").write_text("mine")
    assert [read(root).fingerprint] == found, "what is left out does not count"
    sound(root / "Audios" / "MSP-PODCAST_0001_0008.wav", 444.0)
    found.append(read(root).fingerprint)
    table(root, ROWS[0].replace("2.2", "2.4"), *ROWS[1:])
    found.append(read(root).fingerprint)
    table(root, ROWS[0].replace(",30,", ",31,"), *ROWS[1:])
    found.append(read(root).fingerprint)
    (root / "Transcripts" / "MSP-PODCAST_0001_0008.txt").write_text("No.")
    found.append(read(root).fingerprint)
    assert len(set(found)) == 5


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (",N,", ",Q,", "line 2: found EmoClass 'Q'; expected one of A, C, D, F, H, N, O, S, U, X"),
        ("Test1", "Test4", "line 2: found Split_Set 'Test4'"),
        ("2.2", "7.5", "line 2: found EmoAct '7.5'; expected a number from 1 to 7"),
        ("4.0", "0", "line 2: found EmoVal '0'"),
        ("2.6", "high", "line 2: found EmoDom 'high'"),
        ("2.2", "nan", "line 2: found EmoAct 'nan'"),
        ("MSP-PODCAST_0001_0008", "speech", "line 2: found the file 'speech.wav'"),
        ("2.6,", "", "line 2: found 7 cells under 8 columns"),
        ("Test1", "Test1,", "line 2: found 9 cells under 8 columns"),
    ],
)
def test_a_broken_row_is_named_with_its_line(root: Path, old: str, new: str, said: str, refusal: Callable) -> None:
    path = table(root, ROWS[0].replace(old, new), *ROWS[1:])
    assert f"{path}, {said}" in refusal(MspPodcast(root))


def test_a_row_whose_speaker_is_unknown_is_left_out_whatever_it_says(root: Path, refusal: Callable) -> None:
    expected = read(root).fingerprint
    table(
        root, *ROWS, "MSP-PODCAST_test3_0001.wav,,,,,Unknown,Unknown,Test3", "MSP-PODCAST_9_9.wav,N,1,1,1,,Male,Train"
    )
    assert read(root).fingerprint == expected
    path = table(root, ROWS[3])
    assert f"{path}: found no row whose SpkrID is known" in refusal(MspPodcast(root))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD.replace("EmoVal", "Valence") + "\n" + ROWS[0], "found no column EmoVal"),
        (HEAD, "found no rows"),
        ("", "found an empty file"),
        (HEAD + "\n" + ROWS[0].replace("Male", "M\udce4nnlich"), "found text that is not UTF-8"),
    ],
)
def test_a_broken_table_is_named(root: Path, text: str, said: str, refusal: Callable) -> None:
    path = root / "Labels" / "labels_consensus.csv"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert f"{path}: {said}" in refusal(MspPodcast(root))


def test_missing_sounds_are_counted_and_the_first_is_named(root: Path, refusal: Callable) -> None:
    first = root / "Audios" / "MSP-PODCAST_0001_0009.wav"
    first.unlink()
    message = refusal(MspPodcast(root))
    assert "labels_consensus.csv, line 3: found MSP-PODCAST_0001_0009, which has no sound; expected" in message
    assert str(first) in message
    (root / "Audios" / "MSP-PODCAST_0002_0001.wav").unlink()
    assert "MSP-PODCAST_0001_0009, which has no sound (nor have 1 more)" in refusal(MspPodcast(root))


def test_two_sounds_of_one_turn(root: Path, sound: Callable, refusal: Callable) -> None:
    sound(root / "Audios" / "MSP-PODCAST_0001_0008.flac")
    message = refusal(MspPodcast(root))
    assert "a second file of the turn MSP-PODCAST_0001_0008, beside MSP-PODCAST_0001_0008.flac" in message


@pytest.mark.parametrize("content", [b"", b"RIFF", b"not a sound" * 20])
def test_a_bad_sound_file_is_named(root: Path, content: bytes, refusal: Callable) -> None:
    path = root / "Audios" / "MSP-PODCAST_0001_0009.wav"
    path.write_bytes(content)
    assert str(path) in refusal(MspPodcast(root))


def test_folders_that_hold_no_corpus(root: Path, refused_roots: Callable, refusal: Callable) -> None:
    refused_roots(MspPodcast)
    with pytest.raises(UsageError, match="--corpus-root"):
        read(None)
    shutil.rmtree(root / "Audios")
    assert f"{root / 'Audios'}: found no such folder" in refusal(MspPodcast(root))


def test_the_proportions_of_release_1_11(tmp_path: Path, sound: Callable) -> None:
    """A hundredth of it, one unknown speaker in ten of the training part, and every letter."""
    root = tmp_path / "release"
    (root / "Audios").mkdir(parents=True)
    (root / "Labels").mkdir()
    sound(tmp_path / "tone.wav", rate=8_000)
    rows = []
    for part, count in RELEASE_1_11.items():
        for index in range(count // 100):
            name = f"MSP-PODCAST_{'test3' if part == 'Test3' else 1000 + index // 10}_{part}{index:04d}.wav"
            (root / "Audios" / name).hardlink_to(tmp_path / "tone.wav")
            speaker = "Unknown" if part == "Train" and index % 10 == 0 else f"{part}{index % 20}"
            if part != "Test3":
                rows.append(f"{name},{sorted(EMOTIONS)[index % 10]},{1 + index % 7},4,4,{speaker},Male,{part}")
    table(root, *rows)
    data = read(root)
    parts = Counter(one.metadata["official_part"] for one in data.utterances)
    assert parts == {"train": 840 - 84, "valid": 198, "test": 306 + 148}
    assert {one.emotion for one in data.utterances} == {*EMOTIONS.values()}
    split = official(data.utterances, data.name)
    assert (len(split.train), len(split.valid), len(split.test)) == (756, 198, 454)
    assert set(PARTS.values()) == set(parts)
    assert "activation3" in {task.name for task in served(data.utterances)}
