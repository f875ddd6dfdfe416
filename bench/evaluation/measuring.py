"""One cell → records: fit or load its victim, let the referee run its attack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bench.contracts.attacks import AttackTools, InformedAttack
from bench.contracts.component import Component
from bench.contracts.defense_view import DefenseView
from bench.contracts.protocols import Victim
from bench.core.halving import Halving
from bench.core.noises import NoiseSet
from bench.core.types import Part, Utterance
from bench.defending.adversarial_examples import best_candidates
from bench.evaluation.attacker_knowledge import degradation
from bench.evaluation.cells import Cell, FittedKey, limited
from bench.evaluation.experiment import Experiment
from bench.evaluation.fitted_store import fit_or_load
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
        attack_run = self._attack_run(cell, victim)
        tools, traits = attack_run.tools, cell.attack.traits
        if traits.adaptive:
            tools = replace(tools, defense_view=DefenseView(referee.victim, self.experiment.device))
        if traits.transfers:
            tools = replace(tools, transferred=self._transferred(cell, chosen))
        with self.experiment.progress.task(f"Attacking with {cell.attack}", len(chosen)) as advance:
            return referee.run(replace(attack_run, tools=tools), chosen, advance)

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
        tools = attack_tools(experiment, cell.max_queries, "test", split.test)
        chooser = _chooser(cell.attack).object
        if isinstance(chooser, InformedAttack) and chooser.corr:
            valid = self._referee(victim, split.valid, cell)
            known = attack_tools(experiment, cell.max_queries, "train", split.valid)
            tools = replace(
                tools, degradation=degradation(valid, chooser, split.valid, known, progress=experiment.progress)
            )
        return AttackRun(cell.attack.object, cell.attack.spec, tools, cell.search_seed)

    def _transferred(self, cell: Cell, chosen: Sequence[Utterance]) -> dict[str, Utterance]:
        """An attack's best candidates against the bare victim: what one who knows of no defence would bring."""
        bare = replace(cell, fitted=replace(cell.fitted, defense=None), attack=cell.attack.made_of[0])
        victim = fit_or_load(self.experiment, bare.fitted)
        referee = replace(self._referee(victim, self.experiment.split(cell.fitted).test, bare), measures=())
        return best_candidates(referee, self._attack_run(bare, victim), chosen)

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
            halving=Halving(experiment.batch_size, f"victim {cell.fitted.victim.spec!r}", experiment.progress),
        )


def _chooser(attack: Component) -> Component:
    """The attack that chooses what to try: the one inside an adaptive attack, else itself."""
    return attack.made_of[0] if attack.traits.adaptive else attack


def attack_tools(experiment: Experiment, max_queries: int, part: Part, speech: Sequence[Utterance]) -> AttackTools:
    """Put together what an attack may use.

    Args:
        experiment: data and machine.
        max_queries: the budget of each search.
        part: which half of the noise bank.
        speech: the clean utterances that it attacks.
    """

    def build(spec: str) -> object:
        return experiment.registry.build("attacks", spec)

    noises = _on_device(experiment, part)
    return AttackTools(noises, experiment.perception, experiment.min_snr_db, max_queries, build, speech=tuple(speech))


def _on_device(experiment: Experiment, part: Part) -> NoiseSet:
    """One part of the bank, on the device."""
    noises = experiment.noises.part(part)
    clips = tuple(replace(clip, waveform=clip.waveform.to(experiment.device)) for clip in noises.clips)
    return replace(noises, clips=clips)
