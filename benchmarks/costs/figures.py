"""A figure of the benchmark, and what became of it since the baseline."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

Change = Literal["slower", "faster", "same", "new", "gone"]
BASELINE = Path(__file__).parents[1] / "baseline.json"


@dataclass(frozen=True)
class Figure:
    """One figure; less is better.

    Args:
        name: what was measured.
        value: what was found.
        unit: of the value.
        slack: by what share it may lie above the baseline: 0 for what this checkout's code alone decides.
    """

    name: str
    value: float
    unit: str
    slack: float = 0.0


@dataclass(frozen=True)
class Line:
    """A figure beside the baseline's.

    Args:
        now: as it is; None where it is no longer measured.
        before: the baseline's; None where that has none.
    """

    now: Figure | None
    before: Figure | None

    @property
    def change(self) -> Change:
        """Tell what became of it."""
        if self.now is None:
            return "gone"
        if self.before is None:
            return "new"
        if self.now.value > self.before.value * (1 + self.now.slack):
            return "slower"
        return "faster" if self.now.value < self.before.value * (1 - self.now.slack) else "same"

    def __str__(self) -> str:
        one = self.now or self.before
        assert one is not None, "a line has one of the two"
        now, before = (f"{side.value:.4g}" if side else "-" for side in (self.now, self.before))
        return f"{one.name:44}{now:>12}{before:>12}  {one.unit:28}{self.change}"


def compared(now: Iterable[Figure], before: Iterable[Figure]) -> list[Line]:
    """Put figures beside a baseline's, by their names; what the baseline alone has comes last.

    Args:
        now: as they are.
        before: the baseline's.
    """
    known = {one.name: one for one in before}
    lines = [Line(one, known.pop(one.name, None)) for one in now]
    return lines + [Line(None, one) for one in known.values()]


def worse(lines: Sequence[Line]) -> list[Line]:
    """Return what got slower, or is no longer measured."""
    return [line for line in lines if line.change in ("slower", "gone")]


def told(counts: Sequence[Figure], ratios: Sequence[Figure]) -> dict[str, Any]:
    """Turn figures into JSON.

    Args:
        counts: that no clock decides.
        ratios: of times.
    """
    return {"schema": 1, "counts": [asdict(one) for one in counts], "ratios": [asdict(one) for one in ratios]}


def read(path: Path) -> dict[str, list[Figure]]:
    """Read a baseline: counts and ratios."""
    found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return {kind: [Figure(**one) for one in found[kind]] for kind in ("counts", "ratios")}
