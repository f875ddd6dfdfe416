"""One cell: (victim, defence, attack, corpus, task, fold, seed) → records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, lru_cache
from typing import Any

import torch

from bench.contracts.attack_tools import AttackTools
from bench.contracts.defense_view import DefenseView
from bench.contracts.perception import Perception, p1
from bench.contracts.pipeline import modalities_of
from bench.contracts.protocols import FitContext, InformedAttack, Victim
from bench.contracts.registry import Registry
from bench.core.halving import Halving
from bench.core.keys import key_of_json
from bench.core.noises import NoiseSet
from bench.core.progress import SILENT, Progress
from bench.core.rng import key_of
from bench.core.specs import NO_DEFENSE
from bench.core.types import Dataset, Part, Task, Utterance
from bench.data.leakage import check_noises
from bench.data.splits import Partition, split_named
from bench.data.tasks import usable
from bench.defending.adversarial_examples import best_candidates
from bench.evaluation.attacker_knowledge import degradation
from bench.evaluation.fitted_store import Fitting, identity
from bench.measures.catalogue import MEASURES
from bench.referee.referee import Referee
from bench.referee.search import AttackRun
from bench.scoring.rows import Row


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
        repeat: which measurement of the same fitted victim, from 0: the search and a randomised victim draw anew.
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
    repeat: int = 0

    @property
    def search_seed(self) -> int:
        """What the searches are keyed by."""
        return key_of(self.seed, "repeat", self.repeat) if self.repeat else self.seed


@dataclass(frozen=True)
class Experiment:
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
    noises: NoiseSet
    device: torch.device
    batch_size: int = 64
    min_snr_db: float = 10.0
    perception: Perception = field(default_factory=p1)
    progress: Progress = SILENT
    measures: tuple[str, ...] = ()
    _asked: dict[Cell, tuple[Victim, Referee]] = field(default_factory=dict, init=False, repr=False, compare=False)

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
            "repeat": cell.repeat,
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
        """Specs of the other attacks that the cell's attack draws on, or is made of."""
        attack = self.registry.build("attacks", cell.attack)
        return (*getattr(attack, "signals", ()), *getattr(attack, "made_of", ()))

    def key(self, cell: Cell) -> str:
        """Names the cell's records."""
        return key_of_json(self.description(cell))

    def split(self, cell: Cell) -> Partition:
        """The cell's utterances, in three parts. Cells next to each other often share one: the last is kept."""
        return self._last_split(cell.victim, cell.defense, cell.task, cell.split, cell.fold)

    @cached_property
    def _last_split(self) -> Callable[[str, str, Task, str, int], Partition]:
        @lru_cache(maxsize=1)
        def split(victim: str, defense: str, task: Task, name: str, fold: int) -> Partition:
            return split_named(name).split(self._usable(victim, defense, task), fold, self.dataset.name)

        return split

    def folds(self, victim: str, task: Task, split: str) -> int:
        """How many folds a protocol has here."""
        return split_named(split).folds(self._usable(victim, NO_DEFENSE, task), self.dataset.name)

    def _usable(self, victim: str, defense: str, task: Task) -> tuple[Utterance, ...]:
        """The utterances that have a label, and what the victim and its defence perceive."""
        around = None if defense == NO_DEFENSE else self.registry.build("defenses", defense)
        modalities = modalities_of(self.registry.build("victims", victim), around)
        return usable(self.dataset.utterances, task, self.dataset.name, modalities)

    def evaluate(self, cell: Cell) -> list[Row]:
        """Fit or load the victim, let the referee run the attack.

        Raises:
            bench.core.errors.BenchError: a component broke its contract, or cannot do what is asked.
        """
        victim, referee = self._judged(cell)
        chosen = limited(self.split(cell).test, cell.limit)
        attack_run = self._attack_run(cell, victim)
        tools = attack_run.tools
        if is_aware(attack_run.attack):
            tools = replace(tools, defense_view=DefenseView(referee.victim, self.device))
        if transfers := getattr(attack_run.attack, "transfers", None):
            tools = replace(tools, transferred=self._transferred(cell, transfers, chosen))
        with self.progress.task(f"Attacking with {cell.attack}", len(chosen)) as advance:
            return referee.run(replace(attack_run, tools=tools), chosen, advance)

    def victim(self, cell: Cell) -> Victim:
        """The cell's victim under its defence, fitted now or before."""
        self._check_noises()
        noises, build = self.noises.part("train"), self.registry.build
        context = FitContext(cell.task, cell.seed, self.device, noises, self.progress, build, cell.victim)
        return self.fitting(cell).fit_or_load(self.split(cell), context)

    def _judged(self, cell: Cell) -> tuple[Victim, Referee]:
        """The cell's victim, and the referee who asks it about the test speakers.

        Cells next to each other often share both: the last are kept, with what the victim said to clean speech.
        """
        whom = replace(cell, attack="", max_queries=0, limit=None)
        if whom not in self._asked:
            self._asked.clear()  # first: there may not be room for two
            victim = self.victim(cell)
            self._asked[whom] = victim, self._referee(victim, self.split(cell).test, cell)
        return self._asked[whom]

    def _attack_run(self, cell: Cell, victim: Victim) -> AttackRun:
        """The cell's attack on its test speakers, informed where it wants to be."""
        attack: Any = self.registry.build("attacks", cell.attack)
        split = self.split(cell)
        tools = self.tools(cell, "test", split.test)
        chooser = self.registry.build("attacks", attack.made_of[0]) if is_aware(attack) else attack
        if isinstance(chooser, InformedAttack) and chooser.corr:
            valid = self._referee(victim, split.valid, cell)
            loss = degradation(valid, chooser, split.valid, self.tools(cell, "train", split.valid), self.progress)
            tools = replace(tools, degradation=loss)
        return AttackRun(attack, cell.attack, tools, cell.search_seed)

    def _transferred(self, cell: Cell, attack: str, chosen: Sequence[Utterance]) -> dict[str, Utterance]:
        """An attack's best candidates against the bare victim: what one who knows of no defence would bring."""
        bare = replace(cell, defense=NO_DEFENSE, attack=attack)
        victim = self.victim(bare)
        referee = replace(self._referee(victim, self.split(cell).test, bare), measures=())
        return best_candidates(referee, self._attack_run(bare, victim), chosen)

    @cached_property
    def _check_noises(self) -> Callable[[], None]:
        return cache(lambda: check_noises(self.noises.part("train"), self.noises.part("test")))

    def _referee(self, victim: Victim, clean: Sequence[Utterance], cell: Cell) -> Referee:
        return Referee(
            victim.enroll(clean),
            cell.task,
            self.device,
            self.batch_size,
            self.min_snr_db,
            self.measures,
            sample_key=f"{cell.seed}/{cell.repeat}",
            halving=Halving(self.batch_size, f"victim {cell.victim!r}", self.progress),
        )

    def tools(self, cell: Cell, part: Part, speech: Sequence[Utterance]) -> AttackTools:
        """What the cell's attack may use, with one part of the noise bank and the clean utterances that it attacks."""
        build = cache(lambda text: self.registry.build("attacks", text))
        noises = self._noises_of(part)
        return AttackTools(noises, self.perception, self.min_snr_db, cell.max_queries, build, speech=tuple(speech))

    def _noises_of(self, part: Part) -> NoiseSet:
        """One part of the bank, on the device."""
        noises = self.noises.part(part)
        clips = tuple(replace(clip, waveform=clip.waveform.to(self.device)) for clip in noises.clips)
        return replace(noises, clips=clips)


def is_aware(attack: Any) -> bool:
    """Whether an attack is by one who has a copy of the defence."""
    return bool(getattr(attack, "aware", False))


def limited(utterances: Sequence[Utterance], limit: int | None) -> list[Utterance]:
    """At most `limit` utterances, drawn by their ids alone, in their own order.

    >>> many = [Utterance(str(n), torch.zeros(1), speaker="a") for n in range(9)]
    >>> [u.id for u in limited(many, 3)] == [u.id for u in limited(many[::-1], 3)][::-1]
    True
    """
    drawn = sorted(utterances, key=lambda utterance: key_of("limit", utterance.id))[:limit]
    ids = {utterance.id for utterance in drawn}
    return [utterance for utterance in utterances if utterance.id in ids]
