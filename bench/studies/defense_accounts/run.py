"""An account, from nothing to its figures: train, attack by every role, measure, compare."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

import pandas as pd

from bench.contracts.capabilities import Purifying, Refusing
from bench.contracts.component import Component
from bench.contracts.variants import Corr, variants_of
from bench.core.errors import UsageError
from bench.core.showing.progress import Progress
from bench.core.specs import NO_DEFENSE
from bench.data.tasks import task_named
from bench.evaluation.cell.cells import Cell, FittedKey
from bench.evaluation.cell.clean_sessions import lost_of
from bench.evaluation.cell.descriptions import cell_key
from bench.evaluation.cell.enrolment import Group
from bench.evaluation.cell.experiment import Experiment
from bench.evaluation.cell.fitted_store import fit_or_load, fitted_folder
from bench.evaluation.cell.instances import instance
from bench.evaluation.grids.grid import Failure, run_grids
from bench.evaluation.plans.options import Options, check_writable
from bench.evaluation.plans.planned import Planned
from bench.evaluation.run import prepare
from bench.evaluation.runs import remember
from bench.scoring.inference.estimates import Difference
from bench.scoring.records import Store, pooled_rows
from bench.studies.defense_accounts import figures
from bench.studies.defense_accounts.account import Account, AccountLine, AccountSetting, CleanCost, RoleFigures
from bench.studies.defense_accounts.costs import Cost, answer_times, fit_seconds, parameters_in
from bench.studies.defense_accounts.known_victims import bound_of
from bench.studies.defense_accounts.plan import Role, attacks_by_role
from bench.studies.defense_accounts.sessions import with_refusals


def accounts(options: Options, progress: Progress, white_box: int = 0) -> tuple[list[Account], list[Failure]]:
    """Measure what is asked for, or what of it is not done yet, and draw up the accounts.

    Args:
        options: as of `bench run`; Corr and Noises are one each. The bare victim is measured in any case.
        progress: told of long steps.
        white_box: steps along the gradient of the victim itself, for a bound beside each line; 0 leaves it out.

    Raises:
        bench.core.errors.BenchError: something asked for cannot be done; nothing has been written then.
    """
    for option, value in (("--corr", options.corr), ("--noises", options.noises)):
        if value == "both":
            raise UsageError(option, "both", "one of the two: an account is of one attack", f"leave {option} out")
    defenses = tuple(dict.fromkeys((NO_DEFENSE, *options.defenses)))
    options = replace(options, defenses=defenses)
    for task in map(task_named, options.tasks):
        if task.dimensional:
            remedy = "bench run with the same options has CCC, Acc_att and robust accuracy of every defence"
            raise UsageError(f"--task {task.name}", "a task of numbers", "a task of classes, whose UAR is told", remedy)
    check_writable(options.out)
    experiment, planned = prepare([options], progress)
    remember(options.out, options.ks)
    store = Store(options.out)
    found, failures = [], []
    for group in _groups(planned):
        cells = _Cells(experiment, group, white_box)
        failures += run_grids([(experiment, cells.planned())], store)
        if cells.done(store, NO_DEFENSE):
            found.append(cells.account(store, options))
    return found, failures


def _groups(planned: Sequence[Planned]) -> list[list[Planned]]:
    """The plans of one victim, task and attack."""
    groups: dict[tuple[Component, str, Component], list[Planned]] = {}
    for plan in planned:
        fitted = plan.cell.fitted
        groups.setdefault((fitted.victim, fitted.task.name, plan.cell.attack), []).append(plan)
    return list(groups.values())


class _Cells:
    """The cells of one account.

    Args:
        experiment: data and machine.
        group: the plans of one victim, task and attack, under every defence.
        white_box: steps of the bound; 0 for none.
    """

    def __init__(self, experiment: Experiment, group: Sequence[Planned], white_box: int = 0) -> None:
        self.experiment, self.white_box = experiment, white_box
        self._refused: dict[FittedKey, frozenset[str]] = {}
        self.variant, self.attack = group[0].variant, group[0].cell.attack
        self.by_defense: dict[str, list[Cell]] = {}
        most = max(plan.cell.max_queries for plan in group)
        for plan in (plan for plan in group if plan.cell.max_queries == most):
            self.by_defense.setdefault(plan.cell.fitted.defense_spec, []).append(plan.cell)
        self.roles = {defense: self._roles(defense) for defense in self.by_defense}
        bare = dict.fromkeys(
            spec
            for roles in self.roles.values()
            for role, spec in roles.items()
            if role in ("through", "seen", "unseen")
        )
        self.bare_attacks = tuple(bare)

    def _roles(self, defense: str) -> dict[Role, Component]:
        experiment, first = self.experiment, self.by_defense[defense][0].fitted
        guarded = False
        if defense != NO_DEFENSE:
            with suppress(Exception):  # a victim that cannot be trained fails its own cells, and says so there
                guarded = isinstance(fit_or_load(experiment, first), Purifying | Refusing)
        return attacks_by_role(experiment.registry, experiment.noises, first.defense, self.attack, guarded)

    def planned(self) -> list[Planned]:
        """List every cell, those of one fitted victim next to each other."""
        found = []
        for defense, cells in self.by_defense.items():
            attacks = self.bare_attacks if defense == NO_DEFENSE else tuple(dict.fromkeys(self.roles[defense].values()))
            for cell in cells:
                for attack in attacks:
                    found.append(self._planned(replace(cell, attack=attack)))
        return found

    def _planned(self, cell: Cell) -> Planned:
        own, spec = self.variant, cell.attack.spec
        corr: Corr = "yes" if own.corr else "no"
        (variant,) = variants_of(spec, cell.attack.object, corr, own.noises[0])
        return Planned(cell, replace(variant, attack=spec))

    def done(self, store: Store, defense: str) -> bool:
        """Tell whether every cell of a defence is finished."""
        attacks = self.bare_attacks if defense == NO_DEFENSE else self.roles[defense].values()
        cells = (replace(cell, attack=attack) for cell in self.by_defense[defense] for attack in attacks)
        return all(store.has(cell_key(self.experiment, cell)) for cell in cells)

    def account(self, store: Store, options: Options) -> Account:
        """Draw up the account, from the records."""
        bare = {attack: self._rows(store, NO_DEFENSE, attack) for attack in self.bare_attacks}
        first = self.by_defense[NO_DEFENSE][0]
        about = store.read(cell_key(self.experiment, replace(first, attack=self.bare_attacks[0]))).description
        cells = self.by_defense[NO_DEFENSE]
        setting = AccountSetting(
            victim=first.fitted.victim.spec,
            attack=self.variant.base,
            setting=about.names.setting,
            folds=tuple(sorted({cell.fitted.fold for cell in cells})),
            seeds=tuple(sorted({cell.fitted.seed for cell in cells})),
            noises=self.variant.noises[0],
            corr=self.variant.corr,
        )
        rows = bare[self.attack]
        finished = [defense for defense in self.by_defense if self.done(store, defense)]
        costs = zip(finished, self._costs(finished), strict=True)
        lines = tuple(self._line(store, defense, bare, cost, options.ks) for defense, cost in costs)
        return Account(setting, rows["utterance"].nunique(), rows["speaker"].nunique(), lines, about.rests_on)

    def _rows(self, store: Store, defense: str, attack: Component) -> pd.DataFrame:
        """The records of an attack; what a defence that remembers refuses of clean speech is refused in them too."""
        cells = self.by_defense[defense]
        rows = pooled_rows([store.read(cell_key(self.experiment, replace(cell, attack=attack))) for cell in cells])
        for cell in {cell.fitted: cell for cell in cells if cell.fitted.sessions}.values():
            if cell.fitted not in self._refused:
                self._refused[cell.fitted] = lost_of(self.experiment, cell)[0]
            rows = with_refusals(rows, cell.fitted.fold, cell.fitted.seed, self._refused[cell.fitted])
        return rows

    def _line(
        self, store: Store, defense: str, bare: Mapping[Component, pd.DataFrame], cost: Cost, ks: Sequence[int]
    ) -> AccountLine:
        counted = self.variant.noises[0]
        rows = {role: self._rows(store, defense, spec) for role, spec in self.roles[defense].items()}
        through = rows["through"]
        bare = {attack: figures.shared(found, through) for attack, found in bare.items()}
        plain = bare[self.attack]
        is_bare = defense == NO_DEFENSE
        lost = None if is_bare else figures.uar_lost(plain, through)
        clean = CleanCost(figures.clean_uar(through), lost, figures.refused_share(through))
        attacks: dict[Role, RoleFigures] = {}
        for role, found in rows.items():
            spec = self.roles[defense][role]
            once = role == "unaware"
            against = None if is_bare else bare.get(spec, plain)
            at = (max(ks),) if once or not spec.anytime else ks
            shown = figures.figures_at(against, found, at, counted, once)
            attacks[role] = RoleFigures(spec.spec, shown, spec.threat_model)
        prevented: dict[Role, Difference] = {
            role: most for role, told in attacks.items() if (most := told.at[-1].prevented) is not None
        }
        cells = self.by_defense[defense]
        repeats = len({cell.repeat for cell in cells})
        own = cells[0].fitted.defense
        randomised = own is not None and own.traits.randomised
        only_unknown = figures.holds_only_unknown(prevented)
        bound = bound_of(self.experiment, cells, through, self.white_box) if self.white_box else None
        return AccountLine(defense, randomised, repeats, clean, attacks, cost, only_unknown, bound)

    def _costs(self, defenses: Sequence[str]) -> Iterator[Cost]:
        """Of each defence, in order: fitting time over all folds, answers and parameters on the first."""
        test = self.experiment.split(self.by_defense[NO_DEFENSE][0].fitted).test
        firsts = [self.by_defense[defense][0] for defense in defenses]
        everybody = Group(frozenset(one.id for one in test), tuple(test))
        instances = [instance(self.experiment, cell.fitted, "cost", test, everybody, "timed") for cell in firsts]
        times = answer_times(instances, test, self.experiment.device, self.experiment.batch_size)
        for defense, answer_ms in zip(defenses, times, strict=True):
            cells = self.by_defense[defense]
            fitted = [fitted_folder(self.experiment, cell.fitted) for cell in cells]
            taken = [seconds for folder in fitted if (seconds := fit_seconds(folder)) is not None]
            yield Cost(statistics.median(taken) if taken else None, answer_ms, parameters_in(fitted[0]))
