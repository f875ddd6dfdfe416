"""What a grid comes to before it runs: cells, trainings and queries, what is done of them, time and disk."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class GroupForecast:
    """What a fitted victim's cells come to.

    Args:
        fitted: the victim, in words.
        cells: planned.
        done: of them, finished already.
        failed: of them, noted as failed before; they are tried again.
        queries: still to be asked at most: a search ends when it has succeeded.
        trained: whether nothing is left to train: the victim is kept already, or is a model of the user's, as it is.
        seconds: that what is left takes; an estimate.
        bytes: that it takes on disk; an estimate.
        guessed: whether nothing like it has been measured here, so that the time is a guess.
        requests: that are sent to a service at most, Corr among them; what was answered before is not asked again.
        corr_requests: of them, for Corr.
        requests_allowed: as many are sent in all, those of earlier runs too; None for any number, or for no service.
    """

    fitted: str
    cells: int
    done: int
    failed: int
    queries: int
    trained: bool
    seconds: float
    bytes: float
    guessed: bool
    requests: int = 0
    corr_requests: int = 0
    requests_allowed: int | None = None


@dataclass(frozen=True)
class Forecast:
    """What a grid comes to.

    Args:
        groups: one for each fitted victim, in the order in which they are begun.
    """

    groups: tuple[GroupForecast, ...]

    @property
    def cells(self) -> int:
        """Count the planned cells."""
        return sum(group.cells for group in self.groups)

    @property
    def done(self) -> int:
        """Count the finished cells."""
        return sum(group.done for group in self.groups)

    @property
    def failed(self) -> int:
        """Count the cells that failed before."""
        return sum(group.failed for group in self.groups)

    @property
    def left(self) -> int:
        """Count the cells that are still to be measured."""
        return self.cells - self.done

    @property
    def to_train(self) -> int:
        """Count the victims that are still to be trained."""
        return sum(not group.trained and group.done < group.cells for group in self.groups)

    @property
    def queries(self) -> int:
        """Count the queries that are still to be asked, at most."""
        return sum(group.queries for group in self.groups)

    @property
    def requests(self) -> int:
        """Count the requests that services are sent, at most."""
        return sum(group.requests for group in self.groups)

    def seconds(self, workers: int = 1) -> float:
        """Estimate how long what is left takes.

        Args:
            workers: side by side, each on cores of its own; one fitted victim is not trained by two.
        """
        slowest = max((group.seconds for group in self.groups), default=0.0)
        together = sum(group.seconds for group in self.groups) / workers
        return max(together, min(slowest, together * 2))

    @property
    def bytes(self) -> float:
        """Estimate what is left takes on disk."""
        return sum(group.bytes for group in self.groups)

    @property
    def guessed(self) -> bool:
        """Return whether time is a guess for some of it."""
        return any(group.guessed for group in self.groups if group.done < group.cells)

    def to_json(self) -> dict[str, object]:
        """Return what `--dry-run --json` writes: docs/json.md."""
        totals = {"cells": self.cells, "done": self.done, "failed": self.failed, "to_train": self.to_train}
        estimates = {
            "queries": self.queries,
            "requests": self.requests,
            "seconds": round(self.seconds(), 1),
            "bytes": round(self.bytes),
        }
        return {"schema": 1, **totals, **estimates, "guessed": self.guessed} | {
            "groups": [asdict(group) for group in self.groups]
        }
