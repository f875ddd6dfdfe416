"""What a dimensional task's records say of their scale, and of what counts as another answer."""

from __future__ import annotations

import itertools
from dataclasses import asdict, dataclass
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from bench.core.storage.json_objects import JsonObject
from bench.core.types import Task

_WAYS = ("either", "up", "down")


@dataclass(frozen=True)
class Dimension:
    """Describe a dimensional task.

    Args:
        attribute: "activation", "valence" or "dominance".
        low: the scale's lower end.
        high: its upper end.
        shift: by more than how much an answer has to move; 0 where there are bins.
        direction: which way it has to move.
        bins: the upper edges of all bins but the last, and none where the rule is a shift.
        classes: names of the bins, or where a number lies from the answer about clean speech.
    """

    attribute: str
    low: float
    high: float
    shift: float
    direction: str
    bins: tuple[float, ...]
    classes: tuple[str, ...]

    @classmethod
    def of(cls, told: JsonObject) -> Dimension | None:
        """Read it from a task as descriptions have it; None of a task of classes.

        Raises:
            DataError: a field is missing, or of another type.
        """
        if not told.has("scale"):
            return None
        scale, bins = told.numbers("scale"), told.numbers("bins")
        direction = told.text("direction")
        if len(scale) != 2 or not scale[0] < scale[1] or direction not in _WAYS:
            raise told.wrong("scale", f"{list(scale)}, direction {direction!r}", "two rising numbers, and a direction")
        classes = told.texts("classes")
        return cls(told.text("attribute"), scale[0], scale[1], told.number("shift"), direction, bins, classes)

    @property
    def task(self) -> Task:
        """Return it as a task, for the rules of [`bench.core.dimensional`][]."""
        attribute = cast("Literal['activation', 'valence', 'dominance']", self.attribute)
        direction = cast("Literal['either', 'up', 'down']", self.direction)
        scale = (self.low, self.high)
        return Task("", self.classes, attribute, self.bins, scale=scale, shift=self.shift, direction=direction)

    def places(self, values: NDArray[np.float64], before: NDArray[np.float64]) -> NDArray[np.object_]:
        """Name the class of each of n numbers, as [`place_of`][bench.core.dimensional.place_of] does of one.

        Args:
            values: shape (n,).
            before: shape (n,), what was answered about the clean speech.
        """
        names = np.asarray(self.classes, dtype=object)
        if self.bins:
            found: NDArray[np.object_] = names[np.searchsorted(np.asarray(self.bins), values, side="left")]
            return found
        moved = values - before
        up = (moved > self.shift) & (self.direction != "down")
        down = (-moved > self.shift) & (self.direction != "up")
        same = names[1 + up.astype(int) - down.astype(int)]
        return np.asarray(same, dtype=object)

    def bands(self, ratings: NDArray[np.float64]) -> NDArray[np.object_]:
        """Name the third of the scale that each rating lies in, such as "rated 1 to 2.33".

        Args:
            ratings: shape (n,).
        """
        edges = np.linspace(self.low, self.high, 4)
        names = [f"rated {low:.3g} to {high:.3g}" for low, high in itertools.pairwise(edges)]
        return np.asarray(names, dtype=object)[np.searchsorted(edges[1:3], ratings, side="left")]

    def __str__(self) -> str:
        """Return in words when an attack has succeeded."""
        scale = f"{self.attribute} from {self.low:g} to {self.high:g}"
        if self.bins:
            return f"{scale}; success: an answer in another of the bins {', '.join(self.classes)}"
        way = {"either": "up or down", "up": "up", "down": "down"}[self.direction]
        return f"{scale}; success: an answer that moved by more than {self.shift:g}, {way}"

    def to_json(self) -> dict[str, object]:
        """Return `dimension` of docs/json.md."""
        return asdict(self) | {"bins": list(self.bins), "classes": list(self.classes)}
