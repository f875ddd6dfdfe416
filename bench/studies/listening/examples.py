"""What attacks make of single utterances: the candidates that a referee would put before a victim, to be heard."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import torch

from bench.contracts.attacks import Answer
from bench.contracts.registry import Registry
from bench.contracts.variants import variants_of
from bench.core.errors import UsageError
from bench.core.specs import did_you_mean
from bench.core.types import Dataset, Perturbation, Utterance
from bench.data.tasks import task_named
from bench.evaluation.cell.cells import limited
from bench.evaluation.cell.experiment import Experiment
from bench.evaluation.cell.measuring import lent_tools
from bench.evaluation.plans.options import Options
from bench.referee.judgement import Verdict
from bench.referee.search import AttackRun, Search, first_candidate

Kind = Literal["same", "del", "ins"]


@dataclass(frozen=True)
class Example:
    """One effect on one utterance.

    Args:
        effect: the attack's spec.
        original: the utterance as it was recorded.
        candidate: the attack's first candidate, within [-1, 1].
        done: what it is.
        verdict: the referee's.
        goes_on: whether the attack asks again when the label has not changed, so that it is a search.
    """

    effect: str
    original: Utterance
    candidate: Utterance
    done: Perturbation
    verdict: Verdict
    goes_on: bool

    @property
    def snr_db(self) -> float | None:
        """Return the SNR as a run records it, in dB; None where it is undefined."""
        return self.verdict.snr_db

    @property
    def counts(self) -> bool:
        """Tell whether a candidate that fools the victim would count as a success."""
        return self.verdict.within_rules

    @property
    def same_length(self) -> bool:
        """Return whether original and candidate have as many samples."""
        return self.original.waveform.shape == self.candidate.waveform.shape

    @property
    def same_sound(self) -> bool:
        """Return whether no sample was changed."""
        return torch.equal(self.original.waveform, self.candidate.waveform)

    @property
    def same_words(self) -> bool:
        """Return whether the transcript is as it was."""
        return self.original.transcript == self.candidate.transcript

    @property
    def words(self) -> list[tuple[Kind, str]]:
        """Return the transcript before and after: what stayed, what went, and what came."""
        return word_changes(self.original.transcript or "", self.candidate.transcript or "")


@dataclass(frozen=True)
class TriedAttack:
    """One attack on all the utterances.

    Args:
        spec: the attack, as it stands in records.
        examples: one for each utterance that it applies to.
        left_out: ids of the others.
    """

    spec: str
    examples: tuple[Example, ...]
    left_out: tuple[str, ...]

    @property
    def is_search(self) -> bool:
        """Return whether what is heard is the first of several candidates."""
        return any(example.goes_on for example in self.examples)

    @cached_property
    def by_id(self) -> dict[str, Example]:
        """Return the examples by their utterances' ids."""
        return {example.original.id: example for example in self.examples}


def word_changes(before: str, after: str) -> list[tuple[Kind, str]]:
    """Tell what of a text stayed, went and came, by whole words.

    Args:
        before: the text.
        after: what became of it.

    >>> word_changes("the old dog sleeps", "the old [MASK] sleeps")
    [('same', 'the old'), ('del', 'dog'), ('ins', '[MASK]'), ('same', 'sleeps')]
    """
    old, new = before.split(), after.split()
    found: list[tuple[Kind, str]] = []
    for tag, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        parts: list[tuple[Kind, list[str]]] = (
            [("same", old[a:b])] if tag == "equal" else [("del", old[a:b]), ("ins", new[c:d])]
        )
        found += [(kind, " ".join(words)) for kind, words in parts if words]
    return found


def specs_of(attacks: Sequence[str], registry: Registry) -> tuple[str, ...]:
    """Name attacks as they stand in records, each once.

    Args:
        attacks: specs.
        registry: finds components.

    Raises:
        UsageError: one is not registered, or has to be told how much noises degrade a victim (P1's Corr).
    """
    found = []
    for text in attacks:
        (variant,) = variants_of(text, registry.build("attacks", text), corr="no", noises="all")
        if variant.corr:
            expected = "an attack that is told nothing: there is no victim whose loss could be measured"
            raise UsageError(f"--attack {text!r}", "corr=true", expected, "leave corr out")
        found.append(variant.attack)
    return tuple(dict.fromkeys(found))


def chosen(dataset: Dataset, ids: Sequence[str], limit: int | None) -> list[Utterance]:
    """Select the utterances of these ids, in their order; without ids, `limit` of the corpus, drawn by their ids.

    Args:
        dataset: the corpus.
        ids: of utterances.
        limit: how many without ids; None for all.

    Raises:
        UsageError: the corpus has no such utterance; the message names the nearest.
    """
    if not ids:
        return limited(dataset.utterances, limit)
    known = {utterance.id: utterance for utterance in dataset.utterances}
    for id in ids:
        if id not in known:
            expected = f"an id of the {len(known):,} utterances of corpus {dataset.name!r}"
            first = next(iter(known), "")
            remedy = did_you_mean(id, known)
            remedy = remedy if remedy.startswith("did") else f"for example {first!r}"
            raise UsageError("--utterance", repr(id), expected, remedy)
    return [known[id] for id in dict.fromkeys(ids)]


def listen(
    experiment: Experiment, attacks: Sequence[str], utterances: Sequence[Utterance], options: Options
) -> list[TriedAttack]:
    """Put each attack's first candidate for each utterance together, as the referee does for a run of these options.

    Args:
        experiment: corpus and noises, read.
        attacks: from `specs_of`.
        utterances: of the corpus.
        options: the seed, and the task that says which utterances a run has; fillers are taken from those.

    Raises:
        UsageError: no attack applies to any of the utterances.
        bench.core.errors.ComponentError: an attack broke its contract.
    """
    task = task_named(options.tasks[0])
    speech = [one for one in experiment.dataset.utterances if one.has_sound and task.label_of(one) is not None]
    found = []
    for spec in attacks:
        attack = experiment.registry.component("attacks", spec)
        tools = lent_tools(experiment, attack, max(options.ks), "test")
        attack_run = AttackRun(attack.object, spec, tools, options.seeds[0], speech)
        with torch.no_grad(), experiment.progress.task(f"Applying {spec}", len(utterances)) as advance:
            tried = []
            for utterance in utterances:
                tried.append(_example(attack_run, utterance))
                advance(1)
        left_out = tuple(one.id for one, example in zip(utterances, tried, strict=True) if example is None)
        found.append(TriedAttack(spec, tuple(example for example in tried if example is not None), left_out))
    if not any(effect.examples for effect in found):
        raise _nothing_applies(attacks, utterances)
    return found


def _example(attack_run: AttackRun, original: Utterance) -> Example | None:
    """The attack's first candidate; None where it does not apply."""
    search = Search(attack_run, original, label_before=0)
    candidate = first_candidate(search)
    if candidate is None:
        return None
    verdict = search.verdict(candidate, float(search.snr_db(candidate)), attack_run.tools.min_snr_db)
    search.answer(Answer(fooled=False))
    goes_on = search.candidate is not None
    return Example(attack_run.name, original, candidate.utterance, candidate.rendered.done, verdict, goes_on)


def _nothing_applies(attacks: Sequence[str], utterances: Sequence[Utterance]) -> UsageError:
    """What to raise where there is nothing to hear; effects apply by what an utterance has, so it says that."""
    has = {
        "sound": sum(one.has_sound for one in utterances),
        "a transcript": sum(bool(one.transcript) for one in utterances),
        "word times": sum(bool(one.words) for one in utterances),
    }
    what = ", ".join(f"{count} with {name}" for name, count in has.items())
    found = f"that none of them applies to any of the {len(utterances)} utterances ({what})"
    remedy = "choose other utterances with --utterance or --limit; the page of each attack says when it does not apply"
    return UsageError(f"--attack {', '.join(attacks)}", found, "one that applies to one", remedy)
