"""Searches of other libraries that go from sound which fools the victim to the boundary: what they have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import partial
from typing import ClassVar

from bench.audio.signal.levels import audible
from bench.contracts.attacks import AttackTools, Steps
from bench.contracts.traits import Traits
from bench.core.heard import Heard
from bench.core.types import Rng
from bench.peers.questions import Array, Questions, asked_by
from bench.peers.starts import Start, starting_point, traits_from


class BegunAfar(ABC):
    """Run a library's search from a starting point, each sample that it asks about as a query.

    A subclass is a frozen dataclass with a field `start`, and walks.

    Attributes:
        image: sizes of the axes before the samples', as the library wants them.
    """

    image: ClassVar[tuple[int, ...]] = ()
    start: Start

    @abstractmethod
    def walk(self, begin: Array, questions: Questions) -> None:
        """Let the library search.

        Args:
            begin: shape (1, \\*image, t), from 0 to 1: fools the victim.
            questions: asks.
        """

    @property
    def traits(self) -> Traits:
        """Declare that it tries samples of its own, and what it draws a start from."""
        return traits_from(self.start)

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        """Yield what the library asks about."""
        if audible(original.waveform):
            yield from asked_by(partial(self._run, original, tools, rng), original, rng)

    def _run(self, original: Heard, tools: AttackTools, rng: Rng, questions: Questions) -> None:
        begin = starting_point(self.start, questions, original, tools, rng, self.image)
        if begin is not None:
            self.walk(begin, questions)
