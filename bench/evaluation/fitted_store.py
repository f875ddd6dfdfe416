"""Fitted victims, trained once and kept: everything that determines one is in its key."""

from __future__ import annotations

import json
import time
from pathlib import Path

from bench.contracts.protocols import Defense, FitContext, TrainableVictim, Victim
from bench.core.cache import appearing_folder, cache_dir
from bench.core.keys import key_of_json
from bench.evaluation.cells import FittedKey
from bench.evaluation.descriptions import fitted_description
from bench.evaluation.experiment import Experiment

COST = "cost.json"
"""Beside a fitted victim: the seconds that fitting took. No part of what it is."""


def fitted_folder(experiment: Experiment, fitted: FittedKey) -> Path:
    """Return where a fitted victim is kept, or will be.

    Args:
        experiment: data and machine.
        fitted: which victim.
    """
    return cache_dir() / "victims" / f"{fitted.victim.name}-{key_of_json(fitted_description(experiment, fitted))}"


def fit_or_load(experiment: Experiment, fitted: FittedKey) -> Victim:
    """Load a fitted victim, or fit it and keep it.

    A victim just trained is loaded too: what is attacked is always what stands on the disk.

    Args:
        experiment: data and machine.
        fitted: which victim.

    Raises:
        bench.core.errors.UsageError: the victim cannot be trained, or not under this defence.
    """
    fitted.check()
    experiment.check_noises()
    recipe: TrainableVictim = fitted.victim.object
    defense: Defense | None = None if fitted.defense is None else fitted.defense.object
    context, folder = _context(experiment, fitted), fitted_folder(experiment, fitted)
    if not folder.is_dir():
        _fit(experiment, fitted, context, folder)
    return recipe.load(folder, context) if defense is None else defense.load(recipe, folder, context)


def _context(experiment: Experiment, fitted: FittedKey) -> FitContext:
    return FitContext(
        fitted.task,
        fitted.seed,
        experiment.device,
        experiment.noises.part("train"),
        experiment.progress,
        experiment.registry.build,
        fitted.victim.spec,
    )


def _fit(experiment: Experiment, fitted: FittedKey, context: FitContext, folder: Path) -> None:
    """Fit a victim and keep it with everything that determines it."""
    recipe, split = fitted.victim.object, experiment.split(fitted)
    doing = "Training" if fitted.victim.traits.trains else "Preparing"
    speakers = len({utterance.speaker for utterance in split.train})
    context.progress.say(
        f"{doing} {fitted.victim}, defence {fitted.defense_spec}: {len(split.train)} utterances of {speakers} "
        f"speakers, {fitted.split} fold {fitted.fold}, seed {fitted.seed}"
    )
    begun = time.perf_counter()
    victim = (
        recipe.fit(split.train, split.valid, context)
        if fitted.defense is None
        else fitted.defense.object.fit(recipe, split.train, split.valid, context)
    )
    description = fitted_description(experiment, fitted)
    with appearing_folder(folder) as temporary:
        victim.save(temporary)
        (temporary / "fitting.json").write_text(json.dumps(description, indent=1, sort_keys=True) + "\n")
        seconds = round(time.perf_counter() - begun, 3)
        (temporary / COST).write_text(json.dumps({"fit_s": seconds}) + "\n")
