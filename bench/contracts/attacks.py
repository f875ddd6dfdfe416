"""What an attack is, what an effect is, and what each is given to work with."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, runtime_checkable

from bench.contracts.perception import Perception
from bench.contracts.recipes import Recipe
from bench.core.heard import Heard
from bench.core.types import Rng

if TYPE_CHECKING:
    from torch import Tensor

    from bench.core.noises import NoiseSet


@dataclass(frozen=True)
class Answer:
    """What an attack is told of its candidate. It is true where the victim was fooled.

    Args:
        fooled: the victim's label changed; where a target is wanted (`AttackTools.target`), to that.
        applied: the recipe could be rendered; one that could not was not asked, and is not charged.
        counts: a changed label counts as a success: the candidate lies within the rules.
        snr_db: what the referee measured, in dB; None where it is undefined, because the length was changed or there
            was no sound.
        label: for a threat model that is answered "label" or more, the victim's label; None where it refused. Who is
            not told of refusals is told the label of the clean speech then, as if nothing had changed.
        refused: for one that is answered "refusals" or more, whether the victim would not answer; else None.
        probabilities: for one that is answered "probabilities", by class, to three decimals; None where it refused.
        value: in a dimensional task, for a threat model that is answered "label" or more, the number that the victim
            answers, to three decimals. The label then says where it lies.

    >>> bool(Answer(fooled=True)), bool(Answer(fooled=False, applied=False))
    (True, False)
    """

    fooled: bool
    applied: bool = True
    counts: bool = False
    snr_db: float | None = None
    label: str | None = None
    refused: bool | None = None
    probabilities: Mapping[str, float] | None = field(default=None, hash=False)
    value: float | None = None

    def __bool__(self) -> bool:
        """Tell whether the victim was fooled."""
        return self.fooled


Steps: TypeAlias = Generator[Recipe, Answer, None]
"""A search as it runs: it yields what to try, and is sent what came of it."""


@runtime_checkable
class Attack(Protocol):
    """A search that asks."""

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        """Yield a recipe, be told whether the victim was fooled (its label changed), go on or return.

        Args:
            original: the speech to attack; not to be written to.
            tools: noises, and what the attacker is told beforehand.
            rng: keyed by (seed, attack, utterance): the only source of randomness. A search draws before it yields.

        Yields:
            What to try: the referee renders it, clips it to [-1, 1], measures and judges it. Every candidate that
            applies is charged, repeats too.
        """
        ...


@runtime_checkable
class SpeechEffect(Protocol):
    """Something done to speech: an attack that asks once, and a part that recipes name by its spec."""

    def apply(self, original: Heard, tools: EffectTools, rng: Rng) -> Heard | None:
        """Change speech, or say that the effect does not apply to it.

        Args:
            original: the speech; not to be written to.
            tools: noises, and what else the same speaker says.
            rng: the only source of randomness.

        Returns:
            `dataclasses.replace(original, waveform=..., perturbation=...)`, of any length; within [-1, 1] or not. None
            where the effect does not apply.
        """
        ...


@dataclass(frozen=True)
class PastSearch:
    """A search that has ended, as the attack knew it.

    Args:
        asked: what was tried and charged, and what was told of it, in order.
        label: what the victim says of the clean speech, for a threat model that is answered "label" or more.
        value: likewise the number that it answers, in a dimensional task.
    """

    asked: tuple[tuple[Recipe, Answer], ...]
    label: str | None = None
    value: float | None = None


Plan: TypeAlias = Mapping[str, Any]
"""What an attack has learnt from earlier utterances: plain JSON."""


@runtime_checkable
class LearningAttack(Attack, Protocol):
    """An attack that learns from one utterance for another: in rounds (`ThreatModel.round_size`), or from validation
    speech before it attacks (`ThreatModel.rehearsal`)."""

    def learn(self, plan: Plan, searches: Sequence[PastSearch]) -> Plan:
        """Return the plan of the next round.

        Called after each round of utterances, whose searches had the plan as `tools.plan`, and once after a rehearsal.

        Args:
            plan: what was learnt before, {} at first.
            searches: of the round, in the order of its utterances.

        Returns:
            Plain JSON; all that the attack keeps.
        """
        ...


@dataclass(frozen=True)
class EffectTools:
    """What an effect may use.

    Args:
        noises: sounds to take something from.
        others: what else the same speaker says, in the corpus's order, for effects that take something from there
            (P1's fillers).
    """

    noises: NoiseSet
    others: Sequence[Heard] = ()


@runtime_checkable
class InformedAttack(Attack, Protocol):
    """An attack that can be told beforehand how much each noise category degrades a model (P1's Corr)."""

    @property
    def corr(self) -> bool:
        """Tell whether this search is told how much each noise category degrades a model."""
        ...

    @property
    def categories(self) -> tuple[str, ...]:
        """Name the noise categories that it chooses from."""
        ...

    def probe(self, original: Heard, category: str, tools: AttackTools, rng: Rng) -> Recipe | None:
        """Describe what this search would try first of a noise category.

        The loss of UAR on such probes of the validation speakers is what it is told as `tools.degradation`.

        Args:
            original: the speech; not to be written to.
            category: one of `categories`.
            tools: noises, and what the attacker is told beforehand.
            rng: the only source of randomness.

        Returns:
            The recipe; None where the category does not apply.
        """
        ...


@runtime_checkable
class InformedByType(InformedAttack, Protocol):
    """An informed attack that is told of noise types: finer than categories, as the rows of P1's Table 1."""

    @property
    def noise_types(self) -> tuple[str, ...]:
        """Name them: each is probed, and stands in `tools.degradation`, in a category's place."""
        ...


Degradation = Mapping[str, float]
"""What an informed attacker knows: the loss of UAR by noise category, or type, measured on data that no test sees."""


@dataclass(frozen=True)
class KnownSpeech:
    """Speech that an attacker has beforehand, with a label.

    Args:
        speech: clean.
        label: of validation speech, what the victim says of it, "(refused)" where it would not; of training speech, the
            corpus's.
        value: in a dimensional task, of validation speech the number that the victim answers; of training speech, the
            rating.
    """

    speech: Heard
    label: str
    value: float | None = None


@dataclass(frozen=True)
class DefenseLook:
    """A look through the defence, as the search of one utterance has it: never a label, and no victim.

    Args:
        purifies: whether there is a purifier to look through.
        refused: tells for each of some candidates whether the defence would refuse it.
        traces: shows what is left of each behind the purifier, as
            [`Purifying.trace`][bench.contracts.capabilities.Purifying.trace] gives it; only where `purifies` is true.
    """

    purifies: bool
    refused: Callable[[Sequence[Heard]], list[bool]] = field(repr=False)
    traces: Callable[[Sequence[Heard]], list[Tensor]] = field(repr=False)


@dataclass(frozen=True)
class AttackTools:
    """What an attack may use, and what the attacker is told beforehand.

    Args:
        noises: the noise bank's "test" part, the attacker's own copy of it.
        perception: which perturbations people do not hear as another emotion.
        min_snr_db: a candidate must lie above this SNR to count.
        max_queries: after so many candidates the referee closes the search; None for an attack that declares
            `anytime`, which does not need to know.
        component: builds a registered attack from its spec.
        render: makes speech from a recipe as the referee will, or None where it does not apply: any attacker can do at
            home what it describes. No victim is asked, so nothing is charged.
        speech: the clean speech of the part that is attacked, copies, with opaque speakers.
        degradation: for a threat model that knows "noise-harm" (P1's Corr), the loss of UAR by noise category, or
            by noise type; else None.
        defense_view: for one that knows "defense" (trait `adaptive`), a look through it; else None.
        transferred: for an attacker who knows of no defence (trait `transfers`): the best recipe against the bare
            victim of the attack that it is made of, for the utterance at hand; else None.
        validation: for a threat model that knows "validation", clean speech of validation speakers, and what the victim
            says of it.
        training: for one that knows "training", the speech that the victim was trained on, with its labels.
        plan: for one that learns, what `learn` returned after the last round, or after the rehearsal; else {}.
        label: for a threat model that is answered "label" or more, what the victim says of the clean speech; None where
            it refuses that.
        rehearsing: whether this is validation speech, searched with the budget of `ThreatModel.rehearsal`.
        value: in a dimensional task, for a threat model that is answered "label" or more, the number that the victim
            answers about the clean speech.
        target: the class that is to be answered: then `Answer.fooled` is true of no other; None where any other label
            than the clean speech's will do.
    """

    noises: NoiseSet
    perception: Perception
    min_snr_db: float
    max_queries: int | None
    component: Callable[[str], Any]
    render: Callable[[Heard, Recipe], Heard | None]
    speech: Sequence[Heard] = ()
    degradation: Degradation | None = None
    defense_view: DefenseLook | None = None
    transferred: Recipe | None = None
    validation: Sequence[KnownSpeech] = ()
    training: Sequence[KnownSpeech] = ()
    plan: Plan = field(default_factory=dict)
    label: str | None = None
    rehearsing: bool = False
    value: float | None = None
    target: str | None = None
