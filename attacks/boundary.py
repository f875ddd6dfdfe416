"""The decision-boundary attack of P1 (section 6.4), after Brendel et al. 2017."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from bench import (
    AttackTools,
    Effect,
    Heard,
    Overlay,
    Recipe,
    Rng,
    Steps,
    ThreatModel,
    Traits,
    UsageError,
    drawn_key,
    within,
)
from bench.audio.signal.levels import audible
from bench.perturbations.catalogue import P1_EFFECTS

SIGNAL = "signal"
_MARGIN_DB = 0.1


@dataclass(frozen=True)
class Boundary:
    """Label-only search from a loud noise to one above the SNR threshold (P1's decision-boundary attack).

    It starts with a random sound of a random category at the lowest SNR. Once the label has changed it stays in that
    category: it raises the SNR step by step while the label stays changed, and where it does not, tries the category's
    other sounds at that level. It ends with the first candidate that counts as a success. The effects of category
    "signal" have no level: each is tried as it is.

    Args:
        corr: the attacker knows how much each category degrades the victim, and takes the worst first (P1's `Corr`).
        noises: "all"; "additive" to leave out effects that change the length, but for those that people were found not
            to hear as another emotion; "imperceptible" to leave out all that they hear so (P1's `Noises`).
        start_snr_db: the lowest SNR, in dB; P1's catalogue ends at 0.
        step_db: how far the SNR is raised at a time, in dB; the last step ends just above the threshold.
        categories: of the noise bank, and "signal" for the effects below.
        signals: specs of the effects of category "signal"; the default is P1's, `bench.perturbations.catalogue`.

    Differences to the original: Brendel et al. walk along the boundary in sample space by the Euclidean distance; P1,
    and so this attack, moves by SNR among recorded sounds. P1 gives neither the step nor the order of the categories.
    Readings: without Corr a category is drawn anew, uniformly, for each sound until the label changes; with Corr the
    category of the greatest loss of UAR on validation speakers is taken, and the next one when it is used up.
    """

    corr: bool = False
    noises: Literal["all", "additive", "imperceptible"] = "all"
    start_snr_db: float = 0.0
    step_db: float = 5.0
    categories: tuple[str, ...] = ("natural", "human", "interior", "signal")
    signals: tuple[str, ...] = P1_EFFECTS

    def __post_init__(self) -> None:
        within("attack 'boundary'", "step_db", self.step_db, "try step_db=5", above=0)
        if not self.categories:
            raise UsageError("attack 'boundary', parameter 'categories'", "none", "one or more", "try natural+human")

    @property
    def traits(self) -> Traits:
        """Declare the categories and the effects that it chooses from, and what it keeps to."""
        effects = self.signals if SIGNAL in self.categories else ()
        made_of = tuple(("attacks", effect) for effect in effects)
        model = ThreatModel(allowed=self.noises)
        return Traits(categories=self.categories, made_of=made_of, threat_model=model, anytime=True)

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        """Yield recipes until one counts or all sounds are used up."""
        if not audible(original.waveform):
            return
        untried = {category: self._shuffled(category, tools, rng) for category in self.categories}
        home: str | None = None
        snr_db = self.start_snr_db
        while category := home or self._choose(untried, tools, rng):
            move = next(untried[category], None)
            if move is None:
                del untried[category]
                home, snr_db = None, self.start_snr_db
            elif category == SIGNAL:
                recipe = self._within(Effect(move, drawn_key(rng)), original, tools)
                if recipe is not None and (answer := (yield recipe)).fooled:
                    home = SIGNAL
                    if answer.counts:
                        return
            else:
                while (yield Recipe(Overlay(move, snr_db))).fooled:
                    home = category
                    if snr_db > tools.min_snr_db:
                        return
                    snr_db = self._raised(snr_db, tools)

    def probe(self, original: Heard, category: str, tools: AttackTools, rng: Rng) -> Recipe | None:
        """Describe the search's first move: a random sound of the category at the lowest SNR, or a random effect."""
        if not audible(original.waveform):
            return None
        for move in self._shuffled(category, tools, rng):
            if category != SIGNAL:
                return Recipe(Overlay(move, self.start_snr_db))
            if recipe := self._within(Effect(move, drawn_key(rng)), original, tools):
                return recipe
        return None

    def _raised(self, snr_db: float, tools: AttackTools) -> float:
        enough = tools.min_snr_db + _MARGIN_DB
        return min(snr_db + self.step_db, enough) if snr_db < tools.min_snr_db else enough

    def _shuffled(self, category: str, tools: AttackTools, rng: Rng) -> Iterator[str]:
        """The sounds (ids) or effects (specs) of a category in a random order."""
        moves = self._effects(tools) if category == SIGNAL else [clip.id for clip in tools.noises.of(category)]
        return iter([moves[index] for index in rng.permutation(len(moves))])

    def _within(self, effect: Effect, original: Heard, tools: AttackTools) -> Recipe | None:
        """The effect as a recipe; None where it would not count under *additive*, which is found by rendering it."""
        recipe = Recipe(effect)
        if self.noises != "additive" or tools.perception.is_imperceptible(effect.spec):
            return recipe
        heard = tools.render(original, recipe)
        return recipe if heard is not None and heard.waveform.shape == original.waveform.shape else None

    def _effects(self, tools: AttackTools) -> list[str]:
        if self.noises != "imperceptible":
            return list(self.signals)
        return [spec for spec in self.signals if tools.perception.is_imperceptible(spec)]

    def _choose(self, untried: dict[str, Iterator[str]], tools: AttackTools, rng: Rng) -> str | None:
        """The next category to try while the label has not changed."""
        if not untried:
            return None
        if tools.degradation is None:
            return list(untried)[int(rng.integers(len(untried)))]
        degradation = tools.degradation
        return max(untried, key=lambda category: degradation.get(category, 0.0))
