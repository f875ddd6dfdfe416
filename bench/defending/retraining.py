"""Defences that change what a victim learns from: what they have in common.

Such a defence checks its victim, makes changed utterances from those that are as they were recorded, and has the victim
fitted on them. The speakers' statistics still come from clean speech.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torch import Tensor

from bench.contracts.capabilities import forward_capabilities
from bench.contracts.pipeline import Defended, drawn_by
from bench.contracts.protocols import FitContext, TrainableVictim, Victim
from bench.contracts.registry import Registry
from bench.core.batch import Batch
from bench.core.errors import DataError, UsageError
from bench.core.noises import NoiseSet
from bench.core.rng import keyed
from bench.core.specs import Spec
from bench.core.types import SIGNAL, Utterance
from bench.defending.adversarial_examples import training_tools

_NOTE, _INNER = "retrained.json", "victim"


def check_trains(where: str, victim: TrainableVictim) -> None:
    """Refuse a victim that no training changes: a model that was trained elsewhere, and is used as it is.

    Such a recipe says so with a class attribute `trains = False`. Of a victim under another defence it is the one
    inside that counts.

    Args:
        where: the defence, for the message: "defense 'random_noise'".
        victim: what is defended.

    Raises:
        UsageError: it is not trained.
    """
    inside = victim
    while isinstance(inside, Defended):
        inside = inside.victim
    if not getattr(inside, "trains", True):
        found = f"a victim that cannot be trained again ({type(inside).__name__})"
        remedy = "leave this defence out, or take one that stands before the victim, such as rnnoise"
        raise UsageError(where, found, "one that learns from the training data", remedy)


def check_renews(where: str, victim: TrainableVictim) -> None:
    """Refuse a victim that does not ask for other utterances in every epoch, or that stands under another defence.

    Args:
        where: the defence and its parameter, for the message.
        victim: what is defended.

    Raises:
        UsageError: its recipe does not say `renews = True`.
    """
    if not getattr(victim, "renews", False):
        stacked = isinstance(victim, Defended)
        found = "a victim under another defence" if stacked else f"{type(victim).__name__}, which learns from one set"
        remedy = "make them once, or take a victim such as cnn_gru, under this defence alone"
        raise UsageError(where, found, "a victim that asks for other utterances in every epoch", remedy)


def as_recorded(utterances: Sequence[Utterance]) -> list[Utterance]:
    """Those that nothing was done to. What another defence has changed is left as it is, and is not changed again: two
    of one stack would else put noise upon noise."""
    return [utterance for utterance in utterances if utterance.perturbation is None]


def with_clean(context: FitContext, train: Sequence[Utterance]) -> FitContext:
    """The context that says which utterances were clean before this defence, or one around it, changed any."""
    return replace(context, clean=context.clean or tuple(train))


@dataclass(frozen=True)
class Retrained:
    """A fitted victim with a note of what it was trained on. It has all that the victim has.

    Args:
        victim: fitted.
        note: as JSON can hold it.
    """

    victim: Victim
    note: Mapping[str, Any]

    def __post_init__(self) -> None:
        own = {*dir(type(self)), "victim", "note"}
        forward_capabilities(
            self, self.victim, (name for name in dir(self.victim) if not name.startswith("_") and name not in own)
        )

    def enroll(self, clean: Sequence[Utterance]) -> Retrained:
        """With the victim enrolled."""
        return replace(self, victim=self.victim.enroll(clean))

    def log_probs(self, batch: Batch) -> Tensor:
        """The victim's, shape (b, c)."""
        return self.victim.log_probs(batch)

    def save(self, folder: Path) -> None:
        """The victim in a folder of its own, and the note."""
        (folder / _INNER).mkdir()
        self.victim.save(folder / _INNER)
        text = json.dumps(dict(self.note), indent=1, sort_keys=True)
        (folder / _NOTE).write_text(text + "\n", encoding="utf-8")


def load_retrained(victim: TrainableVictim, folder: Path, context: FitContext) -> Retrained:
    """What `Retrained.save` wrote.

    Raises:
        DataError: the note is missing or damaged.
    """
    file = folder / _NOTE
    try:
        note = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(file, f"no usable note ({error})", "what `save` wrote", "delete the folder") from error
    return Retrained(victim.load(folder / _INNER, context), note)


def asks_once(spec: str, attack: Any, utterances: Sequence[Utterance], context: FitContext) -> bool:
    """Whether an attack ends after its first candidate, fooled or not: seen on the first utterance that it applies to.

    Args:
        spec: its own.
        attack: built.
        utterances: clean.
        context: noises, device, component.
    """
    tools = training_tools(context, utterances, max_queries=2)
    for said in utterances:
        placed = replace(said, waveform=said.waveform.to(context.device))
        ends = []
        for fooled in (False, True):
            steps = attack.search(placed, tools, keyed("asks once", spec, said.id))
            if next(steps, None) is None:
                break
            try:
                steps.send(fooled)
                steps.close()
                ends.append(False)
            except StopIteration:
                ends.append(True)
        if ends:
            return all(ends)
    return True


def drawn_from(spec: str, noises: NoiseSet) -> set[str]:
    """The noise categories that an attack draws from; "signal" where it draws from none.

    Of an attack that is in no installed package (a `--plugin` file's) it is what its spec says of `category` or
    `categories`, and everything where that says nothing: nothing then counts as unseen.

    Args:
        spec: of one attack.
        noises: the bank.
    """
    try:
        attack = Registry.discover().build("attacks", spec)
    except UsageError:  # a plug-in file's
        given = dict(Spec.parse(spec).params)
        named = {one for name in ("category", "categories") for one in given.get(name, "").split("+") if one}
        return named or {*noises.categories, SIGNAL}
    return set(drawn_by(attack, noises))
