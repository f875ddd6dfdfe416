"""A shared store in the simulation: so many operations a second, each with a delay of its own."""

from __future__ import annotations

from dataclasses import dataclass, field

PAGE = 1000
"""Names that one listing gives at a time."""


@dataclass(frozen=True)
class StoreKind:
    """Describe a store.

    Args:
        name: of the kind.
        latency_s: what each operation takes where nobody else asks.
        per_s: operations a second that it serves.
        exclusive: whether it makes a file for one of several that ask at once.
    """

    name: str
    latency_s: float
    per_s: float
    exclusive: bool = True


LOCAL = StoreKind("a disk", 0.00005, 50_000)
NFS = StoreKind("NFS", 0.001, 3_000)
OBJECTS = StoreKind("object store", 0.03, 3_500)
MOUNTED = StoreKind("object store, mounted", 0.03, 3_500, exclusive=False)


@dataclass
class Store:
    """Serve operations in the order in which they are asked.

    Args:
        kind: what it is.
    """

    kind: StoreKind
    free_at: float = 0.0
    served: int = 0
    busy_s: float = 0.0
    beating: int = field(default=0)
    """Leases that are touched every ten seconds meanwhile."""

    def ends(self, now: float, operations: int) -> float:
        """Ask for some operations, one after the other; return when the last is done.

        Args:
            now: when they are asked for.
            operations: how many.
        """
        rate = max(self.kind.per_s - self.beating / 10.0, self.kind.per_s / 100.0)
        took = operations / rate
        self.free_at = max(now, self.free_at) + took
        self.served, self.busy_s = self.served + operations, self.busy_s + took
        return max(self.free_at, now + operations * self.kind.latency_s)


def listing(names: int) -> int:
    """Count the operations that listing so many names takes."""
    return 1 + names // PAGE
