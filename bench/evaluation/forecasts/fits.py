"""What the trainings took that are kept in the cache: for estimates."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bench.core.specs import NO_DEFENSE
from bench.core.storage.cache import cache_dir
from bench.core.storage.files import read_file
from bench.core.storage.json_objects import loaded
from bench.evaluation.cell.cells import FittedKey
from bench.evaluation.cell.fitted_store import COST
from bench.evaluation.forecasts.costs import fitted_kind, kind_named, victim_named


@dataclass(frozen=True)
class Fits:
    """What trainings took that are kept: seconds an utterance, and bytes.

    Args:
        seconds: by `bench.evaluation.forecasts.costs.kind_named`.
        sizes: likewise.
    """

    seconds: Mapping[str, list[float]]
    sizes: Mapping[str, list[int]]

    @classmethod
    def known(cls) -> Fits:
        """Look at every fitted victim in the cache."""
        seconds: dict[str, list[float]] = {}
        sizes: dict[str, list[int]] = {}
        for folder in _folders(cache_dir() / "victims"):
            with suppress(OSError, ValueError, KeyError, TypeError, ArithmeticError):
                told = loaded(read_file(folder / "fitting.json"))
                specs = (str(told["victim"]["spec"]), str(told["defense"]["spec"]) if told["defense"] else NO_DEFENSE)
                kind = kind_named(*specs)
                sizes.setdefault(kind, []).append(sum(file.stat().st_size for file in folder.iterdir()))
                cost = loaded(read_file(folder / COST))
                each = float(cost["fit_s"]) / int(cost["utterances"])
                seconds.setdefault(kind, []).extend([each] if 0 <= each < math.inf else [])
        return cls(seconds, sizes)

    def seconds_of(self, fitted: FittedKey) -> tuple[float | None, bool]:
        """Return the seconds a training utterance took, and whether that is a guess: of other trainings, or none."""
        return _median(self.seconds, fitted), fitted_kind(fitted) not in self.seconds

    def bytes_of(self, fitted: FittedKey) -> float | None:
        """Return what such a fitted victim takes on disk; None where there are none."""
        return _median(self.sizes, fitted)


def _folders(parent: Path) -> Iterable[Path]:
    with suppress(OSError):
        return [one for one in parent.iterdir() if not one.name.startswith(".")]
    return []


def _median(found: Mapping[str, list[float]] | Mapping[str, list[int]], fitted: FittedKey) -> float | None:
    kind = fitted_kind(fitted)
    of_name = [one for other, some in found.items() if victim_named(other) == victim_named(kind) for one in some]
    nearest = found.get(kind) or of_name or [one for some in found.values() for one in some]
    return float(statistics.median(nearest)) if nearest else None
