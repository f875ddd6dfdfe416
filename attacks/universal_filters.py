"""Universal filters: a few linear filters for all utterances, found by labels on validation speakers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from bench import AttackTools, Heard, PastSearch, Recipe, Rng, Steps, ThreatModel, Traits, chosen, within
from bench.perturbations.curve_learning import TriedCurves
from bench.perturbations.curves import Filtered, as_curve, curve_at, drawn_curves
from bench.perturbations.rehearsing import RehearsalOutcomes, search_learnt


@dataclass(frozen=True)
class UniversalFilters:
    """One linear filter for all utterances, and others where it fails, found on validation speakers (after Malafide).

    Before the attack random equalisers, each with its opposite, are tried on the speech of validation speakers, just
    above the threshold; on an utterance that fewer than a tenth of them fool, quieter ones as well, as
    `universal_noises` does. What fools more often than the rest points somewhere: the mean of all curves, weighted by
    how often each fooled, is the first filter of the attack, and was never asked about (a gradient, estimated by random
    directions, over utterances instead of around one). What it is believed to have fooled counts less from then on;
    next comes the tried curve that fools most of what is left, then an estimate for what is left then, in turns; after
    the last of them fresh ones, at levels drawn in proportion to how often the random ones fooled at each.

    Args:
        filtered: "speech" for the speech itself, so that nothing is heard but itself; "noise" for white noise over it:
            one spectrum of noise for all utterances; "noise-over-threshold" for white noise over what
            `spectral_threshold` leaves, half of the energy each.
        answers: what it is told of each candidate: "fooled"; "label", and then it has an order for each label that the
            victim gives to clean speech; "refusals", and then no change is as strong again as when it was refused.
        curves: as many random equalisers, opposites included, at least 2.
        bands: of each, from 2 to 64.
        rehearsal: queries about each validation utterance, at least `curves`.
        belief: which share of the utterances that are like one that was fooled is believed to be fooled, from 0 to 1.

    Differences to the original: Malafide (Panariello et al. 2023, arXiv:2306.07655) optimises the taps of a filter by
    gradients through the victim or a substitute, and bounds their number. Here there are labels alone, so that the
    filter has few parameters: gains of bands, no phase; its strength is bound by the SNR. The estimate is that of
    HopSkipJump (Chen et al. 2020, equation 9).
    """

    filtered: Filtered = "speech"
    answers: Literal["fooled", "label", "refusals"] = "fooled"
    curves: int = 64
    bands: int = 12
    rehearsal: int = 192
    belief: float = 0.6

    def __post_init__(self) -> None:
        name = "attack 'universal_filters'"
        chosen(name, "filtered", [self.filtered], get_args(Filtered))
        within(name, "curves", self.curves, "try curves=64", at_least=2, at_most=4096)
        within(name, "bands", self.bands, "try bands=12", at_least=2, at_most=64)
        within(name, "rehearsal", self.rehearsal, "give it curves or more", at_least=self.curves)
        within(name, "belief", self.belief, "try belief=0.6", at_least=0, at_most=1)

    @property
    def traits(self) -> Traits:
        """Declare its threat model, and the effect that filters."""
        knows = ThreatModel(("validation",), self.answers, "additive", rehearsal=self.rehearsal)
        names = {"speech": ("equaliser",), "noise": ("shaped_noise",)}
        made_of = names.get(self.filtered, ("shaped_noise", "spectral_threshold"))
        return Traits(made_of=tuple(("attacks", name) for name in made_of), threat_model=knows, anytime=True)

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        """Yield filters in their order, then fresh ones, until one counts; in a rehearsal, all random ones."""
        yield from search_learnt(original, tools, self._random, self._fresh, rng)

    def learn(self, plan: Mapping[str, Any], searches: Sequence[PastSearch]) -> Mapping[str, Any]:
        """Estimate filters, and put them and the random ones into an order: one for all, and one for each label."""
        found = RehearsalOutcomes.of(searches)
        curves = TriedCurves.read(found.lines, found.fooled, self.filtered)
        return found.orders(lambda weights: curves.ordered(weights, self.belief))

    def _fresh(self, rng: Rng, snr_db: float) -> Recipe:
        return curve_at(as_curve(rng.standard_normal(self.bands)), snr_db, self.filtered)

    def _random(self, snr_db: float) -> Iterator[Recipe]:
        for gains in drawn_curves(self.curves, self.bands):
            yield curve_at(gains, snr_db, self.filtered)
