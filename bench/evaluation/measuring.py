"""One cell → records: fit or load its victim, let the referee run its attack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bench.contracts.attacks import AttackTools, InformedAttack
from bench.contracts.component import Component
from bench.contracts.defense_view import DefenseView
from bench.contracts.protocols import Victim
from bench.contracts.recipes import Recipe
from bench.core.halving import Halving
from bench.core.types import Part, Utterance
from bench.defending.adversarial_examples import best_candidates
from bench.evaluation.attacker_knowledge import degradation
from bench.evaluation.cells import Cell, FittedKey, limited
from bench.evaluation.experiment import Experiment
from bench.evaluation.fitted_store import fit_or_load
from bench.perturbations.rendering import attack_tools, copy_of
from bench.referee.referee import Referee
from bench.referee.search import AttackRun
from bench.scoring.rows import Row


@dataclass(frozen=True)
class Measuring:
    """Measures cells, one after the other; what the next one shares with the last is not made again.

    Args:
        experiment: data and machine.
    """

    experiment: Experiment
    _asked: dict[tuple[FittedKey, int], tuple[Victim, Referee]] = field(default_factory=dict, init=False, repr=False)

    def rows(self, cell: Cell) -> list[Row]:
        """Attack a cell's test utterances and return their records; its victim is fitted or loaded first.

        Raises:
            bench.core.errors.BenchError: a component broke its contract, or cannot do what is asked.
        """
        victim, referee = self._judged(cell)
        chosen = limited(self.experiment.split(cell.fitted).test, cell.limit)
        attack_run, traits = self._attack_run(cell, victim), cell.attack.traits
        if traits.adaptive:
            attack_run = replace(attack_run, view=DefenseView(referee.victim, self.experiment.device))
        if traits.transfers:
            attack_run = replace(attack_run, transferred=self._transferred(cell, chosen))
        with self.experiment.progress.task(f"Attacking with {cell.attack}", len(chosen)) as advance:
            return referee.run(attack_run, chosen, advance)

    def _judged(self, cell: Cell) -> tuple[Victim, Referee]:
        """The cell's victim, and the referee who asks it about the test speakers.

        Cells next to each other often share both: the last are kept, with what the victim said to clean speech.
        """
        whom = cell.fitted, cell.repeat
        if whom not in self._asked:
            self._asked.clear()  # first: there may not be room for two
            victim = fit_or_load(self.experiment, cell.fitted)
            self._asked[whom] = victim, self._referee(victim, self.experiment.split(cell.fitted).test, cell)
        return self._asked[whom]

    def _attack_run(self, cell: Cell, victim: Victim) -> AttackRun:
        """The cell's attack on its test speakers, informed where it wants to be."""
        experiment, split = self.experiment, self.experiment.split(cell.fitted)
        tools = lent_tools(experiment, cell.max_queries, "test")
        chooser = _chooser(cell.attack).object
        if isinstance(chooser, InformedAttack) and chooser.corr:
            valid = self._referee(victim, split.valid, cell)
            known = lent_tools(experiment, cell.max_queries, "train")
            tools = replace(
                tools, degradation=degradation(valid, chooser, split.valid, known, progress=experiment.progress)
            )
        own = copy_of(experiment.noises.part("test"), experiment.device)
        return AttackRun(cell.attack.object, cell.attack.spec, tools, cell.search_seed, split.test, own)

    def _transferred(self, cell: Cell, chosen: Sequence[Utterance]) -> dict[str, Recipe]:
        """An attack's best recipes against the bare victim: what one who knows of no defence would bring."""
        bare = replace(cell, fitted=replace(cell.fitted, defense=None), attack=cell.attack.made_of[0])
        victim = fit_or_load(self.experiment, bare.fitted)
        referee = replace(
            self._referee(victim, self.experiment.split(cell.fitted).test, bare), measures=(), examines=False
        )
        best = best_candidates(referee, self._attack_run(bare, victim), chosen)
        return {id: candidate.recipe for id, candidate in best.items()}

    def _referee(self, victim: Victim, clean: Sequence[Utterance], cell: Cell) -> Referee:
        experiment = self.experiment
        return Referee(
            victim.enroll(clean),
            cell.fitted.task,
            experiment.device,
            experiment.batch_size,
            experiment.min_snr_db,
            experiment.measures,
            sample_key=cell.sample_key,
            examines=True,
            halving=Halving(experiment.batch_size, f"victim {cell.fitted.victim.spec!r}", experiment.progress),
        )


def _chooser(attack: Component) -> Component:
    """The attack that chooses what to try: the one inside an adaptive attack, else itself."""
    return attack.made_of[0] if attack.traits.adaptive else attack


def lent_tools(experiment: Experiment, max_queries: int, part: Part) -> AttackTools:
    """Put together what an attack may use, with a copy of the noises that is its own.

    Args:
        experiment: data and machine.
        max_queries: the budget of each search.
        part: which half of the noise bank.
    """

    def build(spec: str) -> object:
        return experiment.registry.build("attacks", spec)

    noises = copy_of(experiment.noises.part(part), experiment.device)
    return attack_tools(noises, experiment.perception, experiment.min_snr_db, max_queries, build)
