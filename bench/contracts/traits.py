"""Traits: what a component declares of itself, beside its methods and parameters.

    @dataclass(frozen=True)
    class MyEffect:
        traits: ClassVar[Traits] = Traits(asks_once=True)

Where a parameter decides, `traits` is a property. A component that declares none has the defaults.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.contracts.threat_models import NOTHING_GRANTED, ThreatModel
from bench.core.errors import ComponentError, UsageError, blaming
from bench.core.types import SIGNAL, Modality

if TYPE_CHECKING:
    from bench.core.noises import NoiseSet


@dataclass(frozen=True)
class Traits:
    """What a victim, an attack or a defence declares of itself.

    Args:
        made_of: kind and spec of every other component that it is made of, trains on or draws from: they are part of
            its key, are built and checked with it, and their names are found wrong before a run begins.
        modalities: what a victim perceives: "sound", "text" or both; of a defence, what its victim perceives beside
            what the bare one does. Words are shown to one that perceives text, and to no other.
        trains: False for a victim that no training changes, since somebody else has trained it: a defence that works
            by training refuses it.
        trained_on: speakers of the corpus that somebody else trained a victim on, "*" for all of them: those of them
            who are attacked ring a bell.
        renews: a victim's recipe asks `FitContext.renew` for other utterances in every epoch.
        concurrent: a fitted victim's `log_probs` may be called by several threads at once; on a CPU the referee then
            runs a share of the searches on each core.
        randomised: answers are drawn anew for every query, from `Batch.generators`; cells are then repeated.
        sessions: a victim or a defence remembers what it was asked, within a session alone (`Batch.sessions`): each
            search has one of its own, which opens empty; clean speech is in none. What it is asked without one it
            answers as if it had never been asked anything.
        requests: as many requests a victim sends to somebody's service for each utterance that it is asked about; what
            a run comes to is said beforehand.
        most_requests: as many it sends in all, where nobody says otherwise; None for any number.
        certifies: a defence's victim proves how far its answers hold.
        dimensional: a victim answers numbers where its task has a scale
            ([`Dimensional`][bench.contracts.capabilities.Dimensional]); a defence defends such a one too.
        asks_once: an attack yields at most one candidate, whatever it is told: an effect, which can be composed.
        threat_model: what an attack needs to be granted: it is granted that, and no more.
        anytime: an attack asks the same first queries whatever its budget. It is not told the budget, and one search
            serves every number of queries; of any other a search is run for each, and of one that learns in rounds
            too: what it learns depends on the budget.
        adaptive: an attack has a copy of the defence, and looks through it (`AttackTools.defense_view`): a threat model
            that knows "defense", and a search that chooses among what the attack that it is made of finds.
        transfers: an attack brings what the first attack that it is made of finds on the bare victim
            (`AttackTools.transferred`): a threat model that knows "bare-victim".
        categories: the noise categories that an attack draws from, "signal" where it changes the signal itself; None
            stands for every category of the bank. Of a defence, those that it names; None where it needs some and
            names none.
        settings: what an effect calls its `source` is a setting (which way, how much), and no sound that utterances
            share: intervals are not clustered by it.
        sounds: what an attack that came with serbench looks for in the bank beside `categories`, as it names it to
            [`heard`][bench.NoiseSet.heard]; None for anything. What nothing looks for need not be made.
    """

    made_of: tuple[tuple[str, str], ...] = ()
    modalities: tuple[Modality, ...] = ()
    trains: bool = True
    trained_on: tuple[str, ...] = ()
    renews: bool = False
    concurrent: bool = False
    randomised: bool = False
    sessions: bool = False
    requests: int = 0
    most_requests: int | None = None
    certifies: bool = False
    dimensional: bool = False
    asks_once: bool = False
    threat_model: ThreatModel = NOTHING_GRANTED
    anytime: bool = False
    adaptive: bool = False
    transfers: bool = False
    categories: tuple[str, ...] | None = (SIGNAL,)
    settings: bool = False
    sounds: tuple[str, ...] | None = ()

    def __post_init__(self) -> None:
        for name in ("made_of", "modalities", "trained_on", "categories", "sounds"):
            several: object = getattr(self, name)
            if isinstance(several, str) or not (several is None or isinstance(several, Sequence)):
                found, remedy = f"{name}={several!r:.60}", f"write a comma after a single one: ({several!r:.60},)"
                raise UsageError("Traits", found, "several, in a tuple", remedy)
        granted: object = self.threat_model
        if not isinstance(granted, ThreatModel):
            found, remedy = f"threat_model={granted!r:.60}", 'write ThreatModel(answers="label"), for one'
            raise UsageError("Traits", found, "a bench.ThreatModel", remedy)

    def drawn_from(self, noises: NoiseSet) -> tuple[str, ...]:
        """Name the noise categories that are drawn from in a bank.

        Args:
            noises: the bank that None, every category, stands for.

        Returns:
            Names of categories, "signal" among them where the signal itself is changed.
        """
        return tuple(noises.categories) if self.categories is None else self.categories


NOTHING_DECLARED = Traits()
"""The traits of a component that declares none."""


def traits_of(component: Any) -> Traits:
    """Return what a component declares of itself, or the defaults.

    Args:
        component: of any kind.

    Raises:
        ComponentError: it declares something else, or its property raised.

    >>> from attacks.fade_in import FadeIn
    >>> traits_of(FadeIn()).asks_once, traits_of(object()).asks_once
    (True, False)
    """
    where, expected = f"{type(component).__name__}.traits", "a bench.Traits"
    remedy = "correct it, or leave it out: then the defaults hold"
    with blaming(where, expected, remedy):
        declared = component.traits if hasattr(type(component), "traits") else getattr(component, "traits", None)
    if declared is None and not hasattr(component, "traits"):
        return NOTHING_DECLARED
    if not isinstance(declared, Traits):
        raise ComponentError(where, f"a {type(declared).__name__}", expected, remedy)
    return declared
