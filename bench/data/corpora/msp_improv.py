"""MSP-IMPROV, acted dyadic interactions, from the user's own copy in its published layout.

Source: Busso, Parthasarathy, Burmania, AbdelWahab, Sadoughi, Mower Provost: MSP-IMPROV: An Acted Corpus of Dyadic
Interactions to Study Emotion Perception, IEEE Transactions on Affective Computing 8(1), 2017. The form of names and
lines is what public readers of the corpus agree on. What they do not agree on is an option, and is checked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from bench.core.errors import DataError, UsageError
from bench.core.showing.progress import Progress
from bench.core.specs import values_of
from bench.core.types import SCRIPTED, Dataset, Utterance
from bench.data.corpora.folders import given_folder, listed
from bench.data.corpora.iemocap_files import numbered_lines
from bench.data.corpora.msp_improv_files import EMOTIONS, Clip, read_clips

if TYPE_CHECKING:
    from bench.audio.decoding import DecodedSound

SCENARIOS = {
    "P": "natural interaction",
    "R": "target read",
    "S": "other improvised",
    "T": "target improvised",
}
"""When it was said, by the letter in the name: between scenes, read, in a scene, and in a scene the target sentence."""

EVALUATIONS = ("Evalution.txt", "Evaluation.txt")
"""What the file of labels is called: the release spells it the first way."""

TRANSCRIPTS = (Path("Human_transcriptions") / "All_human_transcriptions", Path("All_human_transcriptions"))

TELLING = 10
"""Angry and sad clips, of each, that are needed before their activation is compared."""

_NAME = re.compile(
    r"MSP-IMPROV-(?P<place>S(?P<sentence>\d\d)(?P<intended>[AHNS]))-(?P<actor>[FM]0(?P<session>[1-6]))"
    r"-(?P<scenario>[PRST])-(?P<first>[FM])(?P<second>[FM])(?P<turn>\d\d\d?)"
)
_SEXES = {"F": "female", "M": "male"}
_CHOICES = {"speaker_letter": ("first", "second"), "activation_scale": ("active_to_calm", "calm_to_active")}
_OTHER = {one: other for pair in _CHOICES.values() for one, other in (pair, pair[::-1])}
_LAYOUT = (
    "ROOT/session1/S01A/P/MSP-IMPROV-S01A-F01-P-FM01.wav and so on (or the same in ROOT/Audio), and ROOT/Evalution.txt"
)
_OPTION = "give the folder that holds Evalution.txt with --corpus-root"


@dataclass(frozen=True)
class MspImprov:
    """MSP-IMPROV: six pairs of actors, read, improvising and between scenes, in four emotions, in English.

    Activation is turned so that 5 is active, as everywhere in the harness. Emotions are what most annotators perceived.

    Args:
        root: the folder that holds `Evalution.txt` and the sessions, or `Audio` with the sessions in it.
        speaker_letter: which of the two letters before a turn's number says who speaks (`FM01`); the other one
            listens. Target sentences are said by the actor in the name's fourth part, which is checked.
        activation_scale: whether the file counts activation from 1, active, to 5, calm, or the other way round.
            Refused where anger would come out calmer than sadness.
    """

    root: Path | None = None
    speaker_letter: Literal["first", "second"] = "second"
    activation_scale: Literal["active_to_calm", "calm_to_active"] = "active_to_calm"

    def read(self, progress: Progress) -> Dataset:
        """Read MSP-IMPROV. Utterances stand in the order of their names.

        Metadata of an utterance: `style` (improvised or scripted), `scenario`, `sentence`, `intended_emotion`,
        `actor` (whose scene it is), `gender`; where annotated `label` (the published letter), `dominance`,
        `naturalness`, `annotators` (how many) and `votes` ("Angry 3, Neutral 2").

        Raises:
            UsageError: no root is given, or an option is none of its two.
            DataError: a file or folder is not as it should be.
        """
        from bench.audio.decoding import read_with_rates
        from bench.core.code.keys import fingerprint
        from bench.core.storage.digests import content_digests

        given = values_of(self)
        for name, choices in _CHOICES.items():
            if given[name] not in choices:
                found = f"{name}={given[name]!r}"
                raise UsageError("corpus 'msp_improv'", found, " or ".join(choices), "choose one")
        root = given_folder("msp_improv", "MSP-IMPROV", self.root, _LAYOUT, _OPTION)
        sounds = _sounds(root)
        self._check_speakers(root, sounds)
        clips = self._clips(root, sounds)
        said = _transcripts(root, sounds)
        files = list(sounds.values())
        recordings = read_with_rates(files, progress, "reading MSP-IMPROV")
        pairs = zip(sounds, recordings, strict=True)
        utterances = tuple(self._utterance(id, sound, clips.get(id), said.get(id)) for id, sound in pairs)
        parts: list[object] = ["msp_improv 1"]
        for one, digest in zip(utterances, content_digests(files), strict=True):
            parts += [one.id, digest, one.speaker, one.emotion, one.activation, one.valence, one.transcript]
            parts += [sorted(one.metadata.items())]
        return Dataset("msp_improv", utterances, fingerprint(parts))

    def _clips(self, root: Path, sounds: Mapping[str, Path]) -> dict[str, Clip]:
        """The labels of every clip: each has its sound."""
        file = next((root / name for name in EVALUATIONS if (root / name).is_file()), root / EVALUATIONS[0])
        if not file.exists():
            raise DataError(file, "no such file", f"MSP-IMPROV, {_LAYOUT}", _OPTION)
        clips = read_clips(file)
        for id, clip in clips.items():
            if id not in sounds:
                raise DataError(clip.where, f"{id}, which has no sound", f"{id}.wav", "copy it from the release")
        self._check_activation(file, clips)
        return clips

    def _check_activation(self, file: Path, clips: Mapping[str, Clip]) -> None:
        """Refuse a scale on which anger is calmer than sadness."""
        rated = [(clip.label, self._activation(clip)) for clip in clips.values()]
        angry, sad = ([value for label, value in rated if label == name and value is not None] for name in "AS")
        if min(len(angry), len(sad)) < TELLING or sum(angry) / len(angry) >= sum(sad) / len(sad):
            return
        found = (
            f"a mean activation of {sum(angry) / len(angry):.2f} for {len(angry)} angry clips and of "
            f"{sum(sad) / len(sad):.2f} for {len(sad)} sad ones with activation_scale={self.activation_scale}"
        )
        remedy = f"choose activation_scale={_OTHER[self.activation_scale]}"
        raise DataError(file, found, "anger to be more active than sadness (5 is active)", remedy)

    def _check_speakers(self, root: Path, sounds: Mapping[str, Path]) -> None:
        """Refuse the letter with which fewer target sentences are said by the actor whose scene it is."""
        targets = [fields for fields in map(_fields, sounds.values()) if fields["scenario"] == "T"]
        agree = {letter: sum(one[letter] == one["actor"][0] for one in targets) for letter in ("first", "second")}
        other = _OTHER[self.speaker_letter]
        if agree[other] > agree[self.speaker_letter]:
            found = (
                f"{agree[self.speaker_letter]} of {len(targets)} target sentences (-T-) said by the actor in the "
                f"name's fourth part with speaker_letter={self.speaker_letter}, and {agree[other]} with {other}"
            )
            raise DataError(root, found, "the actor to say them", f"choose speaker_letter={other}")

    def _activation(self, clip: Clip) -> float | None:
        if clip.activation is None or self.activation_scale == "calm_to_active":
            return clip.activation
        return round(6.0 - clip.activation, 6)

    def _utterance(self, id: str, recording: DecodedSound, clip: Clip | None, transcript: str | None) -> Utterance:
        match = _NAME.fullmatch(id)
        assert match is not None  # checked when the sounds were listed
        sex = match[self.speaker_letter]
        metadata = {
            "style": SCRIPTED if match["scenario"] == "R" else "improvised",
            "scenario": SCENARIOS[match["scenario"]],
            "sentence": match["sentence"],
            "intended_emotion": EMOTIONS[match["intended"]] or "",
            "actor": match["actor"],
            "gender": _SEXES[sex],
            **(clip.metadata if clip else {}),
        }
        return Utterance(
            id=id,
            waveform=recording.waveform,
            rate_hz=recording.rate_hz,
            speaker=f"{sex}0{match['session']}",
            session=f"session{match['session']}",
            transcript=transcript,
            emotion=EMOTIONS[clip.label] if clip else None,
            activation=self._activation(clip) if clip else None,
            valence=clip.valence if clip else None,
            dominance=clip.dominance if clip else None,
            metadata=MappingProxyType(metadata),
        )


def _shown(folder: Path) -> list[Path]:
    return [path for path in listed(folder) if not path.name.startswith(".")]


def _sounds(root: Path) -> dict[str, Path]:
    """The sound file of every turn, in the order of names; each lies in the folder of its session, scene and letter."""
    from bench.audio.reading import is_audio

    home = next((home for home in (root, root / "Audio") if any(home.glob("session[1-6]"))), None)
    if home is None:
        raise DataError(root, "no folder session1", f"MSP-IMPROV, {_LAYOUT}", _OPTION)
    sessions = [path for path in _shown(home) if re.fullmatch("session[1-6]", path.name) and path.is_dir()]
    scenes = [scene for session in sessions for scene in _shown(session) if scene.is_dir()]
    letters = [letter for scene in scenes for letter in _shown(scene) if letter.is_dir()]
    sounds: dict[str, Path] = {}
    for file in (file for letter in letters for file in _shown(letter) if is_audio(file)):
        fields = _fields(file)
        place = Path(f"session{fields['session']}", fields["place"], fields["scenario"])
        if file.parent != home / place:
            raise DataError(
                file, "a name that is not of this folder", f"the folder {place.as_posix()}", "move it there"
            )
        if file.stem in sounds:
            raise DataError(file, f"a second file of the turn, beside {sounds[file.stem].name}", "one", "remove one")
        sounds[file.stem] = file
    if not sounds:
        raise DataError(home, "no sound files", f"MSP-IMPROV, {_LAYOUT}", _OPTION)
    return dict(sorted(sounds.items()))


def _fields(file: Path) -> dict[str, str]:
    match = _NAME.fullmatch(file.stem)
    if match is None:
        expected = (
            "MSP-IMPROV-, sentence and emotion, actor and session, scenario, turn: MSP-IMPROV-S01A-F01-P-FM01.wav"
        )
        raise DataError(file, "a name that is not of MSP-IMPROV", expected, "remove the file or restore its name")
    return match.groupdict()


def _transcripts(root: Path, sounds: Mapping[str, Path]) -> dict[str, str]:
    """What was said, from a text file a turn, in one folder or in one a session; nothing where there are none."""
    folder = next((root / name for name in TRANSCRIPTS if (root / name).is_dir()), None)
    if folder is None:
        return {}
    files = sorted(path for path in folder.rglob("*.txt") if path.stem in sounds and not path.name.startswith("."))
    texts = ((file.stem, " ".join(line for _, line in numbered_lines(file))) for file in files)
    return {id: text for id, text in texts if text}
