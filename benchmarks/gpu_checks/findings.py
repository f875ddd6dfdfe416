"""What a check found: a figure, its bound, and whether it holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["pass", "FAIL", "measured", "not checked"]


@dataclass(frozen=True)
class Finding:
    """One line of the table.

    Args:
        check: what was looked at.
        subject: of what.
        figure: what was found; None where nothing could be.
        unit: of the figure.
        bound: the greatest figure that passes; None where there is none.
        note: why there is no figure, or what to know of it.
    """

    check: str
    subject: str
    figure: float | None
    unit: str = ""
    bound: float | None = None
    note: str = ""

    @property
    def verdict(self) -> Verdict:
        """Tell whether the bound holds; NaN holds none."""
        if self.figure is None:
            return "not checked"
        if self.bound is None:
            return "measured"
        return "pass" if self.figure <= self.bound else "FAIL"


def unchecked(check: str, subject: str, why: str) -> Finding:
    """Say that something was not looked at, and why."""
    return Finding(check, subject, None, note=why)


def broken(check: str, subject: str, error: Exception) -> Finding:
    """Say that a check ended with an error: that passes no bound."""
    lines = str(error).splitlines() or [""]
    return Finding(check, subject, 1.0, "error", 0.0, f"{type(error).__name__}: {lines[0][:160]}")


def table(findings: Sequence[Finding]) -> str:
    """Lay findings out as text, a line each."""
    lines = [f"{'check':26}{'of':34}{'found':>12}  {'unit':22}{'bound':>8}  verdict"]
    for one in findings:
        figure = "-" if one.figure is None else f"{one.figure:.4g}"
        bound = "-" if one.bound is None else f"{one.bound:.4g}"
        note = f"  ({one.note})" if one.note else ""
        lines.append(f"{one.check:26}{one.subject:34}{figure:>12}  {one.unit:22}{bound:>8}  {one.verdict}{note}")
    return "\n".join(lines)
