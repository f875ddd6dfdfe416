"""Noise of a chosen shape, at a chosen level below the speech."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, get_args

from bench import EffectTools, Heard, Perturbation, Rng, Traits, UsageError, chosen, within
from bench.audio.signal import noise_gain
from bench.audio.signal.levels import audible
from bench.perturbations.noise_shapes import NoiseShape, draws_for, shaped_noise
from bench.perturbations.once import drawn_noise, sound_effect


@dataclass(frozen=True)
class ShapedNoise:
    """Noise of a shape that harms recognisers more than a recording does, at one SNR for all utterances; asks once.

    What fills the valleys between the partials of a voice takes from the spectrum what tells voices apart. Nobody was
    asked what people hear of it, so that it counts as additive and not as imperceptible. It does not apply to silence.

    Args:
        shape: "white"; "pink"; "speech", with the utterance's own spectrum; "envelope", under its spectral envelope
            from moment to moment; "valleys", under that and only where the speech leaves it free; "tone".
        below_hz: nothing above this frequency, from 50 to 8000; of a tone, its own.
        snr_db: signal-to-noise ratio in dB, from -40 to 60, before anything is clipped.
        gains: what bands of the noise are raised by, in dB from -60 to 60, joined by "+", from 0 Hz to 8 kHz evenly on
            the mel scale with straight lines between them; from 2 to 64, or none. A tone has none.
    """

    shape: NoiseShape = "valleys"
    below_hz: float = 8000.0
    snr_db: float = 10.1
    gains: tuple[float, ...] = ()
    traits: ClassVar[Traits] = Traits(asks_once=True)

    def __post_init__(self) -> None:
        name = "attack 'shaped_noise'"
        chosen(name, "shape", [self.shape], get_args(NoiseShape))
        within(name, "below_hz", self.below_hz, "try below_hz=500", at_least=50, at_most=8000)
        within(name, "snr_db", self.snr_db, "try snr_db=10.1", at_least=-40, at_most=60)
        if self.gains and (not 2 <= len(self.gains) <= 64 or self.shape == "tone"):
            found = f"{len(self.gains)} for {self.shape}"
            raise UsageError(f"{name}, parameter 'gains'", found, "2 to 64 numbers, and no tone", "try gains=0+20")
        for gain in self.gains:
            within(name, "gains", gain, "try gains=0+20", at_least=-60, at_most=60)

    def apply(self, original: Heard, tools: EffectTools, rng: Rng) -> Heard | None:
        """Lay the noise over speech."""
        speech = original.waveform
        if not audible(speech):
            return None
        draws = drawn_noise(rng.standard_normal(draws_for(speech.shape[-1]), dtype="float32"), speech)
        noise = shaped_noise(speech, self.shape, self.below_hz, draws, self.gains)
        noise = noise * noise_gain(speech, noise, self.snr_db)
        done = Perturbation("shaped_noise", "signal", f"{self.shape} below {self.below_hz:g} Hz")
        return sound_effect(original, lambda sound: sound + noise, done)
