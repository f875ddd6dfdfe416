"""A small site from made-up records, with names that want to be more than text; intervals are rough, and quick."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bench.contracts.threat_models import COUNTED
from bench.scoring.bells import NAMED, Ring
from bench.scoring.figures.conditions import Score
from bench.scoring.figures.contrasts import ValidityGap
from bench.scoring.inference.estimates import Difference, Estimate
from bench.scoring.pooling import CleanScores, Perturbed, PerturbedScores
from bench.scoring.record_files.candidates import Candidates
from bench.scoring.results import PooledScores, Results
from benchmarks.made_records import EFFECTS, MadeUp
from leaderboards.site.facts import CellFacts, Gathered

KS = (1, 3, 6)
SCRIPT = "<script>document.title='owned'</script>"
FORMULA = "=cmd|' /C calc'!A0"
TURNED = "gpj\u202eexe"
ESCAPE = "red\x1b[31m|$x_1$"
HOSTILE = (SCRIPT, FORMULA, TURNED, ESCAPE)
RUN = MadeUp(
    {"cnn_gru": 0.95, SCRIPT: 0.85, FORMULA: 0.7, TURNED: 0.6, ESCAPE: 0.5},
    {"none": 0.0, "noise_augmentation": 0.6},
    ["boundary", "reverb"],
    folds=2,
)


def made(folder: Path, run: MadeUp = RUN) -> tuple[Results, Gathered]:
    """Records in a folder, and what a site is made of."""
    gathered = Gathered.of([run.write(folder)])
    names = dict.fromkeys((c.about.names.victim, c.about.names.defense, c.about.attack_base) for c in gathered.cells)
    return Results(tuple(_entry(gathered, *one) for one in names)), gathered


def _entry(gathered: Gathered, victim: str, defense: str, attack: str) -> PooledScores:
    cells = [
        one
        for one in gathered.cells
        if (one.about.names.victim, one.about.names.defense, one.about.attack_base) == (victim, defense, attack)
    ]
    about = cells[0].about
    right = np.concatenate([one.truths == one.answers for one in cells])
    scores = tuple(_scores(cells, right))
    clean = _share(float(right.mean()), len(right))
    rung = [] if right.mean() > 0.5 else ["chance-level"]
    rung += ["few-speakers"] if victim == SCRIPT else []
    once = Perturbed(clean, clean.value, Difference(0.0, -0.1, 0.1, len(right)))
    return PooledScores(
        victim=victim,
        defense=defense,
        attack=attack,
        setting=about.names.setting,
        n=len(right),
        speakers=4,
        folds=(0, 1),
        seeds=(0,),
        repeats=1,
        clean=CleanScores(clean, clean),
        scores=scores,
        validity_gap=tuple(ValidityGap(False, k, Difference(0.25, 0.1, 0.4, len(right))) for k in KS),
        tests=(),
        perturbed=PerturbedScores(len(right), len(right), once, once) if attack in EFFECTS else None,
        candidates=Candidates(100, 100, 50, 20, 10.0),
        bells=tuple(Ring(NAMED[name], 1.0, f"it rings for {victim}") for name in rung),
        rests_on=about.rests_on,
        threat_model=about.shared,
    )


def _scores(cells: list[CellFacts], right: np.ndarray) -> Iterator[Score]:
    for noises in COUNTED:
        fell = np.concatenate([one.fell[noises] for one in cells])
        for k in KS:
            success = (fell > 0) & (fell <= k)
            figures = (float(success.mean()), float((right & ~success).mean()), float(success.mean()))
            yield Score(False, noises, k, *(_share(one, len(fell)) for one in figures))


def _share(value: float, n: int) -> Estimate:
    return Estimate(value, max(value - 0.125, 0.0), min(value + 0.125, 1.0), n)
