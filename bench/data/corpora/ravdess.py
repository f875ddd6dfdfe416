"""RAVDESS, the Ryerson Audio-Visual Database of Emotional Speech and Song, from the user's own copy: its speech.

Source: Livingstone, Russo: The Ryerson Audio-Visual Database of Emotional Speech and Song (RAVDESS), PLoS ONE 13(5),
2018, e0196391. File names, statements and actors are as published with the database (Zenodo, record 1188976).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from bench.core.errors import DataError
from bench.core.showing.progress import Progress
from bench.core.types import Dataset, Utterance
from bench.data.corpora.folders import given_folder, listed

if TYPE_CHECKING:
    from bench.audio.decoding import DecodedSound

EMOTIONS = {
    "01": "neutral",
    "02": "calm",
    "03": "happiness",
    "04": "sadness",
    "05": "anger",
    "06": "fear",
    "07": "disgust",
    "08": "surprise",
}
"""The emotion by the third number in the file name."""

INTENSITIES = {"01": "normal", "02": "strong"}
"""How strongly it was acted, by the fourth number. Neutral has no strong form."""

STATEMENTS = {"01": "Kids are talking by the door", "02": "Dogs are sitting by the door"}
"""What was said, by the fifth number."""

ACTORS = 24
"""Numbered from 1; odd numbers are men, even numbers are women."""

SPEECH_FOLDER = "Audio_Speech_Actors_01-24"
"""What the published archive of speech is called, and many people's folder with it."""

_NAME = re.compile(
    r"(?P<modality>0[123])-(?P<channel>0[12])-(?P<emotion>0[1-8])-(?P<intensity>0[12])"
    r"-(?P<statement>0[12])-(?P<repetition>0[12])-(?P<actor>\d\d)"
)
_FOLDER = re.compile(r"Actor_(\d\d)", re.IGNORECASE)
_LAYOUT = f"ROOT/Actor_01/03-01-05-02-01-02-01.wav and so on, or the same in ROOT/{SPEECH_FOLDER}"
_FORM = (
    "modality 01-03, channel 01-02, emotion 01-08, intensity 01-02 (neutral: 01 alone), statement 01-02, "
    "repetition 01-02 and actor 01-24, with - between: 03-01-05-02-01-02-01.wav"
)
_OPTION = "give the folder that holds Actor_01 with --corpus-root"


@dataclass(frozen=True)
class Ravdess:
    """The speech of RAVDESS: 24 actors, two English sentences, eight emotions, two intensities.

    Audio-only speech is read (modality 03, channel 01); songs and videos that lie in the same folders are passed over.
    There are no ratings of activation and valence.

    Args:
        root: the folder that holds `Actor_01` to `Actor_24`, or `Audio_Speech_Actors_01-24` with them in it.
    """

    root: Path | None = None

    def read(self, progress: Progress) -> Dataset:
        """Read the speech of RAVDESS. Utterances stand in the order of actors and file names.

        Metadata of an utterance: `sex`, `intensity` (normal or strong), `statement` and `repetition` (01 or 02).

        Raises:
            UsageError: no root is given.
            DataError: a file or folder is not as it should be.
        """
        from bench.audio.decoding import read_with_rates
        from bench.core.code.keys import fingerprint
        from bench.core.storage.digests import content_digests

        files = _speech(_home(self.root))
        recordings = read_with_rates(files, progress, "reading RAVDESS")
        utterances = tuple(_utterance(file, recording) for file, recording in zip(files, recordings, strict=True))
        parts: list[object] = ["ravdess 1"]
        for one, digest in zip(utterances, content_digests(files), strict=True):
            parts += [one.id, digest, one.speaker, one.emotion, one.transcript, sorted(one.metadata.items())]
        return Dataset("ravdess", utterances, fingerprint(parts))


def _home(root: Path | None) -> Path:
    """The folder that holds the actors: the root where it has any, else the published folder in it."""
    root = given_folder("ravdess", "RAVDESS", root, _LAYOUT, _OPTION)
    inner = [path for path in listed(root) if path.name.lower() == SPEECH_FOLDER.lower() and path.is_dir()]
    for home in (root, *inner):
        if _actors(home):
            return home
    raise DataError(root, "no folder of the name Actor_01 to Actor_24", f"RAVDESS, {_LAYOUT}", _OPTION)


def _actors(home: Path) -> list[Path]:
    return [path for path in listed(home) if _FOLDER.fullmatch(path.name) and path.is_dir()]


def _speech(home: Path) -> list[Path]:
    """Every file of audio-only speech, each name checked before any is decoded."""
    from bench.audio.reading import is_audio

    files: dict[str, Path] = {}
    for file in (file for folder in _actors(home) for file in listed(folder) if is_audio(file)):
        fields = _fields(file)
        if (fields["modality"], fields["channel"]) != ("03", "01"):
            continue
        if file.stem in files:
            found = f"a second file of the name {file.stem}, beside {files[file.stem]}"
            raise DataError(file, found, "one", "remove one of them")
        files[file.stem] = file
    if not files:
        found = "no audio-only speech (names that begin with 03-01-)"
        raise DataError(home, found, f"RAVDESS, {_LAYOUT}", f"unpack {SPEECH_FOLDER}.zip, and {_OPTION}")
    return list(files.values())


def _fields(file: Path) -> dict[str, str]:
    match = _NAME.fullmatch(file.stem)
    strong_neutral = match is not None and match["emotion"] == "01" and match["intensity"] == "02"
    if match is None or strong_neutral or not 1 <= int(match["actor"]) <= ACTORS:
        remedy = "remove the file from the folder or restore its name"
        raise DataError(file, "a name that is not of RAVDESS", _FORM, remedy)
    folder = _FOLDER.fullmatch(file.parent.name)
    if folder is not None and folder[1] != match["actor"]:
        found = f"actor {match['actor']} in the name, in the folder {file.parent.name}"
        raise DataError(file, found, f"actor {folder[1]}", "move the file to its actor's folder, or restore its name")
    return match.groupdict()


def _utterance(file: Path, recording: DecodedSound) -> Utterance:
    fields = _fields(file)
    metadata = {
        "sex": "male" if int(fields["actor"]) % 2 else "female",
        "intensity": INTENSITIES[fields["intensity"]],
        "statement": fields["statement"],
        "repetition": fields["repetition"],
    }
    return Utterance(
        id=file.stem,
        waveform=recording.waveform,
        rate_hz=recording.rate_hz,
        speaker=f"Actor_{fields['actor']}",
        transcript=STATEMENTS[fields["statement"]],
        emotion=EMOTIONS[fields["emotion"]],
        metadata=MappingProxyType(metadata),
    )
