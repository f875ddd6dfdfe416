"""What is asked of fitted victims beside attacks: the white-box bound."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from bench.evaluation.cell.cells import Cell
from bench.evaluation.cell.enrolment import groups_of
from bench.evaluation.cell.experiment import Experiment
from bench.evaluation.cell.instances import instance
from bench.scoring.figures.dependence import estimated_share
from bench.scoring.inference.estimates import Estimate
from bench.scoring.scores import clean
from bench.studies.defense_accounts.white_box import Climb

_DRAWS = 8


def bound_of(experiment: Experiment, cells: Sequence[Cell], rows: pd.DataFrame, steps: int) -> Estimate:
    """Estimate robust accuracy against gradients through the victim itself, just above the SNR.

    Args:
        experiment: data and machine.
        cells: of one defence.
        rows: records of any attack on them: what was answered about clean speech.
        steps: along the gradient.
    """
    known, asked = clean(rows), []
    for cell in (one for one in cells if not one.repeat):
        fitted, climb = cell.fitted, Climb(experiment.min_snr_db, steps, _DRAWS if cell.fitted.randomised else 1)
        test = experiment.split(fitted).test
        own = known[(known["fold"] == fitted.fold) & (known["seed"] == fitted.seed) & (known["repeat"] == 0)]
        right = dict(zip(own["utterance"], own["label_before"] == own["label_true"], strict=True))
        labels = dict(zip(own["utterance"], own["label_before"], strict=True))
        fooled = dict.fromkeys(right, False)
        for group in groups_of(test, experiment.enrolment):
            some = [one for one in test if one.id in group.asked and right.get(one.id, False)]
            heard = instance(experiment, fitted, "white box", test, group, "known")
            classes = [fitted.task.classes.index(labels[one.id]) for one in some]
            fooled |= zip((one.id for one in some), climb.fools(heard, some, classes, experiment.device), strict=True)
        asked.append(own.assign(robust=[right[id] and not fooled[id] for id in own["utterance"]]))
    return estimated_share(pd.concat(asked, ignore_index=True), "robust")
