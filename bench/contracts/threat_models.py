"""Threat models, one vocabulary: what an attacker knows, is answered, may do, and asks.

    traits = Traits(threat_model=ThreatModel(answers="label", allowed="additive"))

An attack declares one, and the referee grants just that. What is not declared is not lent, not told, and not asked
about. docs/threat_model.md explains each word.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar, get_args

from bench.core.errors import UsageError
from bench.core.specs import did_you_mean

Counted = Literal["imperceptible", "additive", "all"]
"""Which noises an attack may use, and which successes are counted."""
COUNTED: tuple[Counted, ...] = get_args(Counted)
"""The kinds, each within the next: what counts in one counts in those after it."""
Knowledge = Literal["noise-harm", "validation", "training", "bare-victim", "defense"]
"""What an attacker may know beforehand."""
KNOWLEDGE: tuple[Knowledge, ...] = get_args(Knowledge)
Answers = Literal["fooled", "label", "refusals", "probabilities"]
"""What an attacker is told of a candidate."""
ANSWERS: tuple[Answers, ...] = get_args(Answers)
"""The kinds, each with all that those before it tell."""

_IN_WORDS: Mapping[str, str] = {
    "noise-harm": "how much each noise category harms",
    "validation": "the victim's answers on validation speakers",
    "training": "training speech",
    "bare-victim": "the victim without its defence",
    "defense": "the defence",
    "fooled": "whether it was fooled",
    "label": "the label",
    "refusals": "the label and refusals",
    "probabilities": "probabilities and refusals",
}
_USUAL: Mapping[str, Any] = {"rehearsal": 0, "identities": 1, "target": ""}
"""What JSON leaves out where it is so, in the order of the fields: records of before do not have it."""
_Word = TypeVar("_Word", bound=str)


def _checked(name: str, given: object, words: tuple[_Word, ...]) -> None:
    if given not in words:
        remedy = did_you_mean(given, words) if isinstance(given, str) else "take one of these"
        raise UsageError("ThreatModel", f"{name}={given!r:.60}", "one of " + ", ".join(words), remedy)


@dataclass(frozen=True)
class ThreatModel:
    """What an attack needs to be granted.

    How many queries there are is the run's to say (`--k`), and whether the attack is told, the trait `anytime`.

    Args:
        knows: what the attacker knows beforehand: "noise-harm", the loss of UAR by noise category on validation
            speakers (P1's Corr); "validation", clean speech of validation speakers with the victim's answers;
            "training", the speech that the victim was trained on, with its labels; "bare-victim", a copy of the victim
            without its defence; "defense", a copy of the defence, to look through.
        answers: what is told of each candidate: "fooled", whether the victim's label changed, and no more; "label", the
            label too; "refusals", also whether the victim refused; "probabilities", also that of each class.
        allowed: what may be tried: "imperceptible", what people were found to hear as the same emotion; "additive",
            that and whatever keeps the length; "all". The victim is not asked about anything else.
        round_size: utterances in a round: after each round the attack is told what its searches were, and may change
            its plan (`learn`); 0 where it learns nothing from one utterance for another.
        rehearsal: queries that it may spend on each utterance of validation speakers before anybody is attacked, for
            one that knows "validation": a budget of its own, after which it may make its plan (`learn`); 0 for none.
        identities: under so many names it asks, in turn: a victim that remembers (trait `sessions`) knows what each
            has asked, and not that they are one.
        target: the class that it is to be answered (`--target`): an attack has succeeded where the victim says that,
            and did not before; "" where any other label will do.

    Raises:
        UsageError: a word is none of these, a number is below 0, identities are below 1, or it rehearses and does not
            know "validation".

    >>> print(ThreatModel(knows=("defense", "noise-harm"), allowed="additive"))
    knows how much each noise category harms, the defence; told whether it was fooled; tries additive
    """

    knows: tuple[Knowledge, ...] = ()
    answers: Answers = "fooled"
    allowed: Counted = "all"
    round_size: int = 0
    rehearsal: int = 0
    identities: int = 1
    target: str = ""

    def __post_init__(self) -> None:
        for word in self.knows:
            _checked("knows", word, KNOWLEDGE)
        _checked("answers", self.answers, ANSWERS)
        _checked("allowed", self.allowed, COUNTED)
        for name, value, least in (
            ("round_size", self.round_size, 0),
            ("rehearsal", self.rehearsal, 0),
            ("identities", self.identities, 1),
        ):
            if type(value) is not int or value < least:
                expected, remedy = f"a whole number from {least}", f"leave it out for {least}"
                raise UsageError("ThreatModel", f"{name}={value!r:.40}", expected, remedy)
        if self.rehearsal and "validation" not in self.knows:
            found = f"rehearsal={self.rehearsal} and knows={self.knows!r:.80}"
            raise UsageError("ThreatModel", found, '"validation" among what it knows', "name it")
        object.__setattr__(self, "knows", tuple(word for word in KNOWLEDGE if word in self.knows))

    def knowing(self, *more: Knowledge) -> ThreatModel:
        """Return the same with further knowledge."""
        return replace(self, knows=(*self.knows, *more))

    def tells(self, kind: Answers) -> bool:
        """Tell whether answers hold at least what a kind does.

        Args:
            kind: one of `ANSWERS`.

        >>> ThreatModel(answers="refusals").tells("label"), ThreatModel().tells("label")
        (True, False)
        """
        return ANSWERS.index(self.answers) >= ANSWERS.index(kind)

    def allows(self, imperceptible: bool, additive: bool) -> bool:
        """Tell whether a candidate may be tried.

        Args:
            imperceptible: whether it is of that kind.
            additive: likewise.
        """
        return {"imperceptible": imperceptible, "additive": additive, "all": True}[self.allowed]

    def shared(self, corr: bool) -> ThreatModel:
        """Return what the variants of one attack have in common: all but P1's Corr and Noises, which tables name.

        Args:
            corr: whether tables name it as informed.
        """
        knows = tuple(word for word in self.knows if not (corr and word == "noise-harm"))
        return replace(self, knows=knows, allowed="all")

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON; of what is seldom (`rehearsal`, `identities`, `target`) only what says something."""
        told = {**vars(self), "knows": list(self.knows)}
        left_out = {name for name, usual in _USUAL.items() if told[name] == usual}
        return {name: value for name, value in told.items() if name not in left_out}

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> ThreatModel:
        """Read it from plain JSON.

        Raises:
            UsageError: a word is none that there is, or something else stands there.
        """
        required = {"knows", "answers", "allowed", "round_size"}
        texts = isinstance(told.get("target", ""), str) and isinstance(told.get("knows"), list | tuple)
        if set(told) - set(_USUAL) != required or not texts:
            expected = "knows, answers, allowed, round_size"
            raise UsageError("ThreatModel", f"{sorted(map(str, told))!r:.80}", expected, "write it with to_json")
        last = [told.get(name, usual) for name, usual in _USUAL.items()]
        return cls(tuple(told["knows"]), told["answers"], told["allowed"], told["round_size"], *last)

    def __str__(self) -> str:
        """Return it in words."""
        knows = ", ".join(_IN_WORDS[word] for word in self.knows) or "nothing"
        rounds = f"; learns in rounds of {self.round_size}" if self.round_size else ""
        rounds += f"; rehearses with {self.rehearsal} queries each" if self.rehearsal else ""
        rounds += f"; asks under {self.identities} names" if self.identities > 1 else ""
        tries = "anything" if self.allowed == "all" else self.allowed
        aim = f"; wants {self.target!r} as the answer" if self.target else ""
        return f"knows {knows}; told {_IN_WORDS[self.answers]}; tries {tries}{rounds}{aim}"


NOTHING_GRANTED = ThreatModel()
"""The threat model of an attack that declares none: one bit an answer, nothing known, anything tried."""
