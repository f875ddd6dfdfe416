"""IEMOCAP, the Interactive Emotional Dyadic Motion Capture database, from the user's own copy in its published layout.

Source: Busso, Bulut, Lee, Kazemzadeh, Mower, Kim, Chang, Lee, Narayanan: IEMOCAP: interactive emotional dyadic motion
capture database, Language Resources and Evaluation 42 (2008) 335-359.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from bench.core.errors import DataError
from bench.core.showing.progress import Progress
from bench.core.types import SAMPLE_RATE, SCRIPTED, Dataset, Utterance, Word
from bench.data.corpora.folders import given_folder, listed
from bench.data.corpora.iemocap_files import Turn, fitted, read_transcripts, read_turns, read_words

if TYPE_CHECKING:
    from bench.audio.decoding import DecodedSound

EMOTIONS = {
    "ang": "anger",
    "dis": "disgust",
    "exc": "excitement",
    "fea": "fear",
    "fru": "frustration",
    "hap": "happiness",
    "neu": "neutral",
    "oth": "other",
    "sad": "sadness",
    "sur": "surprise",
    "xxx": None,
}
"""The emotion by its code in `EmoEvaluation`. With `xxx` the annotators did not agree: no emotion, but the ratings."""

SESSIONS = ("Session1", "Session2", "Session3", "Session4", "Session5")

_ID = re.compile(r"(?P<session>Ses0[1-5])[FM]_(?P<style>impro|script)\w*_(?P<gender>[FM])[^_]+")
_STYLES = {"impro": "improvised", "script": SCRIPTED}
_GENDERS = {"F": "female", "M": "male"}
_RELEASE = "IEMOCAP_full_release"
_LAYOUT = (
    f"{_RELEASE}/Session1 to Session5, each with sentences/wav/Ses01F_impro01/Ses01F_impro01_F000.wav, "
    "dialog/EmoEvaluation/Ses01F_impro01.txt, and where known dialog/transcriptions/Ses01F_impro01.txt and "
    "sentences/ForcedAlignment/Ses01F_impro01/Ses01F_impro01_F000.wdseg and .phseg"
)
_OPTION = f"give the folder {_RELEASE}, or one above it, with --corpus-root"


@dataclass(frozen=True)
class _Source:
    """What the files say of one utterance, its sound not yet read."""

    sound: Path
    turn: Turn | None
    transcript: str | None
    words: tuple[Word, ...] | None


@dataclass(frozen=True)
class Iemocap:
    """IEMOCAP: twelve hours of ten actors in pairs, scripted and improvised, in ten emotions, in English.

    Every utterance is read; a task picks the emotions that it knows. Activation and valence are the means of the
    annotators' ratings as published, neither cut nor rescaled: nominally from 1 to 5, a few half a mark outside. The
    speaker is who speaks the turn, whoever wears the markers: `Ses01F_impro01_M003` is spoken by `Ses01M`.

    Args:
        root: the folder `IEMOCAP_full_release`, or one up to two levels above it.
    """

    root: Path | None = None

    def read(self, progress: Progress) -> Dataset:
        """Read IEMOCAP. Utterances stand in the order of their names.

        Metadata of an utterance: `gender`, `style` (improvised or scripted), `dialog`; where annotated `label` (the
        published code), `dominance` and each annotator's own answer under the name of its line (`C-E2`, `A-E3`);
        `alignment`, where its words go on after its sound has ended and are therefore left out.

        Raises:
            UsageError: no root is given.
            DataError: a file or folder is not as it should be.
        """
        from bench.audio.decoding import read_with_rates
        from bench.core.code.keys import fingerprint
        from bench.core.storage.digests import content_digests

        sources = _sources(_release(self.root), progress)
        files = [source.sound for source in sources]
        recordings = read_with_rates(files, progress, "reading IEMOCAP")
        utterances = tuple(_utterance(*pair) for pair in zip(sources, recordings, strict=True))
        parts: list[object] = ["iemocap 1"]
        for one, digest in zip(utterances, content_digests(files), strict=True):
            parts += [one.id, digest, one.emotion, one.activation, one.valence, one.transcript, one.words]
            parts += [sorted(one.metadata.items())]
        return Dataset("iemocap", utterances, fingerprint(parts))


def _release(root: Path | None) -> Path:
    """The folder that holds the sessions."""
    root = given_folder("iemocap", "IEMOCAP", root, _LAYOUT, _OPTION)
    inside = [folder for folder in _listed(root) if folder.is_dir() and folder.name not in SESSIONS]
    for candidates in ([root], [root / _RELEASE], inside, [folder / _RELEASE for folder in inside]):
        releases = [folder for folder in candidates if any((folder / session).is_dir() for session in SESSIONS)]
        if len(releases) > 1:
            found = "several copies: " + ", ".join(folder.relative_to(root).as_posix() for folder in releases)
            raise DataError(root, found, "one", "give the folder of one of them with --corpus-root")
        if releases:
            missing = [session for session in SESSIONS if not (releases[0] / session).is_dir()]
            if missing:
                raise DataError(releases[0], f"no {', '.join(missing)}", f"all of it, {_LAYOUT}", "copy the rest of it")
            return releases[0]
    raise DataError(root, "no folder Session1", f"IEMOCAP, {_LAYOUT}", _OPTION)


def _listed(folder: Path) -> list[Path]:
    """What is in a folder and not hidden (`._Ses01F_impro01.txt` is), in the order of names."""
    if not folder.exists():
        raise DataError(folder, "no such folder", f"IEMOCAP, {_LAYOUT}", _OPTION)
    return [path for path in listed(folder) if not path.name.startswith(".")]


def _sources(release: Path, progress: Progress) -> list[_Source]:
    """What the files say of every utterance of every session, in the order of names."""
    gathered = []
    for session in SESSIONS:
        home = release / session
        sounds = _sounds(home)
        said: dict[str, str] = {}
        for dialog in sorted({sound.parent.name for sound in sounds.values()}):
            said |= read_transcripts(home / "dialog" / "transcriptions" / f"{dialog}.txt")
        turns = _turns(home, sounds)
        gathered += [(home, id, sounds[id], turns.get(id), said.get(id) or None) for id in sorted(sounds)]
    found = []
    with progress.task("reading IEMOCAP's word times", total=len(gathered)) as advance:
        for home, id, sound, turn, transcript in gathered:
            words = read_words(home / "sentences" / "ForcedAlignment" / sound.parent.name, id)
            found.append(_Source(sound, turn, transcript, words))
            advance(1)
    return found


def _sounds(home: Path) -> dict[str, Path]:
    """The sound file of every utterance of a session."""
    from bench.audio.reading import is_audio

    folder = home / "sentences" / "wav"
    sounds: dict[str, Path] = {}
    for file in (file for dialog in _listed(folder) if dialog.is_dir() for file in _listed(dialog) if is_audio(file)):
        match = _ID.fullmatch(file.stem)
        if match is None or match["session"][-1] != home.name[-1]:
            found = f"a name that is not of IEMOCAP's {home.name}"
            expected = f"Ses0{home.name[-1]}F_impro01_F000.wav and the like"
            raise DataError(file, found, expected, "remove the file from the folder or restore its name")
        if file.stem in sounds:
            other = sounds[file.stem].relative_to(folder).as_posix()
            raise DataError(file, f"a second file of the name {file.stem}, beside {other}", "one", "remove one of them")
        sounds[file.stem] = file
    if not sounds:
        raise DataError(folder, "no sound files", f"IEMOCAP, {_LAYOUT}", _OPTION)
    return sounds


def _turns(home: Path, sounds: dict[str, Path]) -> dict[str, Turn]:
    """The annotation of every utterance of a session: each has its sound, and each dialogue its file."""
    folder = home / "dialog" / "EmoEvaluation"
    files = [file for file in _listed(folder) if file.suffix == ".txt" and file.is_file()]
    unannotated = {sound.parent.name for sound in sounds.values()} - {file.stem for file in files}
    if unannotated:
        missing = folder / f"{min(unannotated)}.txt"
        expected = f"the annotation of the sounds in {home / 'sentences' / 'wav' / min(unannotated)}"
        raise DataError(missing, "no such file", expected, "copy it from the release")
    turns: dict[str, Turn] = {}
    for turn in (turn for file in files for turn in read_turns(file)):
        if turn.id in turns:
            raise DataError(turn.where, f"{turn.id} a second time, after {turns[turn.id].where}", "one", "remove one")
        if turn.label not in EMOTIONS:
            expected = "one of " + ", ".join(EMOTIONS)
            raise DataError(turn.where, f"the label {turn.label!r}", expected, "restore the published file")
        if turn.id not in sounds:
            expected = f"its sound, {home / 'sentences' / 'wav' / turn.id.rpartition('_')[0] / turn.id}.wav"
            raise DataError(turn.where, f"{turn.id}, which has no sound", expected, "copy it from the release")
        turns[turn.id] = turn
    return turns


def _utterance(source: _Source, recording: DecodedSound) -> Utterance:
    match = _ID.fullmatch(source.sound.stem)
    assert match is not None  # checked when the sounds were listed
    turn, words = source.turn, source.words
    dialog = source.sound.parent.name
    metadata = {"gender": _GENDERS[match["gender"]], "style": _STYLES[match["style"]], "dialog": dialog}
    if turn is not None:
        metadata |= {"label": turn.label, "dominance": f"{turn.dominance:g}", **turn.annotators}
    if words is not None:
        words = fitted(words, recording.waveform.shape[-1] / SAMPLE_RATE)
        if words is None:
            metadata["alignment"] = "left out: longer than the sound"
    return Utterance(
        id=source.sound.stem,
        waveform=recording.waveform,
        rate_hz=recording.rate_hz,
        speaker=match["session"] + match["gender"],
        session=match["session"],
        transcript=source.transcript,
        words=words,
        emotion=EMOTIONS[turn.label] if turn else None,
        activation=turn.activation if turn else None,
        valence=turn.valence if turn else None,
        dominance=turn.dominance if turn else None,
        metadata=MappingProxyType(metadata),
    )
