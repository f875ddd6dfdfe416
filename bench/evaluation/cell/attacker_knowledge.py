"""What an informed attacker knows beforehand (P1's Corr): how much each noise type degrades the victim."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import torch

from bench.contracts.attacks import AttackTools, Degradation, InformedAttack, InformedByType
from bench.contracts.recipes import Recipe
from bench.contracts.searching import as_recipe
from bench.core.code.keys import fingerprint
from bench.core.computing.threads import in_threads
from bench.core.devices import placed
from bench.core.errors import blaming
from bench.core.heard import Heard
from bench.core.noises import NoiseSet
from bench.core.rng import keyed
from bench.core.showing.progress import SILENT, Progress
from bench.core.types import Utterance
from bench.perturbations.rendering import Renderer
from bench.referee.lending import token_of
from bench.referee.panel import Panel
from bench.referee.referee import Referee
from bench.scoring.inference.concordance import ccc
from bench.scoring.scores import uar


@dataclass(frozen=True)
class KnownHarm:
    """What one fitted victim was found to lose by what an attack tried first: asked once, whatever attacks want it.

    Two attacks that try the same of a category, to the last recipe, are told the same without anybody asking again.
    """

    _names: dict[str, str] = field(default_factory=dict, repr=False)
    _losses: dict[str, float | None] = field(default_factory=dict, repr=False)

    def before(self, referee: Referee | Panel, utterances: Sequence[Utterance]) -> list[str]:
        """Return what the victim says of clean utterances; it is asked about those that are new.

        Args:
            referee: its victim knows these utterances' speakers.
            utterances: clean.
        """
        new = [one for one in utterances if one.id not in self._names]
        if new:
            self._names.update(zip((one.id for one in new), _answers(referee, new), strict=True))
        return [self._names[one.id] for one in utterances]

    def loss(self, key: str, measured: Callable[[], float | None]) -> float | None:
        """Return the loss by what a key names; it is measured where it is new.

        Args:
            key: names a category and what is tried of it.
            measured: asks the victim; None where nothing applies to any utterance.
        """
        if key not in self._losses:
            self._losses[key] = measured()
        return self._losses[key]


def degradation(
    referee: Referee | Panel,
    attack: InformedAttack,
    utterances: Sequence[Utterance],
    tools: AttackTools,
    progress: Progress = SILENT,
    known: KnownHarm | None = None,
    noises: NoiseSet | None = None,
) -> Degradation:
    """Measure what an informed attacker knows (P1's Corr): the loss of UAR by noise category, or by noise type.

    Measured on validation speakers with the noise bank's "train" part, so on nothing that is attacked later. The attack
    is given copies, with opaque speakers, and what the victim hears of a probe is made from sounds out of its reach.

    Args:
        referee: its victim knows these utterances' speakers.
        attack: says what it would try of each category.
        utterances: clean, labelled.
        tools: with the "train" part.
        progress: is told of each category that is done.
        known: of the same fitted victim, what was measured before; what is new is added.
        noises: the "train" part, which the attack cannot reach; None for a copy of the tools', made beforehand.

    Returns:
        UAR on the clean utterances less UAR on the probes, from -1 to 1, for each category or type that applies to any;
        in a dimensional task likewise the loss of CCC, from -2 to 2.
    """
    found, memory = {}, known or KnownHarm()
    bank = tools.noises.copied() if noises is None else noises
    heard = replace(tools, render=Renderer(bank, tools.component, guards=True).heard)
    lent = replace(tools, perception=tools.perception.copied())
    said = [replace(one, waveform=placed(one.waveform, referee.device)) for one in utterances]
    kinds = attack.noise_types if isinstance(attack, InformedByType) else attack.categories
    with torch.no_grad(), progress.task("Measuring Corr", len(kinds)) as advance:
        for category in kinds:
            drawn = [_first_move(attack, one, category, lent) for one in said]
            key = fingerprint([category, [(one.id, str(recipe)) for one, recipe in zip(said, drawn, strict=True)]])
            loss = memory.loss(key, partial(_loss, referee, said, drawn, heard, memory))
            if loss is not None:
                found[category] = loss
            advance(1)
    return found


def _loss(
    referee: Referee | Panel,
    utterances: Sequence[Utterance],
    recipes: Sequence[Recipe | None],
    tools: AttackTools,
    memory: KnownHarm,
) -> float | None:
    """UAR on the utterances that their recipes apply to, less UAR on what comes of those; None where there are none."""
    probes: list[Utterance | None] = [None] * len(utterances)

    @torch.no_grad()
    def work(share: Sequence[int], stopped: threading.Event) -> None:
        for index in share:
            if not stopped.is_set():
                probes[index] = _probe(utterances[index], recipes[index], tools)

    in_threads(work, range(len(utterances)), _threads(referee.device))
    applied = [index for index, probe in enumerate(probes) if probe is not None]
    if not applied:
        return None
    before = [memory.before(referee, utterances)[index] for index in applied]
    after = _answers(referee, [probe for probe in probes if probe is not None])
    chosen = [utterances[index] for index in applied]
    if referee.task.dimensional:
        ratings = [referee.task.rating_of(one) or 0.0 for one in chosen]
        loss = ccc(ratings, list(map(float, before))) - ccc(ratings, list(map(float, after)))
        return 0.0 if math.isnan(loss) else loss  # a single utterance tells nothing
    truth = [referee.task.label_of(one) or "" for one in chosen]
    return uar(truth, before) - uar(truth, after)


def _answers(referee: Referee | Panel, utterances: Sequence[Utterance]) -> list[str]:
    """What the victim says of utterances: labels, or numbers as texts."""
    if referee.task.dimensional:
        return list(map(repr, referee.values(utterances)))
    return referee.names(referee.labels(utterances))


def _threads(device: torch.device) -> int:
    """A thread for each core: probes are made in steps too short to be shared out. One where a device does the work."""
    return torch.get_num_threads() if device.type == "cpu" else 1


def _first_move(attack: InformedAttack, utterance: Utterance, category: str, tools: AttackTools) -> Recipe | None:
    """What the attack would try first: it is shown a copy of the speech, and an opaque speaker, as in a search."""
    own = _opaque(utterance)
    original = replace(own, waveform=own.waveform.clone())
    where = f"{type(attack).__name__}.probe of {category!r:.80} on utterance {utterance.id!r}"
    with blaming(where, "a Recipe or None", "correct it"):
        asked = attack.probe(original, category, tools, keyed("probe", category, utterance.id))
        return None if asked is None else as_recipe(asked, original)


def _opaque(utterance: Utterance) -> Heard:
    """What is heard of an utterance, the samples its own."""
    return Heard.of(utterance, token_of(utterance.speaker, 0))


def _probe(utterance: Utterance, recipe: Recipe | None, tools: AttackTools) -> Utterance | None:
    """What is heard of an utterance after a recipe; None where that does not apply."""
    heard = None if recipe is None else tools.render(_opaque(utterance), recipe)
    if heard is None:
        return None
    return replace(utterance, waveform=heard.waveform, transcript=heard.transcript, words=heard.words)
