"""What a process of its own is opened for, and what it then sees."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import torch

from bench.contracts.component import SINGULAR
from bench.contracts.registry import Registry
from bench.core.showing.progress import SILENT, Progress
from bench.core.specs import ISOLATED
from bench.isolation.limits import Limits
from bench.isolation.process import IsolatedProcess
from bench.isolation.showing import shown_for


@dataclass(frozen=True)
class Room:
    """What a sandbox is opened for.

    Args:
        limits: what each process may take.
        hidden: folders that none may see: corpus, cache, results.
        registry: finds what has to be shown.
        inside: kinds and specs, without `isolated:`, of all that runs in it.
        spare: processes that have only been asked about the component, for whoever needs one next.
    """

    limits: Limits = field(repr=False)
    hidden: tuple[Path, ...] = field(repr=False)
    registry: Registry = field(repr=False, compare=False)
    inside: tuple[tuple[str, str], ...]
    spare: list[IsolatedProcess] = field(default_factory=list, repr=False, compare=False)

    @property
    def where(self) -> str:
        """Name it in messages."""
        return " under ".join(f"{SINGULAR[kind]} {ISOLATED + spec!r}" for kind, spec in self.inside)

    def spec_of(self, kind: str) -> str:
        """Return the spec of what is of a kind; "" where nothing is."""
        return next((spec for one, spec in self.inside if one == kind), "")

    def open(self, progress: Progress, device: torch.device | None = None) -> IsolatedProcess:
        """Start a process that sees what it needs.

        Args:
            progress: shown what it tells of its work.
            device: where it computes; on the CPU by default.

        Raises:
            UsageError: bubblewrap cannot start, or a spec names a file that is not there.
            ComponentError: the process did not come up.
        """
        if self.spare and (device is None or device.type == "cpu"):
            process = self.spare.pop()
            process.where, process.progress = self.where, progress
            return process
        shown = shown_for(self.registry, self.inside, self.hidden)
        gpu = device is not None and device.type == "cuda"
        return IsolatedProcess(self.where, shown, self.limits, gpu, progress)

    @contextmanager
    def asked(self) -> Iterator[IsolatedProcess]:
        """Give a process for a question about the component itself, and keep it for whoever needs one next.

        Raises:
            UsageError, ComponentError: as of `open`.
        """
        process = self.open(SILENT)
        try:
            yield process
        finally:
            if not process.ended:
                self.spare.append(process)
