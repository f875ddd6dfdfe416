"""What a run's attacks found, brought to other victims: no attack runs, and no sound was stored."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import ClassVar, NamedTuple

import pandas as pd
from torch import Tensor

from bench.contracts.attacks import AttackTools, Steps
from bench.contracts.component import Component
from bench.contracts.granting import granted_to
from bench.contracts.recipes import Recipe, RecipeError
from bench.contracts.threat_models import Counted
from bench.contracts.traits import Traits
from bench.core.errors import DataError, UsageError
from bench.core.heard import Heard
from bench.core.showing.progress import Progress
from bench.core.specs import NO_DEFENSE
from bench.core.types import Rng
from bench.data.tasks import task_named
from bench.evaluation.cell.cells import FittedKey
from bench.evaluation.cell.experiment import Experiment
from bench.evaluation.cell.instances import panel_of
from bench.evaluation.plans.isolating import registry_for
from bench.evaluation.plans.options import Options
from bench.evaluation.preparing.setup import set_up
from bench.perturbations.rendering import attack_tools
from bench.referee.search import AttackRun
from bench.scoring.entries.several_runs import believed
from bench.scoring.entries.units import pooled_by
from bench.scoring.figures.conditions import Condition
from bench.scoring.inference.estimates import Estimate
from bench.scoring.record_files.cell_records import CellRecords, pooled_rows
from bench.scoring.record_files.pooled import PooledRecords
from bench.scoring.record_files.rows import Row, as_table
from bench.scoring.records import Store

Kept = tuple[CellRecords, Mapping[str, Tensor]]
"""A finished cell, and its accepted free samples by their digests."""


class Origin(NamedTuple):
    """What of a run was brought.

    Args:
        victim: spec.
        defense: spec, or "none".
        attack: spec.
        noises: which successes count.
        task: what the victim tells.
        split: who was attacked.
        target: the class that was wanted; "" for any other label.
    """

    victim: str
    defense: str
    attack: str
    noises: Counted
    task: str
    split: str
    target: str = ""

    @property
    def counted(self) -> str:
        """Say what is counted as a success, and of whom.

        >>> Origin("a", "none", "boundary", "all", "ahsn", "k-fold", "neutral").counted
        "noises all, task ahsn, k-fold, wants 'neutral'"
        """
        wants = f", wants {self.target!r}" if self.target else ""
        return f"noises {self.noises}, task {self.task}, {self.split}{wants}"


@dataclass(frozen=True)
class Replay:
    """What one attack on one victim is worth on another one.

    Args:
        source: what of the run it was.
        victim: spec of the one that it is brought to.
        defense: spec, or "none".
        acc_att: by the number of recipes that were brought of each utterance.
    """

    source: Origin
    victim: str
    defense: str
    acc_att: Mapping[int, Estimate]

    def to_json(self) -> dict[str, object]:
        """Return one of `replays[]`, see docs/cli.md."""
        own = self.source
        told = {"from_victim": own.victim, "from_defense": own.defense, "attack": own.attack, "noises": own.noises}
        told |= {"task": own.task, "split": own.split} | ({"target": own.target} if own.target else {})
        scores = [{"k": k, **one.to_json()} for k, one in self.acc_att.items()]
        return {**told, "victim": self.victim, "defense": self.defense, "scores": scores}


@dataclass(frozen=True)
class _Brought:
    """Asks about the recipe that it is brought, and no more."""

    traits: ClassVar[Traits] = Traits(asks_once=True, transfers=True)

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        """Yield it."""
        if tools.transferred is not None:
            yield tools.transferred


@dataclass
class Replaying:
    """Brings what cells kept to other victims.

    Args:
        experiment: with the corpus and the noises of the run.
        ks: how many recipes of each utterance are brought at most: what succeeded first comes first, then what changed
            the label, then the rest, the last that was tried first.
    """

    experiment: Experiment
    ks: Sequence[int]
    _brought: dict[tuple[Counted, str, str, Hashable], list[CellRecords]] = field(default_factory=dict)
    _chosen: set[tuple[Counted, str, str, Hashable]] = field(default_factory=set)

    def bring(self, kept: Kept, victim: Component, defense: Component | None) -> None:
        """Ask a victim about what one cell kept; it is trained where it is not yet, as the cell's was.

        Args:
            kept: the cell.
            victim: another one, or the same.
            defense: around it.

        Raises:
            bench.core.errors.BenchError: the cell rests on other data, or a component broke its contract.
        """
        cell, _ = kept
        names, about = cell.description.names, cell.description
        self._check(cell)
        key = FittedKey(victim, defense, task_named(names.setting.task), names.setting.split, names.fold, names.seed)
        key.check()
        asked = replace(cell, rows=as_table(self._asked(kept, key)).to_pandas())
        for noises in about.noises:
            group = noises, victim.spec, key.defense_spec, (names.attack, pooled_by(cell))
            self._brought.setdefault(group, []).append(asked)
            if (cell.rows["query"] > 1).any():
                self._chosen.add(group)

    def found(self) -> Iterator[Replay]:
        """Give what came of it, folds and seeds pooled; of an attack that knows its budget, of the greatest."""
        for group, cells in self._brought.items():
            noises, victim, defense, _ = group
            about, budgets = cells[0].description, [cell.description.rests_on.max_queries for cell in cells]
            names, target = about.names, about.threat_model.target
            source = Origin(
                *(names.victim, names.defense, names.attack, noises, names.setting.task, names.setting.split, target)
            )
            most = [cell for cell, budget in zip(cells, budgets, strict=True) if budget == max(budgets)]
            rows = pooled_rows(most)
            if group in self._chosen:  # by a search: its sounds are no sample, however many are brought
                rows = rows.drop(columns="source")
            condition = Condition(False, noises, PooledRecords.of(rows))
            yield Replay(source, victim, defense, {k: condition.acc_att(k) for k in self.ks})

    def _check(self, cell: CellRecords) -> None:
        rests, ours = cell.description.rests_on, self.experiment
        trained = None if ours.training is None else ours.training.fingerprint
        pairs = (("corpus", rests.corpus_fingerprint, ours.dataset.fingerprint),
                 ("corpus trained on", rests.train_corpus_fingerprint or "", trained or ""),
                 ("noises", rests.noise_fingerprint, ours.noise_fingerprint("test")))  # fmt: skip
        for what, theirs, own in pairs:
            if theirs != own:
                found, expected = f"{what} {own[:8] or 'none'}", f"those of the run, {theirs[:8] or 'none'}"
                remedy = "give the run's --corpus, --train-corpus and --noise-bank"
                raise UsageError(f"cell {cell.key}", found, expected, remedy)

    def _asked(self, kept: Kept, key: FittedKey) -> list[Row]:
        experiment, test = self.experiment, self.experiment.split(key).test
        recipes = ordered_recipes(kept[0].rows, kept[1], max(self.ks))
        chosen = [one for one in test if one.id in recipes]
        panel = panel_of(experiment, key, test, kept[0].description.names.repeat)
        own = experiment.resident.part("test")
        build = experiment.registry.build
        tools = attack_tools(
            own.copied(), experiment.perception, experiment.min_snr_db, 1, lambda spec: build("attacks", spec)
        )
        granted = replace(granted_to(_Brought()), target=kept[0].description.threat_model.target)
        found: dict[str, list[Row]] = {one.id: [] for one in chosen}
        for place in range(max(self.ks)):
            left = [one for one in chosen if len(recipes[one.id]) > place and not _won(found[one.id])]
            left = chosen if place == 0 else left
            brought = {one.id: recipes[one.id][place] for one in left if len(recipes[one.id]) > place}
            run = AttackRun(
                _Brought(), "replay", tools, key.seed, test, own.copied(), transferred=brought, threat_model=granted
            )
            for row in panel.run(run, left):
                if row.query or not place:
                    found[row.utterance].append(replace(row, query=row.query and place + 1))
        return [row for rows in found.values() for row in rows]


def _won(rows: Sequence[Row]) -> bool:
    return any(row.accepted for row in rows)


def ordered_recipes(rows: pd.DataFrame, samples: Mapping[str, Tensor], most: int) -> dict[str, list[Recipe]]:
    """Read each utterance's recipes in the order in which they are brought.

    Args:
        rows: a cell's records.
        samples: accepted free samples by their digests; what was not accepted was not kept, and is left out.
        most: so many of each.

    Raises:
        UsageError: the records have no recipes.
    """
    asked = rows[rows["query"] > 0]
    if len(asked) and asked["recipe"].isna().all():
        raise UsageError("records", "no recipes", "records of a version that keeps them", "run the attack again")
    changed = asked["label_after"] != asked["label_before"]
    ordered = asked.assign(changed=changed).sort_values(
        ["accepted", "changed", "query"], ascending=[False, False, False], kind="stable"
    )
    found: dict[str, list[Recipe]] = {str(id): [] for id in rows["utterance"].unique()}
    for id, text in zip(ordered["utterance"], ordered["recipe"], strict=True):
        if len(found[id]) < most and isinstance(text, str):
            found[id] += _read(text, samples)
    return found


def _read(text: str, samples: Mapping[str, Tensor]) -> Iterable[Recipe]:
    try:
        return (Recipe.read(text, samples),)
    except RecipeError:
        if '"samples"' in text:
            return ()
        raise


def replays(run: Path, options: Options, progress: Progress) -> list[Replay]:
    """Bring what every finished cell of a run kept to every victim under every defence.

    Args:
        run: its folder.
        options: victims, defences, data and machine; how many recipes of each utterance.
        progress: told of long steps.

    Raises:
        bench.core.errors.BenchError: the run has no finished cell, or something asked for cannot be done.
    """
    store = Store(run)
    cells = [cell for cell in believed(store) if cell.description.names.half is None]
    if not cells:
        raise DataError(run, "no finished cell", "records of a bench run", "run it again to the end")
    registry = registry_for(options)
    victims = [registry.component("victims", spec) for spec in options.victims]
    defenses = [None if spec == NO_DEFENSE else registry.component("defenses", spec) for spec in options.defenses]
    replaying = Replaying(set_up(options, registry, progress), options.ks)
    for cell in cells:
        for victim, defense in product(victims, defenses):
            replaying.bring((cell, store.samples_of(cell)), victim, defense)
    return list(replaying.found())
