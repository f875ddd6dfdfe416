"""P3's pitch perturbation (section 4.4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from bench import EffectTools, Heard, Perturbation, Rng, Traits, chosen, within
from bench.audio.signal import shift_pitch, shift_pitch_by_librosa
from bench.perturbations.once import sound_effect


@dataclass(frozen=True)
class PitchSemitone:
    """The whole utterance one semitone higher or lower, at the same length; asks once.

    Up or down is drawn for each utterance. As with [`pitch`][attacks.pitch.Pitch], every sample moves, the SNR lies
    near −2 dB, and such a candidate changes labels but never counts as a success.

    Args:
        semitones: how far, from 0.5 to 6; kept to 0.5 % of the frequency, a twelfth of a semitone. P3's text says half
            a tone, and its call of librosa n_steps of 1 or −1: the same, a semitone.
        engine: "own" for `bench.audio.signal.shift_pitch`; "librosa" for P3's own `librosa.effects.pitch_shift`, on the
            CPU.

    Differences to the original: none with `engine=librosa`. By default the pitch is shifted by `shift_pitch`; both
    stretch by a phase vocoder and resample, ours in windows of 32 ms and librosa in windows of 128 ms.
    """

    semitones: float = 1.0
    engine: Literal["own", "librosa"] = "own"
    traits: ClassVar[Traits] = Traits(asks_once=True)

    def __post_init__(self) -> None:
        within("attack 'pitch_semitone'", "semitones", self.semitones, "P3 takes 1", at_least=0.5, at_most=6)
        chosen("attack 'pitch_semitone'", "engine", [self.engine], ("own", "librosa"))

    def apply(self, original: Heard, tools: EffectTools, rng: Rng) -> Heard | None:
        """Return the shifted utterance."""
        semitones = self.semitones if rng.random() < 0.5 else -self.semitones
        done = Perturbation("pitch_semitone", "signal", f"{semitones:+g} semitones")
        if self.engine == "librosa":
            return sound_effect(original, lambda sound: shift_pitch_by_librosa(sound, semitones), done)
        return sound_effect(original, lambda sound: shift_pitch(sound, 2 ** (semitones / 12)), done)
