"""P1's environmental noise (section 4.1)."""

from __future__ import annotations

from dataclasses import dataclass

from bench import AttackTools, Heard, Overlay, Recipe, Rng, Steps, Traits, chosen, within
from bench.audio.signal.levels import audible
from bench.perturbations.catalogue import SHARES, Length, Position, stretch


@dataclass(frozen=True)
class Environmental:
    """A random sound of one category laid over the utterance (P1's Nat, Hum, Int; St, Co; Sh, Me, Co); asks once.

    The sound is repeated where it is too short. People hear the same emotion (P1). It does not apply to silence, nor
    where every sound of the category is silent over the stretch that it would cover.

    Readings: P1's lengths go "from a short blip to the length of the entire clip" and have no figures: here a tenth,
    half and all of the utterance. A sound that starts and fades out begins with the utterance and falls in a straight
    line to nothing at its own end. One that lasts, but is shorter than the utterance, lies anywhere within it. The SNR
    is over the whole utterance, as the referee measures it, so a short sound is louder where it is heard. P1 gives no
    SNR for the sounds that fade out.

    Args:
        category: of the noise bank: P1's are "natural" (Nat), "human" (Hum) and "interior" (Int).
        position: "start" for a sound that starts and fades out (St), "whole" for one that lasts (Co).
        length: "short" (Sh), "medium" (Me) or "complete" (Co).
        snr_db: signal-to-noise ratio in dB, from -40 to 60; P1's Co is at 20, 10 and 0. At 10 or below a label that
            changes does not count.
    """

    category: str = "natural"
    position: Position = "whole"
    length: Length = "complete"
    snr_db: float = 20.0

    def __post_init__(self) -> None:
        name = "attack 'environmental'"
        chosen(name, "position", [self.position], ("start", "whole"))
        chosen(name, "length", [self.length], SHARES)
        within(name, "snr_db", self.snr_db, "P1 takes 20, 10 and 0", at_least=-40, at_most=60)

    @property
    def traits(self) -> Traits:
        """Declare that it asks once, with sounds of the category."""
        return Traits(asks_once=True, categories=(self.category,))

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        """Yield the sound's overlay; where it is silent over so short a stretch, the next one's."""
        clips = tools.noises.of(self.category)
        if not audible(original.waveform):
            return
        segment, fade = stretch(original.waveform.shape[-1], self.position, self.length, rng)
        first = int(rng.integers(len(clips)))
        for clip in (*clips[first:], *clips[:first]):
            answer = yield Recipe(Overlay(clip, self.snr_db, segment=segment, fade=fade))
            if answer.applied:
                return
