"""One attack before one referee, from the clean speech to what is asked again: opened, searched in parts, closed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch

from bench.contracts.attacks import PastSearch
from bench.core.computing.threads import in_threads
from bench.core.rng import key_of
from bench.core.types import Utterance
from bench.referee.asking import Asking
from bench.referee.clean_answers import CleanAnswer
from bench.referee.minutes import Minutes
from bench.referee.search import Search
from bench.referee.side_by_side import threads_for
from bench.scoring.record_files.rows import Row


@dataclass(frozen=True)
class Sitting:
    """One attack before one referee.

    Args:
        asking: how the victim is asked.
        minutes: what is noted.
        known: the utterances by id, each with what the victim said of it.
        begin: begins the search of an utterance, under a plan.
        lockstep: steps searches side by side until all have ended.
        finish: looks at successes, asks again, and gives the rows.
        order_key: draws the order in which searches begin; by length where it is "".
    """

    asking: Asking
    minutes: Minutes
    known: Mapping[str, tuple[Utterance, CleanAnswer]]
    begin: Callable[[Utterance, CleanAnswer, str], Search]
    lockstep: Callable[[Iterator[Search], threading.Event], None]
    finish: Callable[[], list[Row]]
    order_key: str = ""

    def search(self, utterances: Sequence[Utterance], plan: str) -> dict[str, PastSearch]:
        """Attack some of the utterances.

        Args:
            utterances: each of them once in a sitting.
            plan: what the attack has learnt before, as JSON.

        Returns:
            Of an attack that learns, by id what its searches were; nothing of any other.
        """
        past: dict[str, Search] = {}

        def begun(id: str) -> Search:
            search = self.begin(*self.known[id], plan)
            if search.learns:
                past[id] = search
            return search

        @torch.no_grad()
        def work(share: Sequence[str], stopped: threading.Event) -> None:
            self.lockstep(map(begun, share), stopped)

        threads = threads_for(self.asking.instance, self.asking.device)
        in_threads(work, self._order(utterances), threads)
        return {id: search.past for id, search in past.items()}

    def _order(self, utterances: Sequence[Utterance]) -> list[str]:
        """Ids in the order in which their searches begin: those of like length side by side."""
        if self.order_key:
            return sorted((one.id for one in utterances), key=lambda id: (key_of("begins", self.order_key, id), id))
        lengths = {one.id: (one.waveform.shape[-1], place) for place, one in enumerate(utterances)}
        return sorted(lengths, key=lambda id: lengths[id])
