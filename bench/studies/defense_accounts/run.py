"""An account, from nothing to its figures: train, attack by every role, measure, compare."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Any

import pandas as pd

from bench.contracts.capabilities import Purifying, Refusing
from bench.contracts.component import Component
from bench.contracts.threat_models import Corr, threat_models
from bench.core.errors import UsageError
from bench.core.progress import Progress
from bench.core.specs import NO_DEFENSE
from bench.evaluation.cells import Cell
from bench.evaluation.descriptions import cell_key
from bench.evaluation.experiment import Experiment
from bench.evaluation.fitted_store import fit_or_load, fitted_folder
from bench.evaluation.grid import Failure, Planned, run_grid
from bench.evaluation.options import Options, check_writable
from bench.evaluation.run import prepare
from bench.evaluation.runs import remember
from bench.scoring.records import Store
from bench.scoring.results import cell_name, rests_on
from bench.studies.defense_accounts import figures
from bench.studies.defense_accounts.costs import Cost, answer_times, fit_seconds, parameters_in
from bench.studies.defense_accounts.plan import Role, attacks_by_role

SETTING = ("victim", "attack", "corpus", "noise_bank", "task", "split", "folds", "seeds", "limit", "noises", "corr")


@dataclass(frozen=True)
class AccountLine:
    """One defence of one victim, against one attack in all its roles.

    Args:
        defense: spec, or "none" for the bare victim.
        randomised: whether it draws anew for every query.
        repeats: so often each fitted victim was attacked.
        clean: UAR, UAR lost against the bare victim, share of clean utterances refused.
        attacks: by role the attack's spec and its figures at each k.
        cost: time and parameters.
        only_unknown: whether it holds only against attacks that do not know of it.
    """

    defense: str
    randomised: bool
    repeats: int
    clean: Mapping[str, figures.Figure]
    attacks: Mapping[Role, Mapping[str, Any]]
    cost: Cost
    only_unknown: bool

    def to_json(self) -> dict[str, Any]:
        """Plain values, see docs/defenses/account.md."""
        return {
            "defense": self.defense,
            "randomised": self.randomised,
            "repeats": self.repeats,
            "clean": {name: figure.to_json() for name, figure in self.clean.items()},
            "attacks": [{"role": role, **found} for role, found in self.attacks.items()],
            "cost": asdict(self.cost),
            "only_unknown": self.only_unknown,
        }


@dataclass(frozen=True)
class Account:
    """One victim's defences against one attack.

    Args:
        setting: what all lines share, by the names in `SETTING`.
        n: utterances attacked.
        speakers: of so many.
        lines: the bare victim first.
        rests_on: data and versions.
    """

    setting: Mapping[str, Any]
    n: int
    speakers: int
    lines: tuple[AccountLine, ...]
    rests_on: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Plain values, see docs/defenses/account.md."""
        lines = [line.to_json() for line in self.lines]
        return {**self.setting, "n": self.n, "speakers": self.speakers, "lines": lines, "rests_on": dict(self.rests_on)}


def accounts(options: Options, progress: Progress) -> tuple[list[Account], list[Failure]]:
    """Measure what is asked for, or what of it is not done yet, and draw up the accounts.

    Args:
        options: as of `bench run`; Corr and Noises are one each. The bare victim is measured in any case.
        progress: whom to tell.

    Raises:
        bench.core.errors.BenchError: something asked for cannot be done; nothing has been written then.
    """
    for option, value in (("--corr", options.corr), ("--noises", options.noises)):
        if value == "both":
            raise UsageError(option, "both", "one of the two: an account is of one attack", f"leave {option} out")
    defenses = tuple(dict.fromkeys((NO_DEFENSE, *options.defenses)))
    options = replace(options, defenses=defenses)
    check_writable(options.out)
    experiment, planned = prepare([options], progress)
    remember(options.out, options.ks)
    store = Store(options.out)
    found, failures = [], []
    for group in _groups(planned):
        cells = _Cells(experiment, group)
        failures += run_grid(experiment, cells.planned(), store)
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
    """

    def __init__(self, experiment: Experiment, group: Sequence[Planned]) -> None:
        self.experiment = experiment
        self.threat_model, self.attack = group[0].threat_model, group[0].cell.attack
        self.by_defense: dict[str, list[Cell]] = {}
        for plan in group:
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
        first = self.by_defense[defense][0].fitted
        guarded = False
        if defense != NO_DEFENSE:
            with suppress(Exception):  # a victim that cannot be trained fails its own cells, and says so there
                guarded = isinstance(fit_or_load(self.experiment, first), Purifying | Refusing)
        experiment = self.experiment
        return attacks_by_role(experiment.registry, experiment.noises, first.defense, self.attack, guarded)

    def planned(self) -> list[Planned]:
        """Every cell, those of one fitted victim next to each other."""
        found = []
        for defense, cells in self.by_defense.items():
            attacks = self.bare_attacks if defense == NO_DEFENSE else tuple(dict.fromkeys(self.roles[defense].values()))
            for cell in cells:
                for attack in attacks:
                    found.append(self._planned(replace(cell, attack=attack)))
        return found

    def _planned(self, cell: Cell) -> Planned:
        own, spec = self.threat_model, cell.attack.spec
        corr: Corr = "yes" if own.corr else "no"
        (threat_model,) = threat_models(spec, cell.attack.object, corr, own.noises[0])  # type: ignore[arg-type]
        return Planned(cell, replace(threat_model, attack=spec))

    def done(self, store: Store, defense: str) -> bool:
        """Whether every cell of a defence is finished."""
        attacks = self.bare_attacks if defense == NO_DEFENSE else self.roles[defense].values()
        cells = (replace(cell, attack=attack) for cell in self.by_defense[defense] for attack in attacks)
        return all(store.has(cell_key(self.experiment, cell)) for cell in cells)

    def account(self, store: Store, options: Options) -> Account:
        """The account, from the records."""
        bare = {attack: self._rows(store, NO_DEFENSE, attack) for attack in self.bare_attacks}
        first = self.by_defense[NO_DEFENSE][0]
        about = store.read(cell_key(self.experiment, replace(first, attack=self.bare_attacks[0]))).description
        cells = self.by_defense[NO_DEFENSE]
        setting = {
            "victim": first.fitted.victim.spec,
            "attack": self.threat_model.base,
            "corpus": about["corpus"],
            "noise_bank": about["noise_bank"],
            "task": first.fitted.task.name,
            "split": first.fitted.split,
            "folds": sorted({cell.fitted.fold for cell in cells}),
            "seeds": sorted({cell.fitted.seed for cell in cells}),
            "limit": first.limit,
            "noises": self.threat_model.noises[0],
            "corr": self.threat_model.corr,
        }
        rows = bare[self.attack]
        finished = [defense for defense in self.by_defense if self.done(store, defense)]
        costs = zip(finished, self._costs(finished), strict=True)
        lines = tuple(self._line(store, defense, bare, cost, options.ks) for defense, cost in costs)
        return Account(setting, rows["utterance"].nunique(), rows["speaker"].nunique(), lines, rests_on(about))

    def _rows(self, store: Store, defense: str, attack: Component) -> pd.DataFrame:
        read = (
            store.read(cell_key(self.experiment, replace(cell, attack=attack))) for cell in self.by_defense[defense]
        )
        return pd.concat([one.rows.assign(cell=cell_name(one.description)) for one in read], ignore_index=True)

    def _line(
        self, store: Store, defense: str, bare: Mapping[Component, pd.DataFrame], cost: Cost, ks: Sequence[int]
    ) -> AccountLine:
        imperceptible = self.threat_model.noises[0] == "imperceptible"
        rows = {role: self._rows(store, defense, spec) for role, spec in self.roles[defense].items()}
        through = rows["through"]
        bare = {attack: figures.shared(found, through) for attack, found in bare.items()}
        plain = bare[self.attack]
        is_bare = defense == NO_DEFENSE
        lost = {} if is_bare else {"uar_lost": figures.uar_lost(plain, through)}
        clean = {"uar": figures.clean_uar(through), **lost, "refused": figures.refused_share(through)}
        attacks: dict[Role, dict[str, Any]] = {}
        for role, found in rows.items():
            spec = self.roles[defense][role]
            once = role == "unaware"
            against = None if is_bare else bare.get(spec, plain)
            at = (max(ks),) if once else ks
            attacks[role] = {"attack": spec.spec, "at": figures.figures_at(against, found, at, imperceptible, once)}
        at_most = {role: told["at"][-1].get("prevented") for role, told in attacks.items()}
        prevented = {role: figures.Figure(**found) for role, found in at_most.items() if found}
        cells = self.by_defense[defense]
        repeats = len({cell.repeat for cell in cells})
        own = cells[0].fitted.defense
        randomised = own is not None and own.traits.randomised
        return AccountLine(defense, randomised, repeats, clean, attacks, cost, figures.holds_only_unknown(prevented))

    def _costs(self, defenses: Sequence[str]) -> Iterator[Cost]:
        """Of each defence, in order: fitting time over all folds, answers and parameters on the first."""
        test = self.experiment.split(self.by_defense[NO_DEFENSE][0].fitted).test
        firsts = [self.by_defense[defense][0] for defense in defenses]
        victims = [fit_or_load(self.experiment, cell.fitted).enroll(test) for cell in firsts]
        times = answer_times(victims, test, self.experiment.device, self.experiment.batch_size)
        for defense, answer_ms in zip(defenses, times, strict=True):
            cells = self.by_defense[defense]
            fitted = [fitted_folder(self.experiment, cell.fitted) for cell in cells]
            taken = [seconds for folder in fitted if (seconds := fit_seconds(folder)) is not None]
            yield Cost(statistics.median(taken) if taken else None, answer_ms, parameters_in(fitted[0]))
