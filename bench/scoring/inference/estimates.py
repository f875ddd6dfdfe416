"""Estimates: a figure with its interval and what it rests on. Every score is made of these; start reading here."""

from __future__ import annotations

from dataclasses import dataclass

Interval = tuple[float, float]
"""Lower and upper bound."""
ROUNDING = 5e-10
"""What lies nearer to 0 than this is 0, but for rounding."""


@dataclass(frozen=True)
class Estimate:
    """Hold a share with its 95 % interval.

    Args:
        value: from 0 to 1.
        low: the interval's lower bound; intervals are clustered by speaker.
        high: its upper bound.
        n: answers that it is estimated from; an utterance counts once for each seed and repeat.
    """

    value: float
    low: float
    high: float
    n: int

    @property
    def ci95(self) -> Interval:
        """Return the interval as a pair."""
        return self.low, self.high

    def complement(self) -> Estimate:
        """Return one minus the share, as an error is of an accuracy; the interval turns round.

        >>> Estimate(0.75, 0.5, 1.0, 12).complement()
        Estimate(value=0.25, low=0.0, high=0.5, n=12)
        """
        return Estimate(1 - self.value, 1 - self.high, 1 - self.low, self.n)

    def named(self, name: str) -> dict[str, object]:
        """Return the figure under a name of its own among other fields of a JSON object, the interval beside it.

        >>> Estimate(0.75, 0.5, 1.0, 12).named("uar")
        {'uar': 0.75, 'uar_ci95': [0.5, 1.0]}
        """
        return {name: self.value, f"{name}_ci95": list(self.ci95)}

    def to_json(self) -> dict[str, object]:
        """Return the figure as an object of its own.

        >>> Estimate(0.75, 0.5, 1.0, 12).to_json()
        {'value': 0.75, 'ci95': [0.5, 1.0]}
        """
        return {"value": self.value, "ci95": list(self.ci95)}

    def __str__(self) -> str:
        """Return the figure as tables print it.

        >>> str(Estimate(0.25, 0.2, 0.3, 9))
        '0.25 [0.20, 0.30]'
        """
        return _shown(self, "")


@dataclass(frozen=True)
class Difference(Estimate):
    """Hold a difference of two shares with its 95 % interval: from -1 to 1, and printed with its sign."""

    @property
    def above_0(self) -> bool:
        """Return whether the whole interval lies above 0."""
        return self.low > 0

    def __str__(self) -> str:
        """Return the difference as tables print it; a small loss is −0.00, since verdicts go by the sign.

        >>> str(Difference(0.25, -0.1, 0.6, 9)), str(Difference(0.02, -0.001, 0.04, 9))
        ('+0.25 [-0.10, +0.60]', '+0.02 [-0.00, +0.04]')
        """
        return _shown(self, "+")


def _shown(figure: Estimate, sign: str) -> str:
    exact = (0.0 if abs(one) < ROUNDING else one for one in (figure.value, *figure.ci95))
    value, low, high = (f"{one:{sign}.2f}" for one in exact)
    return f"{value} [{low}, {high}]"
