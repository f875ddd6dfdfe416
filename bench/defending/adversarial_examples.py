"""Attacks that a defence runs on its own training speech, with the training half of the noises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache, partial

from bench.contracts.attacks import AttackTools
from bench.contracts.perception import p1
from bench.contracts.protocols import FitContext, Victim
from bench.core.errors import ComponentError
from bench.core.rng import key_of
from bench.core.types import Utterance
from bench.data.leakage import check_seeds
from bench.perturbations.rendering import attack_tools
from bench.referee.judgement import fooled
from bench.referee.panel import Panel
from bench.referee.referee import Referee
from bench.referee.rehearsal import rehearsed
from bench.referee.search import AttackRun, Candidate, Search, first_candidate
from bench.scoring.record_files.rows import Row

MIN_SNR_DB = 10.0
"""What an adversarial example has to lie above to count, as for the referee."""
REHEARSED = 64
"""On so many training utterances an attack rehearses, where it does so."""
TRAINING = "training"


def training_tools(context: FitContext, max_queries: int = 1) -> AttackTools:
    """Put together what an attack gets in training: the noise bank's "train" part.

    Args:
        context: noises, device, and what builds components.
        max_queries: the budget of each search.

    Raises:
        ComponentError: the context builds no components.
    """
    if context.component is None:
        remedy = "give it component=Registry.discover().build"
        raise ComponentError("defence", "a FitContext without component", "one that builds attacks", remedy)
    build = cache(partial(context.component, "attacks"))
    return attack_tools(context.noises.copied(context.device), p1(), MIN_SNR_DB, max_queries, build)


def perturbed(
    effect: str, utterances: Sequence[Utterance], context: FitContext, *key: object
) -> list[Utterance | None]:
    """Do to training utterances what an attack that asks once does, with the noise bank's "train" part.

    Args:
        effect: the spec of a registered attack that asks once.
        utterances: clean.
        context: seed, noises, device.
        key: another key draws other sounds: the defence's name, and the epoch where there are several.

    Returns:
        Utterances within [-1, 1], their `perturbation` set, in the order given; None for each to which it does not
        apply.
    """
    tools = training_tools(context)
    run = AttackRun(tools.component(effect), effect, tools, context.seed, utterances, tools.noises)
    found = []
    for utterance in utterances:
        placed = replace(utterance, waveform=utterance.waveform.to(context.device))
        draws = key_of(TRAINING, context.seed, effect, *key, utterance.id)
        candidate = first_candidate(Search(run, placed, label_before=0, key=draws))
        found.append(None if candidate is None else as_training_data(candidate))
    return found


def as_training_data(candidate: Candidate) -> Utterance:
    """Return what is heard of a candidate, on the CPU, with what was done to it as its `perturbation`.

    Of sounds that were laid over it the recipe is the source, which says at which level and where.
    """
    said, done = candidate.utterance, candidate.rendered.done
    if candidate.rendered.overlaid:
        done = replace(done, source=str(candidate.recipe))
    return replace(said, waveform=said.waveform.cpu(), perturbation=done)


def adversarial_examples(
    victim: Victim, attack: str, utterances: Sequence[Utterance], context: FitContext, max_queries: int, *key: object
) -> list[Utterance | None]:
    """Attack the victim as it stands with its own training utterances, and return what the attack finds.

    An attack that rehearses before it attacks does so on some of these utterances: it is the defender's own.

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
    tools = training_tools(context, max_queries)
    referee = Referee(
        victim,
        context.task,
        context.device,
        min_snr_db=MIN_SNR_DB,
        sample_key=f"{TRAINING}/{seed}",
        randomised=True,
        draws=0,
    )
    attack_run = AttackRun(tools.component(attack), attack, tools, seed, utterances, tools.noises)
    drawn = sorted(utterances, key=lambda one: key_of("rehearsal", seed, one.id))[:REHEARSED]
    attack_run, _ = rehearsed(referee, attack_run, drawn)
    found = best_candidates(referee, attack_run, utterances)
    best = [found.get(utterance.id) for utterance in utterances]
    return [None if one is None else as_training_data(one) for one in best]


def best_candidates(
    referee: Referee | Panel, attack_run: AttackRun, utterances: Sequence[Utterance]
) -> dict[str, Candidate]:
    """Run an attack and keep the best candidate of each search.

    Args:
        referee: of an enrolled victim.
        attack_run: the attack.
        utterances: clean, labelled.

    Returns:
        By the utterance's id: the first candidate that counts as a success, else the last that fooled the victim, else
        the last.
    """
    found: dict[str, Candidate] = {}
    ranks: dict[str, int] = {}

    def keep(candidate: Candidate, row: Row) -> None:
        rank = 2 if row.accepted else int(fooled(row.label_before, row.label_after, attack_run.granted.target))
        if rank > ranks.get(row.utterance, -1) or rank == ranks[row.utterance] < 2:
            ranks[row.utterance] = rank
            found[row.utterance] = candidate

    referee.run(attack_run, utterances, keep=keep)
    return found
