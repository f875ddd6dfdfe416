"""One cell: (victim, defence, attack, corpus, task, fold, seed) → records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, lru_cache
from typing import Any

import torch

from bench.fitting import Fitting, identity, key_of_json
from bench.measures.catalogue import MEASURES
from bench.noises.bank import Noises
from bench.noises.perception import Perception, p1
from bench.progress import SILENT, Progress
from bench.protocols import Attack, Degradation, FitContext, InformedAttack, Victim
from bench.records import Row
from bench.referee import Referee
from bench.registry import Registry
from bench.rng import key_of, keyed
from bench.scores import uar
from bench.search import Campaign
from bench.splits import Split, split_named
from bench.tasks import usable
from bench.tools import AttackTools
from bench.types import Dataset, Part, Sense, Task, Utterance


@dataclass(frozen=True)
class Cell:
    """What is to be measured.

    Args:
        victim: spec.
        defense: spec, or "none".
        attack: spec, with `corr` and `noises` where the attack has them.
        task: what the victim tells.
        split: the protocol of `--split`.
        fold: which of its folds, from 0.
        seed: of training and search.
        max_queries: the greatest k.
        limit: attack so many test utterances, drawn by their ids; None for all.
    """

    victim: str
    defense: str
    attack: str
    task: Task
    split: str
    fold: int
    seed: int
    max_queries: int
    limit: int | None = None


@dataclass(frozen=True)
class Bench:
    """The data and the machine that cells are measured with.

    Args:
        registry: finds components.
        dataset: the corpus, read.
        corpus: its spec without paths.
        noises: the noise bank, read.
        device: where tensors go.
        batch_size: searches side by side; changes no result.
        min_snr_db: what counts as a success.
        progress: whom to tell.
        measures: what is measured on accepted candidates, see `bench.measures.catalogue`.
    """

    registry: Registry
    dataset: Dataset
    noises: Noises
    device: torch.device
    batch_size: int = 64
    min_snr_db: float = 10.0
    perception: Perception = field(default_factory=p1)
    progress: Progress = SILENT
    measures: tuple[str, ...] = ()

    def fitting(self, cell: Cell) -> Fitting:
        """How the cell's victim comes about."""
        fingerprint = self.dataset.fingerprint
        return Fitting(
            self.registry, cell.victim, cell.defense, cell.task, cell.split, cell.fold, cell.seed, fingerprint
        )

    def description(self, cell: Cell) -> dict[str, Any]:
        """Everything that determines the cell's records, and nothing else."""
        measures = {name: MEASURES[name].version() for name in self.measures}
        return {
            "victim": cell.victim,
            "defense": cell.defense,
            "attack": cell.attack,
            "corpus": self.dataset.name,
            "noise_bank": self.noises.name,
            "task": cell.task.name,
            "fold": cell.fold,
            "split": cell.split,
            "seed": cell.seed,
            "max_queries": cell.max_queries,
            "limit": cell.limit,
            "min_snr_db": self.min_snr_db,
            "perception": self.perception.name,
            "perception_fingerprint": self.perception.fingerprint,
            "fitting": self.fitting(cell).description(self.noises.part("train"), self.device.type),
            "attack_identity": identity(self.registry, "attacks", cell.attack),
            "effects": [identity(self.registry, "attacks", effect) for effect in self._effects(cell)],
            "attack_noises": self.noises.part("test").fingerprint,
            **({"measures": measures} if measures else {}),
        }

    def _effects(self, cell: Cell) -> tuple[str, ...]:
        """Specs of the other attacks that the cell's attack draws on."""
        effects: tuple[str, ...] = getattr(self.registry.build("attacks", cell.attack), "signals", ())
        return effects

    def key(self, cell: Cell) -> str:
        """Names the cell's records."""
        return key_of_json(self.description(cell))

    def split(self, cell: Cell) -> Split:
        """The cell's utterances, in three parts. Cells next to each other often share one: the last is kept."""
        return self._last_split(cell.victim, cell.task, cell.split, cell.fold)

    @cached_property
    def _last_split(self) -> Callable[[str, Task, str, int], Split]:
        @lru_cache(maxsize=1)
        def split(victim: str, task: Task, name: str, fold: int) -> Split:
            return split_named(name).split(self._usable(victim, task), fold, self.dataset.name)

        return split

    def folds(self, victim: str, task: Task, split: str) -> int:
        """How many folds a protocol has here."""
        return split_named(split).folds(self._usable(victim, task), self.dataset.name)

    def _usable(self, victim: str, task: Task) -> tuple[Utterance, ...]:
        """The utterances that have a label, and what the victim perceives."""
        senses: tuple[Sense, ...] = getattr(self.registry.build("victims", victim), "senses", ("sound",))
        return usable(self.dataset.utterances, task, self.dataset.name, senses)

    def evaluate(self, cell: Cell) -> list[Row]:
        """Fit or load the victim, let the referee run the attack.

        Raises:
            bench.errors.BenchError: a component broke its contract, or cannot do what is asked.
        """
        split = self.split(cell)
        noises, build = self.noises.part("train"), self.registry.build
        context = FitContext(cell.task, cell.seed, self.device, noises, self.progress, build)
        victim = self.fitting(cell).fit_or_load(split, context)
        attack: Attack = self.registry.build("attacks", cell.attack)
        tools = self.tools(cell, "test", split.test)
        if isinstance(attack, InformedAttack) and attack.corr:
            valid = self._referee(victim, split.valid, cell)
            loss = degradation(valid, attack, split.valid, self.tools(cell, "train", split.valid), self.progress)
            tools = replace(tools, degradation=loss)
        chosen = limited(split.test, cell.limit)
        with self.progress.task(f"Attacking with {cell.attack}", len(chosen)) as advance:
            referee = self._referee(victim, split.test, cell)
            return referee.run(Campaign(attack, cell.attack, tools, cell.seed), chosen, advance)

    def _referee(self, victim: Victim, clean: Sequence[Utterance], cell: Cell) -> Referee:
        return Referee(victim.enroll(clean), cell.task, self.device, self.batch_size, self.min_snr_db, self.measures)

    def tools(self, cell: Cell, part: Part, speech: Sequence[Utterance]) -> AttackTools:
        """What the cell's attack may use, with one part of the noise bank and the clean utterances that it attacks."""
        build = cache(lambda text: self.registry.build("attacks", text))
        noises = self._noises_of(part)
        return AttackTools(noises, self.perception, self.min_snr_db, cell.max_queries, build, speech=tuple(speech))

    def _noises_of(self, part: Part) -> Noises:
        """One part of the bank, on the device."""
        noises = self.noises.part(part)
        clips = tuple(replace(clip, waveform=clip.waveform.to(self.device)) for clip in noises.clips)
        return replace(noises, clips=clips)


def degradation(
    referee: Referee,
    attack: InformedAttack,
    utterances: Sequence[Utterance],
    tools: AttackTools,
    progress: Progress = SILENT,
) -> Degradation:
    """What an informed attacker knows (P1's Corr): the loss of UAR by noise category.

    Measured on validation speakers with the noise bank's "train" part, so on nothing that is attacked later.

    Args:
        referee: its victim is enrolled with these utterances.
        attack: says what it would try of each category.
        utterances: clean, labelled.
        tools: with the "train" part.
        progress: whom to tell.

    Returns:
        UAR on the clean utterances less UAR on the probes, for each category that applies to any.
    """
    found = {}
    with torch.no_grad(), progress.task("Measuring Corr", len(attack.categories)) as advance:
        before = referee.names(referee.labels(utterances))
        for category in attack.categories:
            probes = [attack.probe(u, category, tools, keyed("probe", category, u.id)) for u in utterances]
            applied = [index for index, probe in enumerate(probes) if probe is not None]
            if applied:
                after = referee.names(referee.labels([clipped(probe) for probe in probes if probe is not None]))
                truth = [referee.task.label_of(utterances[index]) or "" for index in applied]
                found[category] = uar(truth, [before[index] for index in applied]) - uar(truth, after)
            advance(1)
    return found


def clipped(utterance: Utterance) -> Utterance:
    """The utterance within [-1, 1]."""
    return replace(utterance, waveform=utterance.waveform.clamp(-1.0, 1.0))


def limited(utterances: Sequence[Utterance], limit: int | None) -> list[Utterance]:
    """At most `limit` utterances, drawn by their ids alone, in their own order.

    >>> many = [Utterance(str(n), torch.zeros(1), speaker="a") for n in range(9)]
    >>> [u.id for u in limited(many, 3)] == [u.id for u in limited(many[::-1], 3)][::-1]
    True
    """
    drawn = sorted(utterances, key=lambda utterance: key_of("limit", utterance.id))[:limit]
    ids = {utterance.id for utterance in drawn}
    return [utterance for utterance in utterances if utterance.id in ids]
