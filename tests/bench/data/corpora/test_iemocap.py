"""IEMOCAP: a small copy in the published layout with the real one's oddities, every way in which a copy can be bad, and
a copy with the published counts."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from bench.core.errors import DataError, UsageError
from bench.core.progress import Silent
from bench.core.types import Dataset, Phone, Utterance, Word
from bench.data.corpora.iemocap import EMOTIONS, Iemocap
from bench.data.corpora.iemocap_files import read_transcripts, read_turns, read_words
from bench.data.splits import split_named
from bench.data.tasks import served, task_named, usable

HEAD = "% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]"
EVALUATION = f"""{HEAD}

[6.2901 - 8.2357]\tSes01F_impro01_F000\tneu\t[2.5000, 3.5000, 1.5000]
C-E2:\tNeutral;\t()
C-E3:\tNeutral; Frustration;\t()
C-F1:\tNeutral;\t(curious)
A-E3:\tval 3; act 2; dom  2;\t()
A-E4:\tval 2; act 3; dom  ;\t(mildly aggravated
but staying polite)
A-E4:\tval 3; act 3; dom 1;\t()

[10.0100 - 11.3925]\tSes01F_impro01_M000\txxx\t[5.5000, 3.0000, 0.5000]
C-E2:\tAnger;\t()
C-E3:\tNeutral;\t()

"""
TRANSCRIPT = (
    b"Ses01F_impro01_F000 [006.2901-008.2357]: Excuse me, na\xefve\x85 caf\xe9.\r\n"
    b"M: [LAUGHTER]\r\n"
    b"Ses01F_impro01_FXX0 [009.1000-009.4000]: Mm-hmm.\r\n\r\n"
    b"Ses01F_impro01_M000 [010.0100-011.3925]: Do you have your forms?\r\n"
)
WDSEG = """\t SFrm  EFrm    SegAScr Word
\t    0     3    -105513 <s>
\t    4    11    -181274 EXCUSE(2)
\t   12    13    -181274 <sil>
\t   14    15    -181274 ++LAUGHTER++
\t   16    20    -116920 ME
\t   21    22    -145946 </s>
 Total score:    -549654
"""
PHSEG = """\t SFrm  EFrm    SegAScr Phone
\t    0     3     -68519 SIL
\t    4     6    -118353 EH K S b
\t    7    11    -118353 K EH S e
\t   12    13     -68519 SIL
\t   14    15     -68519 +LAUGH+
\t   16    18    -118353 M SIL IY b
\t   19    20    -118353 IY M SIL e
\t   21    22     -68519 SIL
 Total score:    -549654
"""
DIALOGS = [f"Ses0{session}{first}_impro0{session}" for session in range(2, 6) for first in "MF"]

# P3, Table 1: the labels of the utterances of sessions 1 to 5.
TABLE_1 = {
    "neu": (384, 362, 320, 258, 384),
    "xxx": (415, 436, 572, 564, 520),
    "fru": (280, 325, 382, 481, 381),
    "ang": (229, 137, 240, 327, 170),
    "sad": (194, 197, 305, 143, 245),
    "hap": (135, 117, 135, 65, 143),
    "exc": (143, 210, 151, 238, 299),
    "sur": (25, 17, 28, 19, 18),
    "oth": (1, 1, 0, 1, 0),
    "fea": (12, 9, 2, 7, 10),
    "dis": (1, 0, 1, 0, 0),
}
# P3, Table 2: the same after filtering.
TABLE_2 = {
    "frustration": (280, 325, 382, 481, 381),
    "anger": (229, 137, 240, 327, 170),
    "sadness": (194, 197, 305, 143, 245),
    "happiness": (278, 327, 286, 303, 442),
}


def put(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode("latin-1") if isinstance(content, str) else content)


def evaluation(release: Path, dialog: str) -> Path:
    return release / f"Session{dialog[4]}" / "dialog" / "EmoEvaluation" / f"{dialog}.txt"


def wav(release: Path, utterance: str) -> Path:
    dialog = utterance.rpartition("_")[0]
    return release / f"Session{dialog[4]}" / "sentences" / "wav" / dialog / f"{utterance}.wav"


def turn(utterance: str, label: str, ratings: str = "3.0000, 3.0000, 3.0000") -> str:
    return f"[0.0000 - 1.0000]\t{utterance}\t{label}\t[{ratings}]\n"


@pytest.fixture
def release(tmp_path: Path, sound: Callable, strays: Callable) -> Path:
    """Session 1 with a rich dialogue and a scripted one, four sessions with two dialogues of one turn each."""
    release = tmp_path / "IEMOCAP_full_release"
    one = release / "Session1"
    put(evaluation(release, "Ses01F_impro01"), EVALUATION.replace("\n", "\r\n"))
    put(one / "dialog" / "transcriptions" / "Ses01F_impro01.txt", TRANSCRIPT)
    alignment = one / "sentences" / "ForcedAlignment" / "Ses01F_impro01"
    put(alignment / "Ses01F_impro01_F000.wdseg", WDSEG)
    put(alignment / "Ses01F_impro01_F000.phseg", PHSEG)
    sound(wav(release, "Ses01F_impro01_F000"), 200.0, 0.25)
    sound(wav(release, "Ses01F_impro01_M000"), 210.0, 0.25)
    put(evaluation(release, "Ses01M_script01_1b"), f"{HEAD}\n\n" + turn("Ses01M_script01_1b_F003", "ang"))
    sound(wav(release, "Ses01M_script01_1b_F003"), 220.0, 0.25)
    for index, dialog in enumerate(DIALOGS):
        put(evaluation(release, dialog), f"{HEAD}\n\n" + turn(f"{dialog}_M001", "sad"))
        sound(wav(release, f"{dialog}_M001"), 230.0 + 10.0 * index, 0.25)
    strays(
        evaluation(release, "._Ses01F_impro01"),
        one / "dialog" / "EmoEvaluation" / "Attribute" / "Ses01F_impro01_e3_atr.txt",
        one / "dialog" / "EmoEvaluation" / "Categorical" / "Ses01F_impro01_e2_cat.txt",
        one / "sentences" / "wav" / "._Ses01F_impro01",
        wav(release, "Ses01F_impro01_F000").with_name("._Ses01F_impro01_F000.wav"),
        wav(release, "Ses01F_impro01_F000").with_name("Ses01F_impro01_F000.wav.pk"),
        one / "sentences" / "wav" / ".DS_Store",
        one / "dialog" / "transcriptions" / "._Ses01F_impro01.txt",
        alignment / "._Ses01F_impro01_F000.wdseg",
        release / "Documentation" / "phonemes.txt",
        release / "README.txt",
    )
    return release


def read(root: Path | None) -> Dataset:
    return Iemocap(root).read(Silent())


def by_id(root: Path) -> dict[str, Utterance]:
    return {utterance.id: utterance for utterance in read(root).utterances}


def change(path: Path, old: str, new: str) -> None:
    content = path.read_bytes()
    assert old.encode() in content
    path.write_bytes(content.replace(old.encode(), new.encode()))


def test_utterances_have_the_rate_of_their_files(release: Path, rates_read: Callable) -> None:
    assert rates_read(Iemocap(release), release) == {8_000}


def test_order_speakers_sessions(release: Path) -> None:
    data = read(release)
    assert data.name == "iemocap"
    first = ["Ses01F_impro01_F000", "Ses01F_impro01_M000", "Ses01M_script01_1b_F003"]
    assert [one.id for one in data.utterances] == first + sorted(f"{dialog}_M001" for dialog in DIALOGS)
    assert [one.speaker for one in data.utterances[:3]] == ["Ses01F", "Ses01M", "Ses01F"]
    assert {one.session for one in data.utterances} == {f"Ses0{session}" for session in range(1, 6)}
    assert [one.metadata["style"] for one in data.utterances[:3]] == ["improvised", "improvised", "scripted"]
    assert [one.metadata["gender"] for one in data.utterances[:3]] == ["female", "male", "female"]


def test_everything_that_is_said_of_an_utterance(release: Path) -> None:
    neutral = by_id(release)["Ses01F_impro01_F000"]
    assert (neutral.emotion, neutral.valence, neutral.activation) == ("neutral", 2.5, 3.5)
    assert neutral.transcript == "Excuse me, naïve… café."
    assert dict(neutral.metadata) == {
        "gender": "female",
        "style": "improvised",
        "dialog": "Ses01F_impro01",
        "label": "neu",
        "dominance": "1.5",
        "C-E2": "Neutral",
        "C-E3": "Neutral; Frustration",
        "C-F1": "Neutral; (curious)",
        "A-E3": "val 3; act 2; dom 2",
        "A-E4": "val 2; act 3; dom ; (mildly aggravated but staying polite) / val 3; act 3; dom 1",
    }


def test_no_agreement_leaves_the_ratings(release: Path) -> None:
    disputed = by_id(release)["Ses01F_impro01_M000"]
    assert (disputed.emotion, disputed.valence, disputed.activation) == (None, 5.5, 3.0)
    assert (disputed.metadata["label"], disputed.metadata["dominance"]) == ("xxx", "0.5")
    assert disputed.transcript == "Do you have your forms?"
    assert disputed.words is None


def test_words_and_sounds(release: Path) -> None:
    assert by_id(release)["Ses01F_impro01_F000"].words == (
        Word("EXCUSE", 0.04, 0.12, (Phone("EH", 0.04, 0.07), Phone("K", 0.07, 0.12))),
        Word("ME", 0.16, 0.21, (Phone("M", 0.16, 0.19), Phone("IY", 0.19, 0.21))),
    )


def test_alignments_may_be_absent_empty_without_sounds_or_too_long(release: Path, sound: Callable) -> None:
    words = release / "Session1" / "sentences" / "ForcedAlignment" / "Ses01F_impro01" / "Ses01F_impro01_F000.wdseg"
    sound(wav(release, "Ses01F_impro01_F000"), seconds=0.2)
    cut = by_id(release)["Ses01F_impro01_F000"].words
    assert cut is not None
    assert cut[1] == Word("ME", 0.16, 0.2, (Phone("M", 0.16, 0.19), Phone("IY", 0.19, 0.2)))
    sound(wav(release, "Ses01F_impro01_F000"), seconds=0.1)
    short = by_id(release)["Ses01F_impro01_F000"]
    assert (short.words, short.metadata["alignment"]) == (None, "left out: longer than the sound")
    sound(wav(release, "Ses01F_impro01_F000"), seconds=0.25)
    words.with_suffix(".phseg").unlink()
    without = by_id(release)["Ses01F_impro01_F000"].words
    assert without == (Word("EXCUSE", 0.04, 0.12), Word("ME", 0.16, 0.21))
    put(words, "")
    assert by_id(release)["Ses01F_impro01_F000"].words is None
    words.unlink()
    absent = by_id(release)["Ses01F_impro01_F000"]
    assert (absent.words, "alignment" in absent.metadata) == (None, False)


@pytest.mark.parametrize(
    "line", ["    4    11    -181274", "    x    11    -181274 EXCUSE", "   11     4    -1 ME", "    2    11    -1 ME"]
)
def test_a_broken_alignment_is_named_with_its_line(release: Path, line: str, refusal: Callable) -> None:
    words = release / "Session1" / "sentences" / "ForcedAlignment" / "Ses01F_impro01" / "Ses01F_impro01_F000.wdseg"
    put(words, WDSEG.replace("\t    4    11    -181274 EXCUSE(2)", line))
    assert f"{words}, line 3" in refusal(Iemocap(release))


def test_the_folder_may_be_given_from_above(release: Path, tmp_path: Path, refusal: Callable) -> None:
    expected = read(release)
    assert read(tmp_path).fingerprint == expected.fingerprint
    (tmp_path / "a" / "b").mkdir(parents=True)
    release.rename(tmp_path / "a" / "b" / "IEMOCAP_full_release")
    assert read(tmp_path / "a").fingerprint == expected.fingerprint
    (tmp_path / "a" / "b" / "IEMOCAP_full_release").rename(tmp_path / "a" / "IEMOCAP")
    assert read(tmp_path / "a").fingerprint == expected.fingerprint
    shutil.copytree(tmp_path / "a" / "IEMOCAP", tmp_path / "a" / "copy")
    assert "several copies: IEMOCAP, copy" in refusal(Iemocap(tmp_path / "a"))


def test_folders_that_hold_no_corpus(refused_roots: Callable) -> None:
    for message in refused_roots(Iemocap):
        assert "dialog/EmoEvaluation/Ses01F_impro01.txt" in message
        assert "sentences/ForcedAlignment/Ses01F_impro01/Ses01F_impro01_F000.wdseg and .phseg" in message


def test_no_folder_given() -> None:
    with pytest.raises(UsageError, match="--corpus-root"):
        read(None)


def test_a_part_of_the_release(release: Path, refusal: Callable) -> None:
    shutil.rmtree(release / "Session3")
    shutil.rmtree(release / "Session5")
    assert "found no Session3, Session5" in refusal(Iemocap(release))


@pytest.mark.parametrize("folder", ["sentences/wav", "dialog/EmoEvaluation"])
def test_a_session_without_a_folder(release: Path, folder: str, refusal: Callable) -> None:
    shutil.rmtree(release / "Session2" / folder)
    assert f"Session2/{folder}: found no such folder" in refusal(Iemocap(release))


def test_a_session_without_sounds(release: Path, refusal: Callable) -> None:
    shutil.rmtree(release / "Session2" / "sentences" / "wav")
    (release / "Session2" / "sentences" / "wav").mkdir()
    assert "Session2/sentences/wav: found no sound files" in refusal(Iemocap(release))


def test_an_annotation_without_sound_names_both(release: Path, refusal: Callable) -> None:
    wav(release, "Ses01F_impro01_M000").unlink()
    message = refusal(Iemocap(release))
    assert f"{evaluation(release, 'Ses01F_impro01')}, line 12" in message
    assert str(wav(release, "Ses01F_impro01_M000")) in message


def test_a_sound_without_annotation_has_no_label(release: Path, sound: Callable) -> None:
    sound(wav(release, "Ses01F_impro01_FXX9"))
    extra = by_id(release)["Ses01F_impro01_FXX9"]
    assert (extra.speaker, extra.emotion, extra.activation, extra.valence) == ("Ses01F", None, None, None)
    assert "label" not in extra.metadata


def test_a_dialogue_without_its_annotation_names_both(release: Path, refusal: Callable) -> None:
    evaluation(release, "Ses01F_impro01").unlink()
    message = refusal(Iemocap(release))
    assert str(evaluation(release, "Ses01F_impro01")) in message
    assert str(wav(release, "Ses01F_impro01_F000").parent) in message


BROKEN: list[tuple[Callable[[Path], None], str]] = [
    (partial(change, old="[2.5000, 3.5000, 1.5000]", new="[2.5000, 3.5000]"), "line 3"),
    (partial(change, old="[2.5000, 3.5000, 1.5000]", new="[2.5000, 1.2.3, 1.5000]"), "line 3"),
    (partial(change, old="2.5000, 3.5000", new="2.5000, nan"), "line 3"),
    (partial(change, old="2.5000, 3.5000", new="2.5000, 5.6000"), "line 3: found activation 5.6; expected 0.5 to 5.5"),
    (partial(change, old="[2.5000, 3.5", new="[0.4000, 3.5"), "line 3: found valence 0.4"),
    (partial(change, old="\tneu\t", new="\tbored\t"), "line 3: found the label 'bored'"),
    (partial(change, old="C-E2:\tNeutral;\t()", new="Neutral"), "line 4: found 'Neutral'"),
    (partial(change, old=HEAD, new="START_TIME"), "line 1: found 'START_TIME'"),
    (partial(change, old="Ses01F_impro01_M000", new="Ses01F_impro01_F000"), "line 12: found Ses01F_impro01_F000 a sec"),
]


@pytest.mark.parametrize(("damage", "named"), BROKEN)
def test_a_broken_annotation_is_named_with_its_line(
    release: Path, damage: Callable, named: str, refusal: Callable
) -> None:
    file = evaluation(release, "Ses01F_impro01")
    damage(file)
    assert f"{file}, {named}" in refusal(Iemocap(release))


def test_two_texts_for_one_utterance(release: Path, refusal: Callable) -> None:
    file = release / "Session1" / "dialog" / "transcriptions" / "Ses01F_impro01.txt"
    put(file, TRANSCRIPT + TRANSCRIPT)
    assert by_id(release)["Ses01F_impro01_M000"].transcript == "Do you have your forms?"
    put(file, TRANSCRIPT + b"Ses01F_impro01_M000 [010.0100-011.3925]: No?\n")
    assert f"{file}, line 6: found a second text for Ses01F_impro01_M000" in refusal(Iemocap(release))


@pytest.mark.parametrize("name", ["speech", "Ses02F_impro01_F000", "Ses01F_impro01", "Ses01X_impro01_F000"])
def test_a_sound_whose_name_is_not_of_the_session(release: Path, name: str, sound: Callable, refusal: Callable) -> None:
    path = wav(release, "Ses01F_impro01_F000").with_name(f"{name}.wav")
    sound(path)
    assert f"{path}: found a name that is not of IEMOCAP's Session1" in refusal(Iemocap(release))


def test_two_sounds_of_one_utterance(release: Path, sound: Callable, refusal: Callable) -> None:
    sound(wav(release, "Ses01F_impro01_F000").parents[1] / "Ses01F_impro02" / "Ses01F_impro01_F000.wav")
    assert "a second file of the name Ses01F_impro01_F000" in refusal(Iemocap(release))


@pytest.mark.parametrize("content", [b"", b"RIFF", b"not a sound" * 20])
def test_a_bad_sound_file_is_named(release: Path, content: bytes, refusal: Callable) -> None:
    path = wav(release, "Ses01F_impro01_F000")
    put(path, content)
    assert str(path) in refusal(Iemocap(release))


def test_the_fingerprint_follows_sounds_and_annotations_alone(release: Path, tmp_path: Path, sound: Callable) -> None:
    file = evaluation(release, "Ses01F_impro01")
    found = [read(release).fingerprint]
    put(release / "Session1" / "dialog" / "notes.txt", "mine")
    assert [read(release).fingerprint] == found
    change(file, "[2.5000, 3.5000, 1.5000]", "[2.5000, 3.5000, 2.0000]")
    found.append(read(release).fingerprint)
    change(file, "C-E2:\tAnger", "C-E2:\tSadness")
    found.append(read(release).fingerprint)
    sound(wav(release, "Ses01F_impro01_F000"), 444.0, 0.25)
    found.append(read(release).fingerprint)
    assert len(set(found)) == 4


def test_damaged_files_give_a_result_or_a_named_error(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    readers: dict[str, tuple[bytes, Callable[[Path], object]]] = {
        "turns.txt": (EVALUATION.encode(), read_turns),
        "said.txt": (TRANSCRIPT, read_transcripts),
        "u.wdseg": (WDSEG.encode(), lambda file: read_words(file.parent, "u")),
        "u.phseg": (PHSEG.encode(), lambda file: read_words(file.parent, "u")),
    }
    for name, (content, reader) in readers.items():
        put(tmp_path / "u.wdseg", WDSEG)
        messages = []
        for _ in range(500):
            damaged = bytearray(content)
            for at in rng.integers(len(damaged), size=rng.integers(1, 6)):
                damaged[at] = rng.integers(256)
            put(tmp_path / name, bytes(damaged[: rng.integers(1, len(damaged) + 1)]))
            try:
                reader(tmp_path / name)
            except DataError as error:
                messages.append(str(error))
        assert all(name in message for message in messages)
        assert (len(messages) > 50) == (name != "said.txt"), name


def published(release: Path, one_tone: Path) -> None:
    """A release whose utterances have the labels of P3's Table 1: half of each label improvised, half scripted."""
    for session in range(1, 6):
        turns: dict[str, str] = {}
        numbers = count()
        for label, counts in TABLE_1.items():
            for index in range(counts[session - 1]):
                dialog = f"Ses0{session}{'FM'[index // 2 % 2]}_{('impro01', 'script01_1')[index % 2]}"
                utterance = f"{dialog}_{'FM'[index // 4 % 2]}{next(numbers):04d}"
                turns[dialog] = turns.get(dialog, "") + turn(utterance, label)
                path = wav(release, utterance)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.hardlink_to(one_tone)
        for dialog, text in turns.items():
            put(evaluation(release, dialog), f"{HEAD}\n\n{text}")


def test_the_published_counts(tmp_path: Path, sound: Callable) -> None:
    sound(tmp_path / "tone.wav", seconds=0.05)
    published(tmp_path / "IEMOCAP_full_release", tmp_path / "tone.wav")
    data = read(tmp_path)
    assert len(data.utterances) == 10_039
    labels = Counter((one.emotion, one.session) for one in data.utterances)
    for code, counts in TABLE_1.items():
        assert tuple(labels[EMOTIONS[code], f"Ses0{session}"] for session in range(1, 6)) == counts

    task = task_named("emotion4")
    kept = usable(data.utterances, task, data.name)
    assert len(kept) == 1_849 + 1_103 + 1_084 + 1_636
    merged = Counter((task.label_of(one), one.session) for one in kept)
    for name, counts in TABLE_2.items():
        assert tuple(merged[name, f"Ses0{session}"] for session in range(1, 6)) == counts

    for fold in range(5):
        split = split_named("leave-one-session-out").split(kept, fold, data.name)
        assert {one.session for one in split.test} == {f"Ses0{fold + 1}"}
        assert len(split.test) == sum(counts[fold] for counts in TABLE_2.values())
    ahsn = usable(data.utterances, task_named("ahsn"), data.name)
    assert {one.metadata["style"] for one in ahsn} == {"improvised"}
    assert len(ahsn) == sum(-(-n // 2) for code in ("ang", "hap", "sad", "neu") for n in TABLE_1[code])
    serves = {asdict(task)["name"] for task in served(data.utterances)}
    assert serves == {"ahsn", "aesn", "valence2", "emotion4", "emotion7"}  # every rating of this copy is 3
