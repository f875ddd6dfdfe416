"""Instances that nobody has asked anything, kept so that the next cell of the same fitted victim gets copies of them.

To load a victim and enrol it takes longer than to ask it a few questions. A copy of one that was never asked is what
loading gives: it has met nothing, and dies with its cell.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from bench.core.computing.copying import copier_of
from bench.core.computing.memo import Memo
from bench.evaluation.cell.cells import FittedKey
from bench.evaluation.cell.experiment import Experiment
from bench.evaluation.cell.fitted_store import fitted_folder
from bench.referee.blinding import Instance

_T = TypeVar("_T")
MOST_BYTES = 2**25
"""Of weights on disk: what is larger is loaded anew, so that memory holds no second copy of it."""


@dataclass(frozen=True)
class Spares(Memo):
    """Instances of one fitted victim as they were loaded and enrolled, and what follows from its speech alone."""

    _kept: dict[tuple[FittedKey, str, str], Callable[[], Instance] | None] = field(default_factory=dict, repr=False)

    def of_speech(self, speech: object, what: Hashable, make: Callable[[], _T]) -> _T:
        """Return what follows from some speech, made when it is first asked for.

        Args:
            speech: the same object each time.
            what: names it.
            make: makes it.
        """
        return self.once((id(speech), what), lambda: (speech, make()))[1]  # held, so that its id is nobody else's

    def instance(
        self, experiment: Experiment, fitted: FittedKey, place: str, make: Callable[[str], Instance], name: str
    ) -> Instance:
        """Return an instance that has not been asked anything.

        Args:
            experiment: data and machine.
            fitted: which victim.
            place: names the look and who is asked about.
            make: loads and enrols an instance of a name.
            name: of the instance.
        """
        key = fitted, place, name
        if key not in self._kept:
            made = make(name)
            self._kept[key] = _copies_of(made) if _may_be_copied(experiment, fitted) else None
            return made
        copies = self._kept[key]
        return make(name) if copies is None else copies()


def _may_be_copied(experiment: Experiment, fitted: FittedKey) -> bool:
    """Whether a victim is small, trained here, and of code that is trusted to be nothing but what it holds."""
    parts = [part for part in (fitted.victim, fitted.defense) if part is not None]
    if fitted.sessions or not fitted.victim.traits.trains or not all(part.built_in for part in parts):
        return False
    folder = fitted_folder(experiment, fitted)
    return folder.is_dir() and sum(file.stat().st_size for file in folder.iterdir()) <= MOST_BYTES


def _copies_of(made: Instance) -> Callable[[], Instance] | None:
    """What gives copies of an instance; None where its victim holds what cannot be copied, such as a lock."""
    try:
        victim = copier_of(made.victim)
    except TypeError:
        return None
    return lambda: replace(made, victim=victim())
