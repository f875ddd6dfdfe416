"""Attacks that a defence runs on its own training speech, with the training half of the noises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache, partial

from bench.contracts.attacks import AttackTools
from bench.contracts.perception import p1
from bench.contracts.protocols import FitContext, Victim
from bench.core.errors import ComponentError
from bench.core.rng import key_of, keyed
from bench.core.types import Utterance
from bench.data.leakage import check_seeds
from bench.referee.judgement import fooled
from bench.referee.panel import Panel
from bench.referee.referee import Referee
from bench.referee.search import AttackRun
from bench.scoring.rows import Row

MIN_SNR_DB = 10.0
"""What an adversarial example has to lie above to count, as for the referee."""
TRAINING = "training"


def training_tools(context: FitContext, speech: Sequence[Utterance], max_queries: int = 1) -> AttackTools:
    """Put together what an attack gets in training: the noise bank's "train" part and the training speakers' clean
    speech.

    Args:
        context: noises, device, and what builds components.
        speech: the clean utterances of the training speakers.
        max_queries: the budget of each search.

    Raises:
        ComponentError: the context builds no components.
    """
    if context.component is None:
        remedy = "give it component=Registry.discover().build"
        raise ComponentError("defence", "a FitContext without component", "one that builds attacks", remedy)
    build = cache(partial(context.component, "attacks"))
    clips = tuple(replace(clip, waveform=clip.waveform.to(context.device)) for clip in context.noises.clips)
    noises = replace(context.noises, clips=clips)
    return AttackTools(noises, p1(), MIN_SNR_DB, max_queries, build, speech=tuple(speech))


def perturbed(
    effect: str, utterances: Sequence[Utterance], context: FitContext, *key: object
) -> list[Utterance | None]:
    """Apply an effect to training utterances, with the noise bank's "train" part.

    Args:
        effect: the spec of a registered attack that asks once.
        utterances: clean.
        context: seed, noises, device.
        key: another key draws other sounds: the defence's name, and the epoch where there are several.

    Returns:
        Utterances within [-1, 1], their `perturbation` set, in the order given; None for each to which it does not
        apply.
    """
    tools = training_tools(context, utterances)
    found = []
    for utterance in utterances:
        placed = replace(utterance, waveform=utterance.waveform.to(context.device))
        rng = keyed(TRAINING, context.seed, effect, *key, utterance.id)
        changed = tools.perturb(effect, placed, rng)
        found.append(None if changed is None else replace(changed, waveform=changed.waveform.cpu().clamp(-1.0, 1.0)))
    return found


def adversarial_examples(
    victim: Victim, attack: str, utterances: Sequence[Utterance], context: FitContext, max_queries: int, *key: object
) -> list[Utterance | None]:
    """Attack the victim as it stands with its own training utterances, and return what the attack finds.

    Args:
        victim: enrolled with these utterances' speakers.
        attack: the spec of a registered attack.
        utterances: clean, labelled.
        context: seed, noises, device, task.
        max_queries: the budget of each search.
        key: another key draws other sounds.

    Returns:
        For each utterance the first candidate that counts as a success; where there is none the last that fooled the
        victim, else the last that it was asked about; None where the attack did not ask.
    """
    seed = key_of(TRAINING, context.seed, *key)
    check_seeds([seed, attack], [context.seed, attack])
    tools = training_tools(context, utterances, max_queries)
    referee = Referee(
        victim,
        context.task,
        context.device,
        min_snr_db=MIN_SNR_DB,
        sample_key=f"{TRAINING}/{seed}",
        randomised=True,
        draws=0,
    )
    found = best_candidates(referee, AttackRun(tools.component(attack), attack, tools, seed), utterances)
    return [found.get(utterance.id) for utterance in utterances]


def best_candidates(
    referee: Referee | Panel, attack_run: AttackRun, utterances: Sequence[Utterance]
) -> dict[str, Utterance]:
    """Run an attack and keep the best candidate of each search.

    Args:
        referee: of an enrolled victim.
        attack_run: the attack.
        utterances: clean, labelled.

    Returns:
        By the utterance's id: the first candidate that counts as a success, else the last that fooled the victim, else
        the last; within [-1, 1], on the CPU.
    """
    found: dict[str, Utterance] = {}
    ranks: dict[str, int] = {}

    def keep(candidate: Utterance, row: Row) -> None:
        rank = 2 if row.accepted else int(fooled(row.label_before, row.label_after))
        if rank > ranks.get(row.utterance, -1) or rank == ranks[row.utterance] < 2:
            ranks[row.utterance] = rank
            found[row.utterance] = replace(candidate, waveform=candidate.waveform.cpu().clamp(-1.0, 1.0))

    referee.run(attack_run, utterances, keep=keep)
    return found
