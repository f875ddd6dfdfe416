"""What the referee relies on of attacks and effects, as checks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import torch

from bench.conformance.checking import ConformanceCheck, require
from bench.contracts.attacks import Attack, AttackTools, EffectTools, KnownSpeech, LearningAttack, SpeechEffect
from bench.contracts.granting import granted_to, is_anytime
from bench.contracts.threat_models import ThreatModel
from bench.contracts.traits import traits_of
from bench.core.errors import UsageError
from bench.core.heard import Heard
from bench.core.rng import keyed
from bench.core.types import Utterance
from bench.referee.referee import Referee
from bench.scoring.record_files.rows import Row

SAMPLE_BANK = "noise bank 'sample'"
"""How errors call the noises of `bench.testing.sample_noises`: the user has no such bank."""


@dataclass(frozen=True)
class AttackedSamples:
    """An attack, and what the referee wrote down of it; each number of queries is run when a check first needs it.

    Args:
        attack: with any parameters.
        run: gives the records, from a budget and how many searches go side by side.
        budgets: numbers of queries to try.
        known: the records by budget, once they are there.
    """

    attack: Attack | SpeechEffect
    run: Callable[[int, int], list[Row]]
    budgets: Sequence[int]
    known: dict[int, list[Row]] = field(default_factory=dict, repr=False)

    def rows(self, budget: int) -> list[Row]:
        """Return the records under a budget."""
        if budget not in self.known:
            try:
                self.known[budget] = self.run(budget, 64)
            except UsageError as error:
                if error.where != SAMPLE_BANK:
                    raise
                remedy = "checks draw from sample noises; tools.noises.categories has those of any bank"
                raise AssertionError(f"{error.found}; expected {error.expected}: {remedy}") from error
        return self.known[budget]


def attack_checks(attacked: AttackedSamples) -> list[ConformanceCheck]:
    """List what is asked of an attack: that it asks, within its budget, the same whatever happens beside it."""
    attack = attacked.attack

    def check(name: str, asks: str, run: Callable[[AttackedSamples], str], skip: str = "") -> ConformanceCheck:
        first = name == "asking"
        return ConformanceCheck(name, asks, lambda: run(attacked), () if first else ("asking",), skip, first)

    rounds = "what it learns in rounds depends on its budget"
    undeclared = rounds if traits_of(attack).anytime else "it does not declare the trait `anytime`"
    anytime = "" if is_anytime(attack) else undeclared
    once = "" if traits_of(attack).asks_once else "it does not declare the trait `asks_once`"
    learns = "" if isinstance(attack, LearningAttack) else "it has no method learn"
    return [
        check("asking", "Try something that the referee accepts as a candidate, and leave its original alone.", _asks),
        check("budget", "Ask no more than it may.", _keeps_within),
        check("neighbours", "Be the same when repeated, alone or beside other searches.", _alone),
        check("anytime", "Ask the same first queries whatever the budget.", _begins_alike, anytime),
        check("one query", "Ask at most once.", _asks_once, once),
        ConformanceCheck("learning", "Declare when it learns.", partial(_learns, attack), skip=learns),
    ]


def _asks(attacked: AttackedSamples) -> str:
    for budget in sorted(attacked.budgets, reverse=True):
        require(any(row.query for row in attacked.rows(budget)), "it never asked")
    rows = attacked.rows(max(attacked.budgets))
    said = {row.utterance for row in rows}
    counted = {row.utterance for row in rows if row.accepted}
    return (
        f"{sum(bool(row.query) for row in rows)} queries about {len(said)} sounds; {len(counted)} attacked successfully"
    )


def _keeps_within(attacked: AttackedSamples) -> str:
    for budget in attacked.budgets:
        most = max(row.query for row in attacked.rows(budget))
        require(most <= budget, f"{most} queries where {budget} were allowed")
    return f"of {', '.join(map(str, attacked.budgets))}"


def _alone(attacked: AttackedSamples) -> str:
    for budget in sorted(attacked.budgets, reverse=True):
        same = attacked.run(budget, 1) == attacked.rows(budget)
        require(same, "records depend on what else is attacked")
    return ""


def _begins_alike(attacked: AttackedSamples) -> str:
    most = attacked.rows(max(attacked.budgets))
    for budget in attacked.budgets:
        begun = attacked.rows(budget) == [row for row in most if row.query <= budget]
        require(begun, "it declares the trait anytime, and what it asks first depends on its budget")
    return ""


def _asks_once(attacked: AttackedSamples) -> str:
    most = max(row.query for row in attacked.rows(max(attacked.budgets)))
    require(most <= 1, "it declares the trait asks_once, and asks more than once")
    return ""


def _learns(attack: Attack | SpeechEffect) -> str:
    granted = granted_to(attack)
    found = "it has a method learn, which nobody calls: ThreatModel(round_size=...) or ThreatModel(rehearsal=...)"
    require(bool(granted.round_size or granted.rehearsal), found)
    return f"rounds of {granted.round_size}" if granted.round_size else f"a rehearsal of {granted.rehearsal} queries"


def effect_checks(
    effect: SpeechEffect, said: Sequence[Utterance], tools: Callable[[str, str], EffectTools]
) -> list[ConformanceCheck]:
    """List what is asked of an effect: it spares what it is given, and draws from its key alone.

    Args:
        effect: with any parameters.
        said: utterances to apply it to.
        tools: makes what it is given, from a speaker and the id of the utterance at hand.
    """

    def draws_from_its_key() -> str:
        applied = 0
        for one in said:
            own, heard = tools(one.speaker, one.id), Heard.of(one, one.speaker)
            first, again = (effect.apply(heard, own, keyed("effect", one.id)) for _ in range(2))
            require((first is None) == (again is None), "the same key makes something else")
            if first is not None and again is not None:
                require(torch.equal(first.waveform, again.waveform), "the same key makes something else")
                require(first.speaker == heard.speaker, "it changed who speaks")
                applied += 1
        return f"applied to {applied} of {len(said)}"

    def spares() -> str:
        before = [one.waveform.clone() for one in said]
        bank = tools("", "").noises
        sounds = [clip.waveform.clone() for clip in bank.clips]
        for one in said:
            effect.apply(Heard.of(one, one.speaker), replace(tools(one.speaker, one.id), noises=bank), keyed(one.id))
        kept = all(torch.equal(one.waveform, was) for one, was in zip(said, before, strict=True))
        require(kept, "it changed its original")
        same = all(torch.equal(clip.waveform, sound) for clip, sound in zip(bank.clips, sounds, strict=True))
        require(same, "it changed the noise bank")
        return ""

    return [
        ConformanceCheck("key", "Make the same of a sound whenever the key is the same.", draws_from_its_key),
        ConformanceCheck("sparing", "Leave its original and the noise bank as they were.", spares),
    ]


def with_knowledge(
    granted: ThreatModel, tools: AttackTools, known: Sequence[Utterance], referee: Referee
) -> AttackTools:
    """Add to an attack's tools the speech that its threat model knows.

    Args:
        granted: the threat model.
        tools: without it.
        known: labelled speech, of other speakers than those who are attacked.
        referee: asks the victim about it.
    """
    heard = [Heard.of(one, one.speaker) for one in known]
    if "validation" in granted.knows:
        answers = referee.names(referee.labels(known))
        tools = replace(tools, validation=tuple(map(KnownSpeech, heard, answers)))
    if "training" in granted.knows:
        labels = [referee.task.label_of(one) or "" for one in known]
        tools = replace(tools, training=tuple(map(KnownSpeech, heard, labels)))
    return tools
