"""What an informed attacker knows beforehand (P1's Corr): how much each noise category degrades the victim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch

from bench.contracts.attacks import AttackTools, Degradation, InformedAttack
from bench.core.heard import Heard
from bench.core.progress import SILENT, Progress
from bench.core.rng import keyed
from bench.core.types import Utterance
from bench.referee.panel import Panel
from bench.referee.referee import Referee
from bench.scoring.scores import uar


def degradation(
    referee: Referee | Panel,
    attack: InformedAttack,
    utterances: Sequence[Utterance],
    tools: AttackTools,
    progress: Progress = SILENT,
) -> Degradation:
    """Measure what an informed attacker knows (P1's Corr): the loss of UAR by noise category.

    Measured on validation speakers with the noise bank's "train" part, so on nothing that is attacked later.

    Args:
        referee: its victim knows these utterances' speakers.
        attack: says what it would try of each category.
        utterances: clean, labelled.
        tools: with the "train" part.
        progress: is told of each category that is done.

    Returns:
        UAR on the clean utterances less UAR on the probes, from -1 to 1, for each category that applies to any.
    """
    found = {}
    with torch.no_grad(), progress.task("Measuring Corr", len(attack.categories)) as advance:
        before = referee.names(referee.labels(utterances))
        for category in attack.categories:
            probes = [_probe(attack, u, category, tools) for u in utterances]
            applied = [index for index, probe in enumerate(probes) if probe is not None]
            if applied:
                after = referee.names(referee.labels([probe for probe in probes if probe is not None]))
                truth = [referee.task.label_of(utterances[index]) or "" for index in applied]
                found[category] = uar(truth, [before[index] for index in applied]) - uar(truth, after)
            advance(1)
    return found


def _probe(attack: InformedAttack, utterance: Utterance, category: str, tools: AttackTools) -> Utterance | None:
    """What is heard of an utterance after the attack's first move in a category; None where that does not apply."""
    original = Heard.of(utterance, utterance.speaker)
    recipe = attack.probe(original, category, tools, keyed("probe", category, utterance.id))
    heard = None if recipe is None else tools.render(original, recipe)
    if heard is None:
        return None
    return replace(utterance, waveform=heard.waveform, transcript=heard.transcript, words=heard.words)
