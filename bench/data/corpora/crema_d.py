"""CREMA-D, the Crowd-sourced Emotional Multimodal Actors Dataset, from the user's own copy in its published layout.

Source: Cao and others: CREMA-D: Crowd-Sourced Emotional Multimodal Actors Dataset, IEEE Transactions on Affective
Computing 5(4), 2014. Names, sentences and columns are as published (GitHub, CheyneyComputerScience/CREMA-D).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from bench.core.errors import DataError, UsageError
from bench.core.showing.progress import Progress
from bench.core.types import Dataset, Utterance
from bench.data.corpora.folders import given_folder, listed
from bench.data.corpora.tables import TableRow, csv_rows

if TYPE_CHECKING:
    from bench.audio.decoding import DecodedSound

EMOTIONS = {
    "ANG": "anger",
    "DIS": "disgust",
    "FEA": "fear",
    "HAP": "happiness",
    "NEU": "neutral",
    "SAD": "sadness",
}
"""What the actor meant, by the third part of the file name; a vote is its first letter."""

VOTES = {code[0]: emotion for code, emotion in EMOTIONS.items()}

SENTENCES = {
    "IEO": "It's eleven o'clock.",
    "TIE": "That is exactly what happened.",
    "IOM": "I'm on my way to the meeting.",
    "IWW": "I wonder what this is about.",
    "TAI": "The airplane is almost full.",
    "MTI": "Maybe tomorrow it will be cold.",
    "IWL": "I would like a new alarm clock.",
    "ITH": "I think I have a doctor's appointment.",
    "DFA": "Don't forget a jacket.",
    "ITS": "I think I've seen this before.",
    "TSI": "The surface is slick.",
    "WSI": "We'll stop in a couple of minutes.",
}
"""What was said, by the second part of the file name."""

LEVELS = {"LO": "low", "MD": "medium", "HI": "high", "XX": "unspecified", "X": "unspecified"}
"""How strongly it was meant, by the fourth part. Copies from before October 2022 hold a `1040_ITH_SAD_X.wav`."""

FAULTY = ("1064_IEO_DIS_MD", "1064_TIE_SAD_XX", "1076_MTI_NEU_XX", "1076_MTI_SAD_XX")
"""Clips known to be unusable, left out: a minute with every emotion, one without length, and two all but empty."""

TABLE = Path("processedResults") / "summaryTable.csv"
"""The crowd's votes, within the root."""

_NAME = re.compile(
    rf"(?P<actor>10[0-9]{{2}})_(?P<sentence>{'|'.join(SENTENCES)})_(?P<emotion>{'|'.join(EMOTIONS)})"
    r"_(?P<level>LO|MD|HI|XX|X)"
)
_DEMOGRAPHICS = {"Age": "age_years", "Sex": "sex", "Race": "race", "Ethnicity": "ethnicity"}
_JUDGED = {
    "VoiceVote": "voice_vote",
    "VoiceLevel": "voice_level",
    "FaceVote": "face_vote",
    "FaceLevel": "face_level",
    "MultiModalVote": "multimodal_vote",
    "MultiModalLevel": "multimodal_level",
}
_LAYOUT = f"ROOT/AudioWAV/1001_DFA_ANG_XX.wav and so on (ROOT/VideoDemographics.csv and ROOT/{TABLE} may be there)"
_OPTION = "give the folder that holds AudioWAV/ with --corpus-root"


@dataclass(frozen=True)
class CremaD:
    """CREMA-D: 91 actors, twelve English sentences, six emotions, and what the crowd heard in them.

    The four clips that are known to be faulty are left out. There are no ratings of activation and valence.

    Args:
        root: the folder that holds `AudioWAV/`; the `AudioWAV` folder itself will do.
        labels: what `emotion` is. "intended": what the actor meant. "voice_votes": what most listeners to the sound
            alone heard; on a tie, or without votes, there is none.
    """

    root: Path | None = None
    labels: Literal["intended", "voice_votes"] = "intended"

    def read(self, progress: Progress) -> Dataset:
        """Read CREMA-D. Utterances stand in the order of their file names.

        Metadata of an utterance: `sentence`, `intended_emotion`, `intended_level`; from the demographics `age_years`,
        `sex`, `race`, `ethnicity`; from the votes `voice_vote`, `face_vote`, `multimodal_vote` (the letters A, D, F, H,
        N, S, ties as `A:N`) and `voice_level`, `face_level`, `multimodal_level` (0 to 100, for each).

        Raises:
            UsageError: no root is given, or `labels` is neither of the two.
            DataError: a file or folder is not as it should be.
        """
        from bench.audio.decoding import read_with_rates
        from bench.core.code.keys import fingerprint
        from bench.core.storage.digests import content_digests

        if self.labels not in ("intended", "voice_votes"):
            raise UsageError("corpus 'crema_d'", f"labels={self.labels!r}", "intended or voice_votes", "choose one")
        folder = _wav_folder(self.root)
        files = _sound_files(folder)
        home = folder.parent if folder.name.lower() == "audiowav" else folder
        actors = _demographics(home / "VideoDemographics.csv")
        votes = _votes(home / TABLE, needed=self.labels == "voice_votes")
        recordings = read_with_rates(files, progress, "reading CREMA-D")
        utterances = tuple(
            self._utterance(file, recording, actors, votes) for file, recording in zip(files, recordings, strict=True)
        )
        parts: list[object] = ["crema_d 1"]
        for one, digest in zip(utterances, content_digests(files), strict=True):
            parts += [one.id, digest, one.emotion, one.transcript, sorted(one.metadata.items())]
        return Dataset("crema_d", utterances, fingerprint(parts))

    def _utterance(
        self,
        file: Path,
        recording: DecodedSound,
        actors: Mapping[str, Mapping[str, str]],
        votes: Mapping[str, Mapping[str, str]],
    ) -> Utterance:
        fields, name = _fields(file), _id(file)
        intended, judged = EMOTIONS[fields["emotion"]], votes.get(name, {})
        metadata = {
            "sentence": fields["sentence"],
            "intended_emotion": intended,
            "intended_level": LEVELS[fields["level"]],
            **actors.get(fields["actor"], {}),
            **judged,
        }
        return Utterance(
            id=name,
            waveform=recording.waveform,
            rate_hz=recording.rate_hz,
            speaker=fields["actor"],
            transcript=SENTENCES[fields["sentence"]],
            emotion=intended if self.labels == "intended" else VOTES.get(judged.get("voice_vote", "")),
            metadata=MappingProxyType(metadata),
        )


def _wav_folder(root: Path | None) -> Path:
    root = given_folder("crema_d", "CREMA-D", root, _LAYOUT, _OPTION)
    return root / "AudioWAV" if (root / "AudioWAV").is_dir() else root


def _sound_files(folder: Path) -> list[Path]:
    """Every clip but the faulty ones, each name checked before any is decoded."""
    from bench.audio.reading import is_audio

    there = [file for file in listed(folder) if is_audio(file)]
    files: dict[str, Path] = {}
    for file in there:
        _fields(file)
        if _id(file) in files:
            found = f"a second file of the clip {_id(file)}, beside {files[_id(file)].name}"
            raise DataError(file, found, "one", "remove one of them")
        files[_id(file)] = file
    kept = [file for name, file in files.items() if name not in FAULTY]
    if not kept:
        raise DataError(folder, "no sound files", f"CREMA-D, {_LAYOUT}", _OPTION)
    _refuse_pointer(kept[0])
    return kept


def _refuse_pointer(file: Path) -> None:
    """Refuse what a copy without Git LFS holds: small texts in place of sounds."""
    try:
        with file.open("rb") as handle:
            start = handle.read(40)
    except OSError:
        return  # reading it as a sound says so
    if start.startswith(b"version https://git-lfs"):
        remedy = "install git-lfs and run `git lfs pull` in the copy (a zip of the repository holds no sound)"
        raise DataError(file, "a Git LFS pointer, a text that stands for the file", "the sound itself", remedy)


def _id(file: Path) -> str:
    return file.stem + "X" if file.stem.endswith("_X") else file.stem


def _fields(file: Path) -> dict[str, str]:
    match = _NAME.fullmatch(file.stem)
    if match is None or not 1001 <= int(match["actor"]) <= 1091:
        raise DataError(
            file,
            "a name that is not of CREMA-D",
            f"actor 1001-1091, a sentence ({', '.join(SENTENCES)}), an emotion ({', '.join(EMOTIONS)}) and a level "
            "(LO, MD, HI, XX), with _ between: 1001_DFA_ANG_XX.wav",
            "remove the file from the folder or restore its name",
        )
    return match.groupdict()


def _columns(file: Path, rows: Sequence[TableRow], wanted: Sequence[str], remedy: str) -> None:
    missing = [name for name in wanted if rows and name not in rows[0].cells]
    if missing or not rows:
        found = f"no column {', '.join(missing)}" if rows else "no rows"
        raise DataError(file, found, f"the columns {', '.join(wanted)}", remedy)


def _demographics(file: Path) -> dict[str, dict[str, str]]:
    """Age in years, sex, race and ethnicity by actor; nothing where the file is absent."""
    if not file.exists():
        return {}
    rows = csv_rows(file)
    _columns(file, rows, ("ActorID", *_DEMOGRAPHICS), "restore the published file, or remove it: it is optional")
    actors = {}
    for row in rows:
        details = {key: row.cells[name] for name, key in _DEMOGRAPHICS.items() if row.cells[name]}
        actors[row.cells["ActorID"]] = details | ({"sex": details["sex"].lower()} if "sex" in details else {})
    return actors


def _votes(file: Path, needed: bool) -> dict[str, dict[str, str]]:
    """The crowd's votes by clip; nothing where the file is absent and not needed."""
    if not file.exists():
        if needed:
            remedy = "restore the published file, or choose labels=intended"
            raise DataError(file, "no such file", "the table of votes, which labels=voice_votes needs", remedy)
        return {}
    rows = csv_rows(file)
    _columns(file, rows, ("FileName", *_JUDGED), "restore the published file, or remove it: it is optional")
    votes = {}
    for row in rows:
        judged = {key: row.cells[name] for name, key in _JUDGED.items() if row.cells[name]}
        for key in ("voice_vote", "face_vote", "multimodal_vote"):
            unknown = set(judged.get(key, "A").split(":")) - set(VOTES)
            if unknown:
                found, expected = f"the vote {judged[key]!r}", f"{', '.join(VOTES)}, ties with : between"
                raise DataError(row.where, found, expected, "restore the published file")
        votes[row.cells["FileName"]] = judged
    return votes
