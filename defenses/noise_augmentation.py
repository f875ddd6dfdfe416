"""P1's noise-augmented training (section 6.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from bench import FitContext, NoiseSet, Traits, UsageError, Utterance, check_fields, chosen, keyed, within
from bench.defending.adversarial_examples import perturbed
from bench.defending.augmentation import NoisyCopies
from bench.defending.retraining import as_recorded

_NAME = "noise_augmentation"
_WHERE = f"defense {_NAME!r}"
SYNTHETIC = {
    "speed_segment": ("speed_segment",),
    "fade": ("fade_in", "fade_out"),
    "reverb": ("reverb",),
}
"""P1's most impactful synthetic noises, and the effects that each is."""
KINDS = {"environmental": ("natural", "human", "interior"), "synthetic": tuple(SYNTHETIC)}
"""The kinds of noise of each group: P1's Nat, Hum, Int; SpeedSeg, Fade, Reverb."""


@dataclass(frozen=True)
class NoiseAugmentation(NoisyCopies):
    """Noisy copies in training, of all kinds but the one that will attack: P1's leave-one-noise-out.

    Beside the clean utterances stand copies of them, each with one kind of noise. `leave_out=human` trains on natural
    and interior sounds, so that human ones are unseen when they attack; `leave_out=none` trains on all kinds of the
    group. The sounds come from the noise bank's "train" part. The validation part stays clean. What another defence of
    a stack has changed gets no copy.

    P1's other half, the same after denoising, is `"rnnoise+noise_augmentation"`.

    Readings: P1 says that it augments "each fold with one kind of noise", and not how many copies it makes nor at
    which level. Here an utterance gets one copy for each kind, in a form that is drawn for it among those of P1's
    Table 1: a sound that starts with the utterance and fades out (St), or one that lasts, at 20, 10 or 0 dB (Co).
    P1 gives no SNR for St: 20 dB here, as by default in the attack `environmental`. Fade is in or out, drawn likewise.

    Args:
        group: "environmental" (natural, human, interior) or "synthetic" (speed_segment, fade, reverb).
        leave_out: the kind of the group that is not trained on; none means that all are. A noise bank that lacks one
            kind of the environmental group will do with that one left out. Where it lacks two, the run is refused
            before it begins: `multi_condition` trains on whatever sounds there are.
        growth: the training data grow to at most this many times the clean ones; above 1, at most 4. Where that is
            fewer copies than utterances times kinds, kinds are drawn for each utterance, as many for one as for another
            or one fewer.
        snrs_db: of the environmental sounds that last, in dB, each from -40 to 60; without effect on synthetic ones.
        start: whether there are environmental sounds that fade out too; without effect on synthetic ones.
    """

    where: ClassVar[str] = _WHERE
    group: Literal["environmental", "synthetic"] = "environmental"
    leave_out: str | None = None
    growth: float = 3.0
    snrs_db: tuple[float, ...] = (20.0, 10.0, 0.0)
    start: bool = True

    def __post_init__(self) -> None:
        chosen(_WHERE, "group", [self.group], KINDS)
        if self.leave_out is not None:
            chosen(_WHERE, "leave_out", [self.leave_out], KINDS[self.group])
        within(_WHERE, "growth", self.growth, "try growth=3", above=1, at_most=4)
        check_fields(self, _WHERE, ("snrs_db",), "P1 takes 20, 10 and 0", at_least=-40, at_most=60)
        if not self.snrs_db and not self.start:
            expected, remedy = "one or more, or start=true", "P1 takes snrs_db=20+10+0"
            raise UsageError(f"{_WHERE}, parameter 'snrs_db'", "none", expected, remedy)

    @property
    def kinds(self) -> tuple[str, ...]:
        """Return the kinds of noise that are trained on.

        >>> NoiseAugmentation(leave_out="human").kinds
        ('natural', 'interior')
        """
        return tuple(kind for kind in KINDS[self.group] if kind != self.leave_out)

    @property
    def traits(self) -> Traits:
        """Declare the attacks that it draws on."""
        return Traits(made_of=tuple(("attacks", effect) for effect in self.effects), dimensional=True)

    @property
    def effects(self) -> tuple[str, ...]:
        """Return the specs of the attacks that it draws on.

        >>> NoiseAugmentation("synthetic", leave_out="reverb").effects
        ('speed_segment', 'fade_in', 'fade_out')
        """
        return tuple(dict.fromkeys(effect for kind in self.kinds for effect in self._forms(kind)))

    def seen(self, noises: NoiseSet) -> frozenset[str]:
        """Name the noise categories that are trained on; "signal" for the synthetic group."""
        return frozenset(self.kinds) if self.group == "environmental" else frozenset({"signal"})

    def noisy_copies(self, train: Sequence[Utterance], context: FitContext) -> list[Utterance]:
        """Make the copies: effect by effect, each in the order of `train`. An effect that does not apply gives none."""
        clean = as_recorded(train)
        drawn = self._drawn(clean, context.seed)
        copies: list[Utterance] = []
        for effect in self.effects:
            some = [said for said in clean if effect in drawn[said.id]]
            copies += [copy for copy in perturbed(effect, some, context, _NAME) if copy is not None]
        return copies

    def _drawn(self, clean: Sequence[Utterance], seed: int) -> dict[str, list[str]]:
        """The effects that each utterance gets a copy with, by its id."""
        left = min(round((self.growth - 1) * len(clean)), len(clean) * len(self.kinds))
        turns = [clean[place] for place in keyed(seed, _NAME).permutation(len(clean))]
        found: dict[str, list[str]] = {}
        for place, said in enumerate(turns):
            count = left // len(clean) + (place < left % len(clean))
            rng = keyed(seed, _NAME, said.id)
            kinds = [self.kinds[index] for index in rng.permutation(len(self.kinds))]
            forms = [self._forms(kind) for kind in kinds[:count]]
            found[said.id] = [form[int(rng.integers(len(form)))] for form in forms]
        return found

    def _forms(self, kind: str) -> tuple[str, ...]:
        """The specs of the effects among which a copy's is drawn."""
        if self.group == "synthetic":
            return SYNTHETIC[kind]
        start = (f"environmental:category={kind},position=start",) if self.start else ()
        return (*start, *(f"environmental:category={kind},snr_db={snr_db}" for snr_db in self.snrs_db))
