"""P1's Rev (section 4.2)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from torch import Tensor

from bench import EffectTools, Heard, Perturbation, Rng, Traits, chosen, within
from bench.audio.signal.levels import audible, levelled
from bench.audio.signal.reverberation import convolve, polack
from bench.audio.signal.rooms import direct_path

CATEGORY = "rir"
"""The noise bank's category of measured room impulse responses."""


@dataclass(frozen=True)
class Reverb:
    """The utterance as it sounds in a room; asks once. People hear the same emotion (P1).

    The room is a random one of the noise bank's measured responses (category "rir"), or, where it has none, a simulated
    one (Polack's statistical model). What is heard after the utterance's end is cut, so the length is kept, and so is
    the RMS. It does not apply to silence.

    The SNR is measured, and is low, around 2 dB in the default room: most samples move. By the letter of P1's rule the
    candidate can change the label but counts as a success only in a room so dry that more than 10 dB remain; the SNR is
    then about `direct_db`.

    Readings: P1 says no more than "add room reverbration". A measured response is taken from where its direct path
    arrives, so that the speech is not delayed. The simulated room is a living room heard from about two metres.

    Args:
        room: "measured", "simulated", or "any": measured where the bank has responses, else simulated. With "measured"
            it does not apply where the bank has none.
        t60_s: of the simulated room, the time in which the sound falls by 60 dB, in seconds; from 0.05 to 10.
        direct_db: of the simulated room, the ratio of direct to reverberant energy in dB; from -30 to 40.
    """

    room: Literal["any", "measured", "simulated"] = "any"
    t60_s: float = 0.5
    direct_db: float = 0.0
    traits: ClassVar[Traits] = Traits(asks_once=True, sounds=(CATEGORY,))

    def __post_init__(self) -> None:
        name = "attack 'reverb'"
        chosen(name, "room", [self.room], ("any", "measured", "simulated"))
        within(name, "t60_s", self.t60_s, "a living room has 0.5", at_least=0.05, at_most=10)
        within(name, "direct_db", self.direct_db, "two metres away in a living room it is 0", at_least=-30, at_most=40)

    def apply(self, original: Heard, tools: EffectTools, rng: Rng) -> Heard | None:
        """Return the utterance in the room."""
        if not audible(original.waveform):
            return None
        found = self._response(tools, rng)
        if found is None:
            return None
        response, source = found
        wet = convolve(original.waveform, response.to(original.waveform))
        if not audible(wet):
            return None
        done = Perturbation("reverb", "signal", source)
        return replace(original, waveform=levelled(wet, like=original.waveform), perturbation=done)

    def _response(self, tools: EffectTools, rng: Rng) -> tuple[Tensor, str] | None:
        """A response and what it is."""
        clips = tools.noises.by_category.get(CATEGORY, ())
        if clips and self.room != "simulated":
            clip = tools.noises.draw(rng, CATEGORY)
            return clip.waveform[direct_path(clip.waveform) :], clip.id
        if self.room == "measured":
            return None
        source = f"simulated t60={self.t60_s:g} s direct={self.direct_db:g} dB"
        return polack(self.t60_s, self.direct_db, rng), source
