"""One cell of a grid, tried: measured and written, or its failure noted."""

from __future__ import annotations

import time
import traceback
from dataclasses import dataclass, field
from functools import cached_property

from bench.core.errors import ComponentError, RoomError, told_of
from bench.evaluation.cell.cells import FittedKey
from bench.evaluation.cell.descriptions import cell_description, cell_key
from bench.evaluation.cell.experiment import Experiment
from bench.evaluation.cell.facts import MeasuredCell
from bench.evaluation.cell.fitted_store import fit_once, fitted_folder
from bench.evaluation.cell.measuring import Measuring
from bench.evaluation.forecasts.costs import Costs, kind_of, most_queries
from bench.evaluation.grids.grid import Failure
from bench.evaluation.plans.planned import Planned
from bench.scoring.records import Store


@dataclass(frozen=True)
class Attempts:
    """Tries cells, one after the other.

    Args:
        experiment: data and machine.
        store: where records and failures go.
        costs: what the cells took.
    """

    experiment: Experiment
    store: Store
    costs: Costs = field(default_factory=Costs)
    _unfit: dict[FittedKey, tuple[BaseException, str]] = field(default_factory=dict, init=False, repr=False)

    def cell(self, plan: Planned) -> Failure | None:
        """Measure a cell and keep its records.

        Args:
            plan: which.

        Returns:
            Its failure, which is noted; None where it is done.

        Raises:
            RoomError: the run's folder cannot be written to, or its disk is full.
        """
        try:
            begun, measured = self._measured(plan)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a component may leave as a script does: the others go on all the same
            return self._noted(plan, error, self._unfit.get(plan.cell.fitted, (error, traceback.format_exc()))[1])
        try:
            self._keep(plan, measured)
        except RoomError:
            raise
        except Exception as error:
            return self._noted(plan, error, traceback.format_exc())
        queries = most_queries(plan.cell, len(self.experiment.split(plan.cell.fitted).test))
        self.costs.add(kind_of(plan.cell, self.experiment.device.type), queries, time.perf_counter() - begun)
        return None

    def train(self, fitted: FittedKey) -> None:
        """Train a victim that is not kept yet; where it cannot be, its cells will say why.

        Args:
            fitted: which.
        """
        if fitted not in self._unfit and not fitted_folder(self.experiment, fitted).is_dir():
            try:
                fit_once(self.experiment, fitted)
            except KeyboardInterrupt:
                raise
            except BaseException as error:
                self._unfit[fitted] = error, traceback.format_exc()

    def cannot_train(self, fitted: FittedKey) -> bool:
        """Tell whether a victim could not be trained here."""
        return fitted in self._unfit

    def given_up(self, plan: Planned, deaths: int) -> Failure:
        """Note a cell that kills whoever measures it.

        Args:
            plan: which.
            deaths: how many processes died of it, one after the other.
        """
        found = f"{deaths} processes that died over it, one after the other"
        error = ComponentError(
            str(plan.cell), found, "one that ends", "see whether its memory suffices, and run it again"
        )
        return self._noted(plan, error, f"{error}\n")

    def _measured(self, plan: Planned) -> tuple[float, MeasuredCell]:
        """When measuring began, and what came of it; a victim that could not be fitted is not fitted again."""
        fitted = plan.cell.fitted
        self.train(fitted)
        if fitted in self._unfit:
            raise self._unfit[fitted][0]
        begun = time.perf_counter()
        return begun, self._measuring.measured(plan.cell)

    @cached_property
    def _measuring(self) -> Measuring:
        return Measuring(self.experiment)

    def _keep(self, plan: Planned, measured: MeasuredCell) -> None:
        determined = cell_description(self.experiment, plan.cell)
        key, description = cell_key(self.experiment, plan.cell), determined | plan.labels()
        self.store.keep_samples(key, measured.samples)
        self.store.write(key, description | {"found": measured.facts.to_json()}, measured.rows)

    def _noted(self, plan: Planned, error: BaseException, trace: str) -> Failure:
        message, code = told_of(error)
        determined = cell_description(self.experiment, plan.cell)
        description = determined | plan.labels() | {"exit_code": code}
        self.store.fail(cell_key(self.experiment, plan.cell), description, message, trace)
        return Failure(plan.cell, message, code)
