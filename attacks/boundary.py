"""The decision-boundary attack of P1 (section 6.4), after Brendel et al. 2017."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

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
from bench.perturbations.catalogue import P1_EFFECTS, Length, Position, stretch

SIGNAL = "signal"
Policy = Literal["in_proportion", "worst_first", "worst_first_until_it_fails"]
_MARGIN_DB, _NEAR_DB, _SOFTEST_DB = 0.1, 0.05, 20.0


@dataclass(frozen=True)
class Boundary:
    """Label-only search from a loud noise to one above the SNR threshold (P1's decision-boundary attack).

    It starts with random sounds of random categories at the lowest SNR. Once the label has changed it stays in that
    category and shifts to its other options that are less noisy than the one that did it, until one counts as a
    success. Effects of category "signal" have no level and nothing additive to shift to: each is tried as it is.

    Args:
        corr: the attacker knows how much each noise type degrades the victim (P1's `Corr`).
        noises: "all"; "additive" to leave out effects that change the length, but for those that people were found not
            to hear as another emotion; "imperceptible" to leave out all that they hear so (P1's `Noises`).
        shift: "options" to shift to other options of the category, sound × position × length × SNR; "level" to keep the
            sound, over the whole utterance, one level softer, and to try the category's others where that fails.
        corr_policy: what an informed attacker does with what is known: "in_proportion" draws a noise type by how much
            it degrades, "worst_first" uses up the worst before it takes the next, "worst_first_until_it_fails" goes to
            the next after each failure.
        start_snr_db: the lowest SNR, in dB, from -60 to 60; P1's catalogue ends at 0.
        step_db: how far levels lie apart, in dB, from 0.1 to 60, up to P1's 20. What lies within 0.05 dB of the
            threshold is not asked about, since rounding would decide; 0.1 dB above it is a level.
        categories: of the noise bank, and "signal" for the effects below.
        signals: specs of the effects of category "signal"; the default is P1's, `bench.perturbations.catalogue`.

    Differences to the original: Brendel et al. walk along the boundary in sample space by the Euclidean distance; P1,
    and so this attack, moves by SNR among recorded sounds.
    Readings: P1 says "shifts to using other additive noise options from that category" and gives no order: one is drawn
    uniformly among those less noisy than what changed the label last. It informs of the degradation "given a particular
    noise type": the rows of its Table 1, a category at a position, or an effect, at the lowest SNR. Without Corr a
    category is drawn uniformly for each sound until the label changes, with it a type by `corr_policy`; the first sound
    stays a random one, so by default the knowledge weighs the draw.
    """

    corr: bool = False
    noises: Literal["all", "additive", "imperceptible"] = "all"
    shift: Literal["options", "level"] = "options"
    corr_policy: Policy = "in_proportion"
    start_snr_db: float = 0.0
    step_db: float = 10.0
    categories: tuple[str, ...] = ("natural", "human", "interior", "signal")
    signals: tuple[str, ...] = P1_EFFECTS

    def __post_init__(self) -> None:
        name = "attack 'boundary'"
        within(name, "start_snr_db", self.start_snr_db, "P1's is 0", at_least=-60, at_most=60)
        within(name, "step_db", self.step_db, "try step_db=10", at_least=0.1, at_most=60)
        if not self.categories:
            raise UsageError(f"{name}, parameter 'categories'", "none", "one or more", "try natural+human")

    @property
    def traits(self) -> Traits:
        """Declare the categories and the effects that it chooses from, and what it keeps to."""
        effects = self.signals if SIGNAL in self.categories else ()
        made_of = tuple(("attacks", effect) for effect in effects)
        model = ThreatModel(allowed=self.noises)
        return Traits(categories=self.categories, made_of=made_of, threat_model=model, anytime=True)

    @property
    def noise_types(self) -> tuple[str, ...]:
        """Name what it can be told the harm of: "natural/start" and the like, and the effects.

        >>> Boundary(categories=("human", "signal"), signals=("fade_in",)).noise_types
        ('human/start', 'human/whole', 'fade_in')
        """
        positions = get_args(Position) if self.shift == "options" else ("whole",)
        sounds = [f"{one}/{position}" for one in self.categories if one != SIGNAL for position in positions]
        return (*sounds, *(self.signals if SIGNAL in self.categories else ()))

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        """Yield recipes until one counts or all options are used up."""
        if not audible(original.waveform):
            return
        untried, levels = _Untried(self, original, tools, rng), self.levels(tools.min_snr_db)
        home: str | None = None
        reach = levels[:1]
        while True:
            kind = untried.chosen(home, reach)
            if kind is None:
                if home is None:
                    return
                untried.leave(home)
                home, reach = None, levels[:1]
                continue
            place = untried.effect(kind) if kind in self.signals else untried.option(kind, reach)
            while place is not None:
                answer = yield place
                if answer.fooled and answer.counts:
                    return
                untried.told(kind, answer.fooled)
                part, place = place.parts[0], None
                if answer.fooled and isinstance(part, Overlay):
                    home, softer = kind.partition("/")[0], [one for one in levels if one > part.snr_db]
                    reach = softer if self.shift == "options" else softer[:1]
                    if self.shift == "level" and reach:
                        place = Recipe(Overlay(part.clip, reach[0]))

    def probe(self, original: Heard, category: str, tools: AttackTools, rng: Rng) -> Recipe | None:
        """Describe a first move of a noise type: one of its sounds at the lowest SNR, or the effect."""
        if not audible(original.waveform):
            return None
        untried = _Untried(self, original, tools, rng)
        if category in self.signals:
            return untried.effect(category)
        return untried.option(category, self.levels(tools.min_snr_db)[:1])

    def levels(self, min_snr_db: float) -> list[float]:
        """List the levels that it asks at, in dB, from the loudest noise to the softest.

        >>> Boundary().levels(10.0), Boundary(step_db=5).levels(10.0)
        ([0.0, 10.1, 20.0], [0.0, 5.0, 10.1, 15.0, 20.0])
        """
        just_above = min_snr_db + _MARGIN_DB
        softest = max(_SOFTEST_DB, just_above, self.start_snr_db)
        count = math.floor((softest - self.start_snr_db) / self.step_db + 1e-6) + 1
        steps = [self.start_snr_db + number * self.step_db for number in range(count)]
        found = [one for one in steps if abs(one - min_snr_db) > _NEAR_DB and abs(one - just_above) > _NEAR_DB]
        return sorted([*found, just_above]) if self.start_snr_db <= just_above + _NEAR_DB else found


class _Untried:
    """What a search has not tried yet, by noise type.

    Args:
        attack: the search's.
        original: what it attacks.
        tools: sounds, perception, harm.
        rng: the search's.
    """

    def __init__(self, attack: Boundary, original: Heard, tools: AttackTools, rng: Rng) -> None:
        self._attack, self._original, self._tools, self._rng = attack, original, tools, rng
        self._harm: Mapping[str, float] | None = tools.degradation if attack.corr else None
        self._kinds = [one for one in attack.noise_types if self._may(one)]
        if self._harm is not None:
            harm = self._harm
            self._kinds.sort(key=lambda kind: -harm.get(kind, 0.0))
        self._decks: dict[tuple[str, float], list[int]] = {}
        self._open: dict[tuple[object, ...], tuple[list[str], list[list[str]]]] = {}
        self._samples = original.waveform.shape[-1]
        self._effects = frozenset(attack.signals)
        self._categories = {kind: self._category(kind) for kind in self._kinds}
        self._by_level = attack.shift == "options"
        self._lengths: tuple[Length, ...] = get_args(Length) if self._by_level else ("complete",)

    def chosen(self, home: str | None, reach: Sequence[float]) -> str | None:
        """Choose a noise type, in the category that the search has shifted to if any; None where all is used up.

        Args:
            home: that category.
            reach: levels at which its options are looked for, in dB.
        """
        kinds, groups = self._opened(home, reach)
        if not kinds:
            return None
        if self._harm is None:
            some = groups[self._drawn(len(groups))]
            return some[self._drawn(len(some))]
        weights = [max(self._harm.get(kind, 0.0), 0.0) for kind in kinds]
        if self._attack.corr_policy != "in_proportion" or not sum(weights):
            return kinds[0] if sum(weights) else kinds[self._drawn(len(kinds))]
        return kinds[int(self._rng.choice(len(kinds), p=[one / sum(weights) for one in weights]))]

    def told(self, kind: str, fooled: bool) -> None:
        """Note whether a noise type has changed the label."""
        if not fooled and kind in self._kinds and self._attack.corr_policy == "worst_first_until_it_fails":
            self._kinds.remove(kind)
            self._kinds.append(kind)
            self._open.clear()

    def leave(self, category: str) -> None:
        """Leave a category for good."""
        self._kinds = [kind for kind in self._kinds if self._categories[kind] != category]
        self._open.clear()

    def effect(self, kind: str) -> Recipe | None:
        """Take an effect; None where it would not count under what the attack keeps to."""
        if kind in self._kinds:
            self._kinds.remove(kind)
            self._open.clear()
        part = Effect(kind, drawn_key(self._rng))
        if self._tools.perception.is_imperceptible(kind) or self._attack.noises == "all":
            return Recipe(part)
        heard = None if self._attack.noises == "imperceptible" else self._tools.render(self._original, Recipe(part))
        return None if heard is None or heard.waveform.shape != self._original.waveform.shape else Recipe(part)

    def option(self, kind: str, reach: Sequence[float]) -> Recipe:
        """Take a sound of a noise type, its length, its place and its level, each as likely as the others."""
        decks = [(level, deck) for level in reach if (deck := self._deck(kind, level))]
        level, deck = decks[self._drawn(len(decks))]
        category, _, position = kind.partition("/")
        clip, length = divmod(deck.pop(), len(self._lengths))
        if not deck:
            self._open.clear()
        where: Position = "start" if position == "start" else "whole"
        segment, fade = stretch(self._samples, where, self._lengths[length], self._rng)
        return Recipe(Overlay(self._tools.noises.of(category)[clip], level, segment=segment, fade=fade))

    def _opened(self, home: str | None, reach: Sequence[float]) -> tuple[list[str], list[list[str]]]:
        """Noise types that have something left, and the same by category: kept until one has no more, or goes."""
        key, of = (home, *reach), self._categories
        if key not in self._open:
            kinds = [kind for kind in self._kinds if home in (None, of[kind]) and self._has(kind, reach)]
            groups: dict[str, list[str]] = {}
            for kind in kinds:
                groups.setdefault(of[kind], []).append(kind)
            self._open[key] = kinds, list(groups.values())
        return self._open[key]

    def _drawn(self, count: int) -> int:
        """A number below another; of one alone nothing is drawn, nor would a generator change for it."""
        return int(self._rng.integers(count)) if count > 1 else 0

    def _may(self, kind: str) -> bool:
        return self._attack.noises != "imperceptible" or "/" in kind or self._tools.perception.is_imperceptible(kind)

    def _category(self, kind: str) -> str:
        return SIGNAL if kind in self._effects else kind.partition("/")[0]

    def _has(self, kind: str, reach: Sequence[float]) -> bool:
        return kind in self._effects or any(self._deck(kind, level) for level in reach)

    def _deck(self, kind: str, level: float) -> list[int]:
        """Options of a noise type at a level, shuffled when they are first looked at: sound × length."""
        key = kind, level if self._by_level else 0.0
        deck = self._decks.get(key)
        if deck is None:
            count = len(self._tools.noises.of(kind.partition("/")[0])) * len(self._lengths)
            deck = self._decks[key] = self._rng.permutation(count).tolist()
        return deck
