"""What is learnt of the directions of filters from labels alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.contracts.recipes import Effect, Recipe
from bench.core.specs import Spec
from bench.perturbations.curves import Filtered, as_curve, curve_at
from bench.perturbations.pools import level_of
from bench.perturbations.rehearsing import LONGEST, Array, best_left

_DEFAULT = "0.0+-0.5+-1.0"
"""What the effect is without gains: records leave it out."""
_ESTIMATES = 6
"""As many estimated curves an order has."""


def _gains_and_level(line: str) -> tuple[tuple[float, ...], float]:
    recipe = Recipe.read(line)
    part = recipe.parts[-1]
    params = dict(Spec.parse(part.spec).params) if isinstance(part, Effect) else {}
    gains = tuple(map(float, params.get("gains", _DEFAULT).split("+")))
    return gains, level_of(recipe) or 0.0


@dataclass(frozen=True)
class TriedCurves:
    """Curves that were tried on several utterances.

    Args:
        lines: their recipes.
        gains: shape (curves, bands).
        levels: in dB, shape (curves,).
        fooled: 1 where one fooled an utterance, shape (utterances, curves).
        filtered: what they filter.
    """

    lines: tuple[str, ...]
    gains: Array
    levels: Array
    fooled: Array
    filtered: Filtered = "speech"

    @classmethod
    def read(cls, lines: Sequence[str], fooled: Array, filtered: Filtered = "speech") -> TriedCurves:
        """Read them from the lines of their recipes.

        Args:
            lines: as `curve_at` makes them.
            fooled: shape (utterances, curves).
            filtered: what they filter.
        """
        read = [_gains_and_level(line) for line in lines]
        return cls(
            tuple(lines), np.array([one for one, _ in read]), np.array([level for _, level in read]), fooled, filtered
        )

    def ordered(self, weights: Array, belief: float) -> list[str]:
        """Put curves into an order: in turns an estimate, and the tried one that fools most of what is left.

        Args:
            weights: of the utterances.
            belief: which share of the utterances like one that was fooled is believed to be fooled.
        """
        left, found, free = weights.copy(), list[str](), np.ones(len(self.lines), dtype=bool)
        while free.any() and len(found) < LONGEST:
            estimate = self._estimate(left) if len(found) < 2 * _ESTIMATES else None
            if estimate is not None:
                line, likely = estimate
                found += [line] * (line not in found)
                left = left * (1 - belief * likely)
            place = best_left(self.fooled, left, free)
            free[place] = False
            found += [self.lines[place]] * (self.lines[place] not in found)
            left = left * (1 - belief * self.fooled[:, place])
        return found

    def _estimate(self, left: Array) -> tuple[str, Array] | None:
        """The curve towards which others fool, and how likely it is believed to fool each utterance.

        Args:
            left: weights of the utterances.
        """
        levels = np.unique(self.levels)
        wins = [(left @ self.fooled[:, self.levels == level]).sum() for level in levels]
        level = levels[int(np.argmax(wins))]
        fooled, gains = self.fooled[:, self.levels == level], self.gains[self.levels == level]
        direction = (left @ (fooled - fooled.mean(axis=1, keepdims=True))) @ gains
        if np.abs(direction).max() < 1e-9:
            return None
        along = gains @ direction / np.linalg.norm(gains, axis=1) / np.linalg.norm(direction)
        near = np.clip(along, 0, None) ** 2
        return str(curve_at(as_curve(direction), float(level), self.filtered)), fooled @ near / max(near.sum(), 1e-9)
