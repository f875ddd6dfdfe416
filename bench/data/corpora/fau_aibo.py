"""FAU Aibo, children who talk to a robot dog, from the user's own copy of the INTERSPEECH 2009 Emotion Challenge.

Sources: Steidl: Automatic Classification of Emotion-Related User States in Spontaneous Children's Speech, Logos, 2009;
Schuller, Steidl, Batliner: The INTERSPEECH 2009 Emotion Challenge, Interspeech 2009 (classes, parts, counts). File
names and the form of their lines are those that public readers of the corpus agree on.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from bench.core.errors import DataError, UsageError
from bench.core.showing.progress import Progress
from bench.core.types import Dataset, Utterance
from bench.data.corpora.folders import given_folder, listed
from bench.data.corpora.iemocap_files import numbered_lines

if TYPE_CHECKING:
    from bench.audio.decoding import DecodedSound

FIVE_CLASSES = {"A": "anger", "E": "emphatic", "N": "neutral", "P": "positive", "R": "rest"}
"""The challenge's five classes. Anger is angry, touchy and reprimanding; positive is motherese and joyful."""

TWO_CLASSES = {"IDL": "idle", "NEG": "negative"}
"""The challenge's two classes. Idle is everything that is not negative, the rest too."""

WORD_STATES = {
    "A": "anger",
    "B": "boredom",
    "E": "emphatic",
    "H": "helpless",
    "J": "joyful",
    "M": "motherese",
    "N": "neutral",
    "O": "other",
    "R": "reprimanding",
    "S": "surprise",
    "T": "touchy",
    "X": None,
}
"""What a labeller marks at a word. X is no mark."""

PARTS = {"Ohm": "train", "Mont": "test"}
"""The challenge trains on one school and tests on the other."""

LABELLERS = 5
FIVE, TWO, WORDS = "chunk_labels_5cl_corpus.txt", "chunk_labels_2cl_corpus.txt", "word_labels_11cl_corpus.txt"

_CHALLENGE = "IS2009EmotionChallenge"
_ID = re.compile(r"(?P<speaker>(?P<school>Ohm|Mont)_\d\d)_(?P<turn>\d{3})_(?P<chunk>\d\d)")
_WORD = re.compile(rf"({_ID.pattern})_\S+")
_LAYOUT = f"ROOT/wav/Ohm_01_000_00.wav and so on, and ROOT/labels/{_CHALLENGE}/{FIVE}"
_OPTION = "give the folder that holds wav/ and labels/ with --corpus-root"
_RESTORE = "restore the published file"


@dataclass(frozen=True)
class FauAibo:
    """FAU Aibo: 51 German children of two schools, spontaneous speech in short chunks, as the challenge of 2009 has it.

    School Ohm is the challenge's training part and Mont its test part: an utterance's `session` is its school. There
    are no ratings of activation and valence, and no times of words.

    Args:
        root: the folder that holds `wav/` and `labels/`, or the one above it.
        labels: what `emotion` is. "five_classes": the challenge's class of the chunk, which decides P2's valence.
            "two_classes": its other set of labels, negative or idle. "words": of eleven states the one that five
            labellers marked most often at the chunk's words; on a tie there is none.
    """

    root: Path | None = None
    labels: Literal["five_classes", "two_classes", "words"] = "five_classes"

    def read(self, progress: Progress) -> Dataset:
        """Read FAU Aibo. Utterances stand in the order of their names.

        Metadata of an utterance: `official_part` (train or test), `turn`, `chunk`; where there are labels `label_5`,
        `confidence_5`, `label_2`, `confidence_2` (0 to 1); with `labels=words` `word_marks` ("N 12, A 3").

        Raises:
            UsageError: no root is given, or `labels` is none of the three.
            DataError: a file or folder is not as it should be.
        """
        from bench.audio.decoding import read_with_rates
        from bench.core.code.keys import fingerprint
        from bench.core.storage.digests import content_digests

        if self.labels not in ("five_classes", "two_classes", "words"):
            expected = "five_classes, two_classes or words"
            raise UsageError("corpus 'fau_aibo'", f"labels={self.labels!r}", expected, "choose one")
        home = _home(self.root)
        sounds = _sounds(home / "wav")
        emotions, metadata = _labels(home, sounds, self.labels)
        said = _transcripts(home, sounds)
        files = list(sounds.values())
        recordings = read_with_rates(files, progress, "reading FAU Aibo")
        utterances = tuple(
            _utterance(id, recording, emotions.get(id), metadata.get(id, {}), said.get(id))
            for id, recording in zip(sounds, recordings, strict=True)
        )
        parts: list[object] = ["fau_aibo 1"]
        for one, digest in zip(utterances, content_digests(files), strict=True):
            parts += [one.id, digest, one.emotion, one.transcript, sorted(one.metadata.items())]
        return Dataset("fau_aibo", utterances, fingerprint(parts))


def _home(root: Path | None) -> Path:
    root = given_folder("fau_aibo", "FAU Aibo", root, _LAYOUT, _OPTION)
    for home in (root, root / _CHALLENGE):
        if (home / "wav").is_dir():
            return home
    raise DataError(root, "no folder wav", f"FAU Aibo, {_LAYOUT}", _OPTION)


def _sounds(folder: Path) -> dict[str, Path]:
    """The sound file of every chunk, in the order of names."""
    from bench.audio.reading import is_audio

    sounds: dict[str, Path] = {}
    for file in (file for file in listed(folder) if is_audio(file)):
        if _ID.fullmatch(file.stem) is None:
            expected = "school (Ohm or Mont), speaker, turn and chunk, with _ between: Ohm_01_000_00.wav"
            raise DataError(file, "a name that is not of FAU Aibo", expected, "remove the file or restore its name")
        if file.stem in sounds:
            found = f"a second file of the chunk {file.stem}, beside {sounds[file.stem].name}"
            raise DataError(file, found, "one", "remove one of them")
        sounds[file.stem] = file
    if not sounds:
        raise DataError(folder, "no sound files", f"FAU Aibo, {_LAYOUT}", _OPTION)
    return sounds


def _labels(
    home: Path, sounds: Mapping[str, Path], wanted: str
) -> tuple[dict[str, str | None], dict[str, dict[str, str]]]:
    """The emotion of every labelled chunk, and what else the files of labels say of it."""
    metadata: dict[str, dict[str, str]] = {}
    emotions: dict[str, str | None] = {}
    for key, name, classes in (("5", FIVE, FIVE_CLASSES), ("2", TWO, TWO_CLASSES)):
        is_wanted = wanted == ("five_classes" if key == "5" else "two_classes")
        for id, (label, confidence) in _chunks(_label_file(home, name), classes, sounds, is_wanted).items():
            metadata.setdefault(id, {}).update({f"label_{key}": label, f"confidence_{key}": f"{confidence:g}"})
            if is_wanted:
                emotions[id] = classes[label]
    if wanted == "words":
        for id, marks in _marks(_label_file(home, WORDS), sounds).items():
            counts = sorted(marks.items(), key=lambda mark: (-mark[1], mark[0]))
            tie = len(counts) > 1 and counts[0][1] == counts[1][1]
            emotions[id] = None if tie else WORD_STATES[counts[0][0]]
            metadata.setdefault(id, {})["word_marks"] = ", ".join(f"{mark} {count}" for mark, count in counts)
    return emotions, metadata


def _label_file(home: Path, name: str) -> Path:
    """Where a file of labels lies: in the published folder, or one or two above it."""
    published = home / "labels" / _CHALLENGE / name
    return next((file for file in (published, home / "labels" / name, home / name) if file.is_file()), published)


def _chunks(
    file: Path, classes: Mapping[str, str], sounds: Mapping[str, Path], needed: bool
) -> dict[str, tuple[str, float]]:
    """Label and confidence of every chunk; nothing where the file is absent and not needed."""
    if needed and not file.exists():
        remedy = "copy it from the release, or choose other labels: five_classes, two_classes or words"
        raise DataError(file, "no such file", "the labels of the chunks", remedy)
    found: dict[str, tuple[str, float]] = {}
    for number, line in numbered_lines(file, optional=True):
        where, cells = f"{file}, line {number}", line.split()
        try:
            id, label, confidence = cells[0], cells[1], float(cells[2])
            good = len(cells) == 3 and _ID.fullmatch(id) and label in classes and 0 <= confidence <= 1
        except (IndexError, ValueError):
            good = None
        if not good:
            expected = f"chunk, label ({', '.join(classes)}) and confidence (0 to 1): Ohm_01_000_00 {min(classes)} 0.8"
            raise DataError(where, repr(line), expected, _RESTORE)
        if id not in sounds:
            missing = f"its sound, {next(iter(sounds.values())).parent / id}.wav"
            raise DataError(where, f"{id}, which has no sound", missing, "copy it from the release")
        if found.setdefault(id, (label, confidence)) != (label, confidence):
            raise DataError(where, f"a second label for {id}", "one", "remove one of them")
    return found


def _marks(file: Path, sounds: Mapping[str, Path]) -> dict[str, Counter[str]]:
    """How often each state was marked at the words of every chunk; words of other chunks are passed over."""
    if not file.exists():
        remedy = "copy it from the release, or choose labels=five_classes"
        raise DataError(file, "no such file", "the labels of the words, which labels=words needs", remedy)
    marks: dict[str, Counter[str]] = {}
    words: dict[str, str] = {}
    for number, line in numbered_lines(file):
        cells = line.split()
        match, given = _WORD.fullmatch(cells[0]), cells[-LABELLERS:]
        if match is None or len(cells) <= LABELLERS or not set(given) <= set(WORD_STATES):
            expected = (
                f"word, and last the marks of five labellers ({', '.join(WORD_STATES)}): Ohm_01_000_00_00 N N E N N"
            )
            raise DataError(f"{file}, line {number}", repr(line), expected, _RESTORE)
        if cells[0] in words and words[cells[0]] != line:
            raise DataError(f"{file}, line {number}", f"the word {cells[0]} a second time", "one", "remove one of them")
        stated = [mark for mark in given if WORD_STATES[mark]]
        if cells[0] not in words and match[1] in sounds and stated:
            marks.setdefault(match[1], Counter()).update(stated)
        words[cells[0]] = line
    return marks


def _transcripts(home: Path, sounds: Mapping[str, Path]) -> dict[str, str]:
    """What was said, in German; nothing where the file is absent. Lines that begin with no chunk are passed over."""
    file = home / "transliteration" / "transliteration.txt"
    said: dict[str, str] = {}
    for number, line in numbered_lines(file, optional=True):
        id, text = [*line.split(maxsplit=1), ""][:2]
        if id in sounds and text and said.setdefault(id, text) != text:
            raise DataError(f"{file}, line {number}", f"a second text for {id}", "one", "remove one of them")
    return said


def _utterance(
    id: str, recording: DecodedSound, emotion: str | None, labels: Mapping[str, str], transcript: str | None
) -> Utterance:
    match = _ID.fullmatch(id)
    assert match is not None  # checked when the sounds were listed
    metadata = {"official_part": PARTS[match["school"]], "turn": match["turn"], "chunk": match["chunk"], **labels}
    return Utterance(
        id=id,
        waveform=recording.waveform,
        rate_hz=recording.rate_hz,
        speaker=match["speaker"],
        session=match["school"],
        transcript=transcript,
        emotion=emotion,
        metadata=MappingProxyType(metadata),
    )
