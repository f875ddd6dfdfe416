"""EMO-DB, the Berlin Database of Emotional Speech, from the user's own copy in its published layout.

Source: Burkhardt, Paeschke, Rolfes, Sendlmeier, Weiss: A Database of German Emotional Speech, Interspeech 2005. File
names, sentences and speakers are as published with the database.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
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
    "W": "anger",
    "L": "boredom",
    "E": "disgust",
    "A": "fear",
    "F": "happiness",
    "T": "sadness",
    "N": "neutral",
}
"""The emotion by its letter in the file name: Wut, Langeweile, Ekel, Angst, Freude, Trauer, neutral."""

ACTIVATION_VALENCE = {"anger": (5.0, 1.0), "happiness": (5.0, 5.0), "sadness": (1.0, 1.0), "neutral": (3.0, 3.0)}
"""Activation and valence by emotion. EMO-DB has no ratings: these stand for low (1), middle (3) and high (5), derived
from the acted emotion alone, so that tasks on three bins can be tried. Boredom, disgust and fear have none."""

SENTENCES = {
    "a01": "Der Lappen liegt auf dem Eisschrank.",
    "a02": "Das will sie am Mittwoch abgeben.",
    "a04": "Heute abend könnte ich es ihm sagen.",
    "a05": "Das schwarze Stück Papier befindet sich da oben neben dem Holzstück.",
    "a07": "In sieben Stunden wird es soweit sein.",
    "b01": "Was sind denn das für Tüten, die da unter dem Tisch stehen?",
    "b02": "Sie haben es gerade hochgetragen und jetzt gehen sie wieder runter.",
    "b03": "An den Wochenenden bin ich jetzt immer nach Hause gefahren und habe Agnes besucht.",
    "b09": "Ich will das eben wegbringen und dann mit Karl was trinken gehen.",
    "b10": "Die wird auf dem Platz sein, wo wir sie immer hinlegen.",
}
"""What was read, by the text code in the file name."""

SPEAKERS = {
    "03": ("male", 31),
    "08": ("female", 34),
    "09": ("female", 21),
    "10": ("male", 32),
    "11": ("male", 26),
    "12": ("male", 30),
    "13": ("female", 32),
    "14": ("female", 35),
    "15": ("male", 25),
    "16": ("female", 31),
}
"""Sex, and age in years, by speaker."""

_NAME = re.compile(r"(?P<speaker>\d\d)(?P<text>[ab]\d\d)(?P<emotion>[WLEAFTN])(?P<version>[a-z])")
_LAYOUT = "ROOT/wav/03a01Fa.wav and so on (ROOT/erkennung.txt may stand beside it)"
_OPTION = "give the folder that holds wav/ with --corpus-root"


@dataclass(frozen=True)
class EmoDB:
    """The Berlin Database of Emotional Speech: ten actors, ten German sentences, seven emotions.

    Every utterance is read; a task picks the emotions that it knows. Activation and valence are derived from the
    emotion ([`ACTIVATION_VALENCE`][bench.data.corpora.emodb.ACTIVATION_VALENCE]); they are not ratings. The syllable
    times of `silb/` are not read: the files are not uniform, spellings differ from the sentences, and syllables do not
    say where a word ends.

    Args:
        root: the folder that holds `wav/` and, if it is there, `erkennung.txt`; the `wav` folder itself will do.
    """

    root: Path | None = None

    def read(self, progress: Progress) -> Dataset:
        """Read EMO-DB. Utterances stand in the order of their file names.

        Metadata of an utterance: `text_code`, `version`, `sex`, `age_years`, and from the listening test
        `recognised_percent` and `naturalness_percent` (20 listeners), where known.

        Raises:
            UsageError: no root is given.
            DataError: a file or folder is not as it should be.
        """
        from bench.audio.decoding import read_with_rates
        from bench.core.code.keys import fingerprint
        from bench.core.storage.digests import content_digests

        files = _sound_files(_wav_folder(self.root))
        for file in files:
            _fields(file)
        home = files[0].parent.parent if files[0].parent.name.lower() == "wav" else files[0].parent
        rates = _listeners(home / "erkennung.txt")
        recordings = read_with_rates(files, progress, "reading EMO-DB")
        pairs = zip(files, recordings, strict=True)
        utterances = tuple(_utterance(file, recording, rates.get(file.stem, {})) for file, recording in pairs)
        parts: list[object] = ["emodb 1"]
        for one, digest in zip(utterances, content_digests(files), strict=True):
            parts += [one.id, digest, one.emotion, one.activation, one.valence, one.transcript]
            parts += [sorted(one.metadata.items())]
        return Dataset("emodb", utterances, fingerprint(parts))


def _wav_folder(root: Path | None) -> Path:
    root = given_folder("emodb", "EMO-DB", root, _LAYOUT, _OPTION)
    return root / "wav" if (root / "wav").is_dir() else root


def _sound_files(folder: Path) -> list[Path]:
    from bench.audio.reading import is_audio

    files = [file for file in listed(folder) if is_audio(file)]
    if not files:
        raise DataError(folder, "no sound files", f"EMO-DB, {_LAYOUT}", _OPTION)
    stems: dict[str, Path] = {}
    for file in files:
        if file.stem in stems:
            other = stems[file.stem].name
            raise DataError(file, f"a second file of the name {file.stem}, beside {other}", "one", "remove one of them")
        stems[file.stem] = file
    return files


def _fields(file: Path) -> dict[str, str]:
    match = _NAME.fullmatch(file.stem)
    if match is None:
        raise DataError(
            file,
            "a name that is not EMO-DB's",
            "two digits (speaker), a or b and two digits (text), one of WLEAFTN (emotion), a letter: 03a01Fa.wav",
            "remove the file from the folder or restore its name",
        )
    return match.groupdict()


def _utterance(file: Path, recording: DecodedSound, rates: Mapping[str, str]) -> Utterance:
    fields = _fields(file)
    emotion = EMOTIONS[fields["emotion"]]
    activation, valence = ACTIVATION_VALENCE.get(emotion, (None, None))
    metadata = {"text_code": fields["text"], "version": fields["version"], **rates}
    if fields["speaker"] in SPEAKERS:
        sex, age = SPEAKERS[fields["speaker"]]
        metadata |= {"sex": sex, "age_years": str(age)}
    return Utterance(
        id=file.stem,
        waveform=recording.waveform,
        rate_hz=recording.rate_hz,
        speaker=fields["speaker"],
        transcript=SENTENCES.get(fields["text"]),
        emotion=emotion,
        activation=activation,
        valence=valence,
        metadata=MappingProxyType(metadata),
    )


def _listeners(file: Path) -> dict[str, dict[str, str]]:
    """The listening test by file stem; nothing where the file is absent. Latin-1, tabs, decimal commas."""
    try:
        lines = file.read_text(encoding="latin-1").splitlines()
    except FileNotFoundError:
        return {}
    except OSError as error:
        reason = (error.strerror or "an error").lower()
        raise DataError(file, reason, "a file that can be read", "check its permissions, or remove it") from error
    rates = {}
    for number, line in enumerate(lines[1:], start=2):
        cells = [cell.strip() for cell in line.split("\t")]
        if cells == [""]:
            continue
        try:
            _, name, recognised, natural = cells[:4]
            rates[Path(name).stem] = {
                "recognised_percent": f"{_percent(recognised):g}",
                "naturalness_percent": f"{_percent(natural):g}",
            }
        except ValueError as error:
            expected = "number, file name, and two rates in percent, between tabs"
            remedy = "restore the published file, or remove it: it is optional"
            raise DataError(f"{file}, line {number}", repr(line), expected, remedy) from error
    return rates


def _percent(text: str) -> float:
    value = float(text.replace(",", "."))
    if not 0 <= value <= 100:
        raise ValueError(text)
    return value
