"""One cell → records: fit or load its victim, let the referee run its attack."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import torch

from bench.contracts.attacks import AttackTools, InformedAttack
from bench.contracts.component import Component
from bench.contracts.composition import asks_once
from bench.contracts.defense_view import Looks
from bench.contracts.recipes import Recipe
from bench.core.computing.collecting import heap_frozen
from bench.core.errors import UsageError
from bench.core.noises import LentNoises, NoiseSet
from bench.core.types import Half, Part, Utterance
from bench.data.people import people_of
from bench.defending.adversarial_examples import best_candidates
from bench.evaluation.cell.attacker_knowledge import KnownHarm, degradation
from bench.evaluation.cell.cells import Cell, FittedKey, attacked, limited
from bench.evaluation.cell.clean_sessions import lost_of
from bench.evaluation.cell.enrolment import unknown_in
from bench.evaluation.cell.experiment import Experiment
from bench.evaluation.cell.facts import Facts, FreeSamples, MeasuredCell
from bench.evaluation.cell.instances import panel_of, with_views
from bench.evaluation.cell.spares import Spares
from bench.perturbations.rendering import attack_tools
from bench.referee.clean_answers import KnownClean
from bench.referee.lending import LentKnown
from bench.referee.panel import Panel
from bench.referee.rehearsal import Rehearsal, rehearsed
from bench.referee.search import AttackRun
from bench.scoring.record_files.rows import Row


@dataclass(frozen=True)
class _Kept:
    """What the next cells of a fitted victim need again; instances that were asked die with their cell.

    Args:
        whom: the victim, and which measurement of it; None before there was any.
        clean: what it said of clean speech, for each half of a speaker's utterances.
        harm: what it, or the bare one that an attack is brought from, lost by what attacks try first.
        lost: of how much clean speech it says something else in a session, by how much of it is asked about.
        spares: instances that nobody has asked.
    """

    whom: tuple[FittedKey, int] | None = None
    clean: tuple[KnownClean, ...] = field(default_factory=lambda: (KnownClean(), KnownClean()))
    harm: dict[FittedKey, KnownHarm] = field(default_factory=lambda: defaultdict(KnownHarm))
    lost: dict[int | None, tuple[int, int]] = field(default_factory=dict)
    spares: Spares = field(default_factory=Spares)


@dataclass
class Measuring:
    """Measures cells, one after the other; those of the same fitted victim share what does not depend on the attack.

    Args:
        experiment: data and machine.
    """

    experiment: Experiment
    _kept: _Kept = field(default_factory=_Kept, init=False, repr=False)
    _noises: dict[Half | None, NoiseSet] = field(default_factory=dict, init=False, repr=False)

    def measured(self, cell: Cell) -> MeasuredCell:
        """Attack a cell's test utterances; its victim is fitted or loaded first.

        Raises:
            bench.core.errors.BenchError: a component broke its contract, or cannot do what is asked.
        """
        experiment, test, looks = self.experiment, self.experiment.split(cell.fitted).test, Looks()
        whom, target = (cell.fitted, cell.repeat), cell.attack.threat_model.target
        if whom != self._kept.whom:
            self._kept = _Kept(whom)
        kept = self._kept
        chosen = kept.spares.of_speech(test, (cell.limit, target), lambda: attacked(cell, test))
        panel = panel_of(experiment, cell.fitted, test, cell.repeat, kept.clean, kept.spares)
        panel, attack_run, rehearsal = self._ready(cell, chosen, panel, looks)
        with experiment.progress.task(f"Attacking with {cell.attack}", len(chosen)) as advance, heap_frozen():
            free = FreeSamples()
            rows = panel.run(attack_run, chosen, advance, free.keep)
        alone = kept.spares.of_speech(test, "unknown", lambda: unknown_in(test, experiment.enrolment))
        unknown = set(alone) & {one.id for one in chosen}
        size = attack_run.granted.round_size
        rounds = (size, len(chosen)) if size else None
        facts = Facts(
            looks.count if _looks_through(cell) else None,
            len(unknown),
            rounds,
            rehearsal,
            _met(cell, chosen),
            people_of(chosen),
            self._sessions(cell) if cell.fitted.sessions else None,
            tuple(one.name for one in cell.attack.leaves() if one.traits.settings),
            not asks_once(cell.attack.object) and all(row.query <= 1 for row in rows),
        )
        self._say(facts, rows)
        if free.asked:
            experiment.progress.say(f"{cell.attack}: {free.asked:,} candidates were free samples, see docs/recipes.md")
        return MeasuredCell(rows, facts, free.accepted)

    def again(self, cell: Cell, chosen: Sequence[Utterance], order_key: str) -> list[Row]:
        """Attack some of a cell's test utterances once more, with instances of their own, in another order.

        Args:
            cell: as it was measured.
            chosen: some of its utterances.
            order_key: draws the order.
        """
        panel = panel_of(self.experiment, cell.fitted, self.experiment.split(cell.fitted).test, cell.repeat)
        panel, attack_run, _ = self._ready(cell, chosen, panel, Looks())
        seats = (replace(one, referee=replace(one.referee, order_key=order_key)) for one in reversed(panel.seats))
        return Panel(tuple(seats)).run(attack_run, chosen)

    def _ready(
        self, cell: Cell, chosen: Sequence[Utterance], panel: Panel, looks: Looks
    ) -> tuple[Panel, AttackRun, Rehearsal | None]:
        """The panel and the attack before it, with what the attack has beforehand: its rehearsal, its looks through the
        defence, what it brings from the bare victim."""
        attack_run, rehearsal = self._rehearsed(cell, self._attack_run(cell), looks)
        if _looks_through(cell):
            test = self.experiment.split(cell.fitted).test
            panel = with_views(self.experiment, cell.fitted, test, cell.repeat, panel, looks)
        if cell.attack.traits.transfers:
            attack_run = replace(attack_run, transferred=self._transferred(cell, chosen))
        return panel, attack_run, rehearsal

    def _say(self, facts: Facts, rows: Sequence[Row]) -> None:
        """Tell what a reader of the figures ought to know."""
        say = self.experiment.progress.say
        if facts.unknown:
            many = "1 utterance is" if facts.unknown == 1 else f"{facts.unknown} utterances are"
            say(f"{many} the only one of a speaker: asked about with the statistics of the training speakers")
        flips = [row.flip_share for row in rows if row.query == 0 and row.flip_share is not None]
        if flips:
            say(f"by chance alone, {sum(flips) / len(flips):.1%} of answers about clean speech are other labels")

    def _attack_run(self, cell: Cell) -> AttackRun:
        """The cell's attack on its test speakers, with all that its threat model knows."""
        experiment, attack = self.experiment, cell.attack
        tools = self._informed(cell, lent_tools(experiment, attack, cell.max_queries, "test", cell.half))
        return AttackRun(
            attack.object,
            attack.spec,
            tools,
            cell.search_seed,
            experiment.split(cell.fitted).test,
            self._own_noises(cell.half),
            threat_model=attack.threat_model,
            anytime=attack.anytime,
            learner=attack.chooser.object,
        )

    def _own_noises(self, half: Half | None) -> NoiseSet:
        """What the referee renders from: a copy made before the first attack looked at any, given to nobody else."""
        if half not in self._noises:
            self._noises.clear()
            self._noises[half] = _lent(self.experiment, "test", half).copied(self.experiment.device)
        return self._noises[half]

    def _informed(self, cell: Cell, tools: AttackTools) -> AttackTools:
        """The tools with what the attacker knows beforehand."""
        experiment, split, knows = self.experiment, self.experiment.split(cell.fitted), cell.attack.threat_model.knows
        if "training" in knows:
            task = cell.fitted.task
            told = [task.label_of(one) or "" for one in split.train]
            ratings = [task.rating_of(one) for one in split.train] if task.dimensional else ()
            tools = replace(tools, training=LentKnown(split.train, told, cell.search_seed, ratings))
        if not {"noise-harm", "validation"} & set(knows):
            return tools
        valid = panel_of(experiment, cell.fitted, split.valid, cell.repeat, spares=self._kept.spares)
        if "validation" in knows:
            with torch.no_grad():
                answers, values = valid.told(split.valid)
            tools = replace(tools, validation=LentKnown(split.valid, answers, cell.search_seed, values))
        chooser = cell.attack.chooser.object
        if isinstance(chooser, InformedAttack) and chooser.corr:
            known = lent_tools(experiment, cell.attack, cell.max_queries, "train")
            asked = limited(split.valid, cell.limit)  # who asks for little of a service, asks it little
            own = _lent(experiment, "train", None)
            before = self._kept.harm[cell.fitted]
            harm = degradation(valid, chooser, asked, known, experiment.progress, before, own)
            tools = replace(tools, degradation=harm)
        return tools

    def _rehearsed(self, cell: Cell, attack_run: AttackRun, looks: Looks) -> tuple[AttackRun, Rehearsal | None]:
        """The attack after its rehearsal on validation speakers, where its threat model grants one."""
        if not attack_run.granted.rehearsal:
            return attack_run, None  # nobody is loaded then
        valid = self.experiment.split(cell.fitted).valid
        panel = panel_of(self.experiment, cell.fitted, valid, cell.repeat, spares=self._kept.spares)
        if "defense" in attack_run.granted.knows:
            panel = with_views(self.experiment, cell.fitted, valid, cell.repeat, panel, looks)
        with self.experiment.progress.task(f"Rehearsing {cell.attack}", len(valid)) as advance:
            return rehearsed(_plain(panel), attack_run, valid, advance)

    def _sessions(self, cell: Cell) -> tuple[int, int]:
        """What the victim says otherwise of clean speech in sessions; asked once for all attacks on it."""
        if cell.limit not in self._kept.lost:
            lost, of = lost_of(self.experiment, cell)
            self._kept.lost[cell.limit] = len(lost), of
        return self._kept.lost[cell.limit]

    def _transferred(self, cell: Cell, chosen: Sequence[Utterance]) -> dict[str, Recipe]:
        """An attack's best recipes against the bare victim: what one who knows of no defence would bring."""
        bare = replace(
            cell,
            fitted=replace(cell.fitted, defense=None),
            attack=replace(cell.attack.made_of[0], target=cell.attack.target),
        )
        panel = panel_of(self.experiment, bare.fitted, self.experiment.split(cell.fitted).test, bare.repeat)
        best = best_candidates(_plain(panel), self._rehearsed(bare, self._attack_run(bare), Looks())[0], chosen)
        return {id: candidate.recipe for id, candidate in best.items()}


def _looks_through(cell: Cell) -> bool:
    """Whether the attack has a copy of the defence."""
    return "defense" in cell.attack.threat_model.knows


def _met(cell: Cell, chosen: Sequence[Utterance]) -> tuple[str, ...]:
    """The attacked speakers that the victim says that it was trained on elsewhere."""
    said = set(cell.fitted.victim.traits.trained_on)
    return tuple(sorted({one.speaker for one in chosen if "*" in said or one.speaker in said}))


def _plain(panel: Panel) -> Panel:
    """The same, without looking at successes further."""
    seats = (replace(one, referee=replace(one.referee, measures=(), examines=False)) for one in panel.seats)
    return Panel(tuple(seats))


def _lent(experiment: Experiment, part: Part, half: Half | None) -> NoiseSet:
    """The sounds of a part of the noise bank, or of one half of it."""
    noises = experiment.resident.part(part)
    return noises if half is None else noises.half(half)


def lent_tools(
    experiment: Experiment, attack: Component, max_queries: int, part: Part, half: Half | None = None
) -> AttackTools:
    """Put together what an attack may use, with a copy of the noises that is its own.

    Args:
        experiment: data and machine.
        attack: which may use the attacks and effects that it declares, since its key holds the code of those.
        max_queries: the budget of each search.
        part: which half of the noise bank.
        half: which half of that part; None for all of it.
    """
    declared = {one.name for one in attack.everything() if one.kind == "attacks"}

    def build(spec: str) -> object:
        component = experiment.registry.component("attacks", spec)
        if undeclared := {one.name for one in component.leaves()} - declared:
            name = min(undeclared)
            remedy = f'declare traits = Traits(made_of=(("attacks", {name!r}),))'
            raise UsageError(
                f"attack {attack.spec!r}", f"{name!r}, undeclared", "what its key holds the code of", remedy
            )
        return experiment.registry.build("attacks", spec)

    noises = LentNoises.copying(_lent(experiment, part, half), experiment.device)
    return attack_tools(noises, experiment.perception, experiment.min_snr_db, max_queries, build)
