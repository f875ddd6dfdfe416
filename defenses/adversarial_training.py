"""P2's adversarial training (section 5.1)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from bench import (
    FitContext,
    InformedAttack,
    Modality,
    Spec,
    TrainableVictim,
    Traits,
    UsageError,
    Utterance,
    Victim,
    check_fields,
    inner_spec,
    keyed,
    modalities_of,
    parts_of,
    traits_of,
    within,
)
from bench.defending.adversarial_examples import adversarial_examples, perturbed, training_tools
from bench.defending.retraining import (
    Retrained,
    as_recorded,
    check_renews,
    check_trains,
    load_retrained,
    with_clean,
)

_NAME = "adversarial_training"
_WHERE = f"defense {_NAME!r}"
_ATTACK = f"{_WHERE}, parameter 'attack'"
_OR = re.compile("[~&]")
"""No shell has a meaning for `~` within a word; `&`, the older sign, has to be quoted."""
_P2 = " & ".join(f"real_noise:category={place},epsilon=2" for place in ("crowd", "meeting", "station"))


@dataclass(frozen=True)
class AdversarialTraining:
    """A share of the training utterances replaced by adversarial examples of a named attack (P2).

    The examples are made of the training speakers' speech, with sounds of the noise bank's "train" part, and keep their
    label. An attack that asks once needs no victim. One that searches needs one: the bare victim is trained first and
    attacked, then the victim is trained anew on what was found. Of each search the first candidate that counts as a
    success is taken, else the last that fooled the victim, else the last one tried. Where the attack does not apply, or
    changes nothing that the victim perceives, the clean utterance stays. How many were really replaced is said, and
    saved beside the victim. The validation part stays clean, and so does what another defence of a stack has changed.

    With `regenerate` the victim is attacked as it stands at the beginning of each epoch but the first, in which the
    examples of attacks that ask once are there and searches have found none yet.

    Readings: P2 compares 10 to 100 %; 50 is the default here. It does not say how strong the noise in its examples is:
    here as in the strongest of its attacks, ε = 2. Café, meeting and station come equally often. It makes its examples
    once.

    Args:
        attack: the spec of an attack; a comma between its parameters is doubled. Of several, joined by `~`, one is
            drawn for each utterance. An attack that knows more than labels (`corr=true`, `adaptive`, `transfer`) is
            refused.
        percent: of the clean training utterances that are replaced; above 0, at most 100.
        regenerate: make the examples anew in every epoch; wants a victim that asks for it, such as cnn_gru, and no
            defence below.
        max_queries: the budget of each search.
        renewals: with `regenerate`, so many utterances at most are attacked in an epoch; they take turns, and the
            others keep what was found before.
    """

    attack: str = _P2
    percent: float = 50.0
    regenerate: bool = False
    max_queries: int = 15
    renewals: int = 256

    def __post_init__(self) -> None:
        within(_WHERE, "percent", self.percent, "P2 takes 10 to 100", above=0, at_most=100)
        check_fields(self, _WHERE, ("max_queries", "renewals"), "leave it out for the default", at_least=1)
        for spec in self.effects:
            for part in parts_of(spec):
                Spec.parse(part, _ATTACK)

    @property
    def traits(self) -> Traits:
        """Declare the attacks."""
        return Traits(made_of=tuple(("attacks", spec) for spec in self.effects), dimensional=True)

    @property
    def effects(self) -> tuple[str, ...]:
        """Return the specs of the attacks.

        >>> AdversarialTraining("fade_in~real_noise:category=crowd,epsilon=2").effects
        ('fade_in', 'real_noise:category=crowd,epsilon=2')
        """
        return tuple(inner_spec(part.strip()) for part in _OR.split(self.attack))

    def check(self, victim: TrainableVictim) -> None:
        """Refuse a victim that cannot be trained, or not with `regenerate`.

        Raises:
            UsageError: it is such a one.
        """
        check_trains(_WHERE, victim)
        if self.regenerate:
            check_renews(f"{_WHERE}, parameter 'regenerate'", victim)

    def fit(
        self, victim: TrainableVictim, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext
    ) -> Retrained:
        """Train the victim on clean utterances and adversarial examples.

        Raises:
            UsageError: the victim cannot be trained, or not with `regenerate`; an attack is not known, knows too much,
                or applies to no training utterance.
        """
        self.check(victim)
        context = with_clean(context, train)
        examples = Examples(self, modalities_of(victim, None), tuple(train), context)
        if self.regenerate:
            examples.make([said for said in examples.chosen if not examples.searched(said)], None, 0)
            renewing = replace(context, renew=examples.renewed)
            fitted = victim.fit(examples.mixed(), valid, renewing)
        else:
            bare = None
            if examples.searches:
                context.progress.say(f"{_WHERE}: training the bare victim first, to attack it")
                bare = victim.fit(train, valid, context).enroll(context.clean)
            examples.make(examples.chosen, bare, 0)
            examples.check()
            fitted = victim.fit(examples.mixed(), valid, context)
        examples.check()
        note = examples.note()
        context.progress.say(
            f"{_WHERE}: {note['replaced']} of {note['clean']} training utterances replaced by adversarial examples "
            f"({note['percent']:.1f} %; {self.percent:g} % asked for)"
        )
        return Retrained(fitted, note)

    def load(self, victim: TrainableVictim, folder: Path, context: FitContext) -> Retrained:
        """Load the victim as it was trained, and the note of how many utterances were replaced."""
        return load_retrained(victim, folder, context)


class Examples:
    """The adversarial examples of one training: which utterances get one, and those that were found so far.

    Args:
        recipe: what is asked for.
        modalities: what the victim perceives.
        train: all training utterances.
        context: what they are trained with.

    Attributes:
        chosen: the utterances that are to be replaced, in a random order.
        searches: the specs of the attacks that need a victim.
    """

    def __init__(
        self,
        recipe: AdversarialTraining,
        modalities: Sequence[Modality],
        train: tuple[Utterance, ...],
        context: FitContext,
    ) -> None:
        self._recipe, self._modalities, self._train, self._context = recipe, modalities, train, context
        self._clean, self._found = as_recorded(train), dict[str, Utterance]()
        count = max(1, round(recipe.percent / 100 * len(self._clean)))
        turns = keyed(context.seed, _NAME).permutation(len(self._clean))[:count]
        self.chosen = [self._clean[place] for place in turns]
        self._drawn = {said.id: self._draw(said) for said in self.chosen}
        attacks = {spec: _checked(spec, context) for spec in recipe.effects}
        self.searches = frozenset(spec for spec, attack in attacks.items() if not traits_of(attack).asks_once)

    def _draw(self, utterance: Utterance) -> str:
        specs = self._recipe.effects
        return specs[int(keyed(self._context.seed, _NAME, utterance.id).integers(len(specs)))]

    def searched(self, utterance: Utterance) -> bool:
        """Tell whether an utterance's attack needs a victim."""
        return self._drawn[utterance.id] in self.searches

    def make(self, utterances: Sequence[Utterance], victim: Victim | None, epoch: int) -> None:
        """Attack some of the chosen utterances, each with its attack; where it does not apply, earlier examples stay.

        Args:
            utterances: of `chosen`.
            victim: the one that searches ask; None leaves the attacks that search out.
            epoch: from 0; in another one, other sounds are drawn.
        """
        for spec in dict.fromkeys(self._recipe.effects):
            own = [said for said in utterances if self._drawn[said.id] == spec]
            if spec not in self.searches:
                made = perturbed(spec, own, self._context, _NAME, epoch)
            elif victim is not None and own:
                most = self._recipe.max_queries
                made = adversarial_examples(victim, spec, own, self._context, most, _NAME, epoch)
            else:
                continue
            for said, example in zip(own, made, strict=True):
                if example is not None and self._perceived(said, example):
                    self._found[said.id] = example

    def _perceived(self, before: Utterance, after: Utterance) -> bool:
        """Whether the victim can tell the two apart: for one that only reads, noise is no attack."""
        heard = "sound" in self._modalities and not torch.equal(before.waveform, after.waveform)
        return heard or ("text" in self._modalities and before.transcript != after.transcript)

    def renewed(self, victim: Victim, epoch: int) -> list[Utterance]:
        """Attack the next utterances in turn, and return what is trained on in a later epoch.

        Args:
            victim: as it stands.
            epoch: from 1.
        """
        count = min(self._recipe.renewals, len(self.chosen))
        first = (epoch - 1) * count
        self.make([self.chosen[(first + n) % len(self.chosen)] for n in range(count)], victim, epoch)
        return self.mixed()

    def mixed(self) -> list[Utterance]:
        """Return the training utterances, the examples in their places."""
        return [said if said.perturbation else self._found.get(said.id, said) for said in self._train]

    def check(self) -> None:
        """Refuse a training without any example.

        Raises:
            UsageError: there is none.
        """
        if not self._found:
            found = f"{self._recipe.attack!r}, which changes none of the {len(self.chosen)} utterances for this victim"
            expected = f"an attack on what it perceives ({' and '.join(self._modalities)}) that applies to this corpus"
            raise UsageError(_ATTACK, found, expected, "name another attack, or train for more epochs")

    def note(self) -> dict[str, Any]:
        """Note how much was replaced."""
        counts = {"chosen": len(self.chosen), "clean": len(self._clean), "replaced": len(self._found)}
        return {"defense": _NAME, **counts, "percent": 100 * len(self._found) / len(self._clean)}


def _checked(spec: str, context: FitContext) -> Any:
    """The attack of a spec.

    Raises:
        UsageError: it is not registered, or knows more than the victim's labels.
    """
    build = training_tools(context).component
    try:
        attack: Any = build(spec)
    except UsageError as error:
        raise UsageError(f"{_ATTACK}, {spec!r}", error.found, error.expected, error.remedy) from error
    traits, informed = traits_of(attack), isinstance(attack, InformedAttack) and attack.corr
    if informed or traits.adaptive or traits.transfers:
        found = f"{spec!r}, which knows more than the victim's labels"
        raise UsageError(_ATTACK, found, "an attack that only asks", "leave corr out, or name the attack inside it")
    return attack
