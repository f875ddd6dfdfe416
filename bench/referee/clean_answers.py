"""What a victim said of clean speech, asked once: before anything else, of an instance that dies with the answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench.core.types import Utterance
from bench.referee.prediction import Said
from bench.referee.rechecks import Question


@dataclass(frozen=True)
class CleanAnswer:
    """What a victim said of one clean utterance.

    Args:
        answer: to the query that stands in the records.
        drawn: class indices of a randomised victim's further draws; none of any other.
        further: the first of those draws, which may be asked for again.
    """

    answer: Said
    drawn: tuple[int, ...] = ()
    further: Said | None = field(default=None, repr=False, compare=False)

    @property
    def flip_share(self) -> float | None:
        """Compute the share of the further draws that said something else; None without any.

        >>> CleanAnswer(Said(0), (0, 1, 0, 0)).flip_share
        0.25
        """
        return sum(one != self.answer.label for one in self.drawn) / len(self.drawn) if self.drawn else None

    @property
    def settled(self) -> bool:
        """Tell whether most of the further draws said the same: else the label is chance, and so is another one."""
        return self.flip_share is None or self.flip_share < 0.5


@dataclass(frozen=True)
class KnownClean:
    """What one fitted victim said of clean speech, and of the canaries before it; attacks on it share this.

    Args:
        canaries: noisy utterances that were asked about before the clean ones, with the answers.
    """

    canaries: list[Question] = field(default_factory=list)
    _known: dict[int, tuple[Utterance, CleanAnswer]] = field(default_factory=dict, repr=False)

    def of(
        self, utterances: Sequence[Utterance], ask: Callable[[Sequence[Utterance]], Sequence[CleanAnswer]]
    ) -> list[CleanAnswer]:
        """Return the answers about clean utterances, and ask about those that nobody has asked about.

        Args:
            utterances: the objects themselves count, not what is in them.
            ask: gives the answers, in order.
        """
        new = [one for one in utterances if id(one) not in self._known]
        for one, answer in zip(new, ask(new) if new else (), strict=True):
            self._known[id(one)] = one, answer  # held, so that no other one takes its id
        return [self._known[id(one)][1] for one in utterances]
