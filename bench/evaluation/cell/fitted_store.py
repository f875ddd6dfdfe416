"""Fitted victims, trained once and kept: everything that determines one is in its key."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from bench.contracts.protocols import FitContext, Victim
from bench.core.code.keys import key_of_json
from bench.core.code.result_code import BARE_VICTIM, DEFENDED_VICTIM, code_in, code_of
from bench.core.errors import UsageError
from bench.core.noises import LentNoises
from bench.core.storage.cache import appearing_folder, cache_dir
from bench.core.storage.files import read_file
from bench.core.storage.json_objects import loaded
from bench.core.storage.leases import Leases
from bench.core.storage.making import Making
from bench.core.storage.sealing import broken, seal, set_aside
from bench.evaluation.cell.cells import FittedKey
from bench.evaluation.cell.experiment import Experiment
from bench.evaluation.cell.training_speech import lent

COST = "cost.json"
"""Beside a fitted victim: the seconds that fitting took, and on how many utterances. No part of what it is."""
_FITTING = "fitting.json"
"""Beside it: all that determines it, and so its key."""


def versions(defended: bool = True) -> dict[str, str]:
    """List what a fitted victim rests on beside its own settings: versions, and the digest of the harness's code.

    Args:
        defended: whether it is under a defence.
    """
    harness = code_of(DEFENDED_VICTIM if defended else BARE_VICTIM)
    return dict(_packages()) | {"python": platform.python_version(), "harness": harness}


@cache
def _packages() -> tuple[tuple[str, str], ...]:
    """Versions of packages: read once, since a grid has thousands of keys and reading one takes milliseconds."""
    return tuple((name, metadata.version(name)) for name in ("serbench", "torch", "torchaudio", "numpy"))


def fitted_description(experiment: Experiment, fitted: FittedKey) -> dict[str, Any]:
    """Tell everything that determines a fitted victim, as plain JSON.

    Args:
        experiment: data and machine.
        fitted: which victim.
    """
    return experiment.once(fitted, lambda: _described(experiment, fitted))


def _described(experiment: Experiment, fitted: FittedKey) -> dict[str, Any]:
    defense = fitted.defense
    told = {
        "victim": fitted.victim.identity,
        "defense": None if defense is None else defense.identity,
        "training_noises": None if defense is None else experiment.noise_fingerprint("train"),
        "task": asdict(fitted.task),
        "split": fitted.split,
        "fold": fitted.fold,
        "seed": fitted.seed,
        "corpus": experiment.trained_on.fingerprint,
        "corpus_reader": {"code": experiment.trained_on_code},
        "noise_reader": None if defense is None else {"code": experiment.noise_code},
        "device": experiment.device.type,
        "versions": versions(defended=defense is not None),
    }
    return told | {"code": code_in(told)}


def fitted_folder(experiment: Experiment, fitted: FittedKey) -> Path:
    """Return where a fitted victim is kept, or will be.

    Args:
        experiment: data and machine.
        fitted: which victim.
    """
    key = experiment.once(("key", fitted), lambda: key_of_json(fitted_description(experiment, fitted)))
    return cache_dir() / "victims" / f"{fitted.victim.name}-{key}"


def fit_or_load(experiment: Experiment, fitted: FittedKey) -> Victim:
    """Load a fitted victim, or fit it and keep it.

    A victim just trained is loaded too: what is attacked is always what stands on the disk.

    Args:
        experiment: data and machine.
        fitted: which victim.

    Raises:
        bench.core.errors.UsageError: the victim cannot be trained, or not under this defence.
    """
    return fitted.recipe.load(fit_once(experiment, fitted), _context(experiment, fitted))


def fit_once(experiment: Experiment, fitted: FittedKey) -> Path:
    """Fit a victim and keep it, unless it is kept already; return its folder.

    Args:
        experiment: data and machine.
        fitted: which victim.

    Raises:
        bench.core.errors.UsageError: the victim cannot be trained, or not under this defence.
    """
    fitted.check()
    experiment.check_noises()
    if experiment.given is not None:
        return _given(experiment.given, fitted)
    folder, say = fitted_folder(experiment, fitted), experiment.progress.say
    making = Making(folder, str(fitted), lambda: _whole(folder, say), lambda: _fit(experiment, fitted, folder))
    making.once(_leases(), say)
    return folder


def _given(folders: Mapping[FittedKey, Path], fitted: FittedKey) -> Path:
    if fitted not in folders:
        expected, remedy = "those of every victim that is asked", "have them submitted: nothing is trained here"
        raise UsageError(str(fitted), "no weights of it", expected, remedy)
    return folders[fitted]


def _whole(folder: Path, say: Callable[[str], None]) -> bool:
    """Whether a victim is kept as it was fitted; one that is damaged is set aside, and what stands in its place."""
    if not os.path.lexists(folder):
        return False
    if (why := damage_of(folder) if folder.is_dir() else "no folder") is not None:
        set_aside(folder, cache_dir() / "damaged", why, say)
    return why is None


def damage_of(folder: Path) -> str | None:
    """Say what is wrong with a fitted victim that is kept; None where it is as it was fitted.

    Args:
        folder: of the victim, which says what it follows from and is named by that: another's is wrong as well.
    """
    if (why := broken(folder)) is not None:
        return why
    try:
        key = key_of_json(loaded(read_file(folder / _FITTING)))
    except (OSError, ValueError) as error:
        return f"no readable {_FITTING} ({error})"
    return None if folder.name.endswith(f"-{key}") else f"the victim of key {key}"


def being_fitted(experiment: Experiment, fitted: FittedKey) -> bool:
    """Tell whether somebody else is fitting a victim that is not kept yet.

    Args:
        experiment: data and machine.
        fitted: which victim.
    """
    folder = fitted_folder(experiment, fitted)
    return not folder.is_dir() and _leases().holder(folder.name) is not None


def _leases() -> Leases:
    return Leases(cache_dir() / "leases")


def _context(experiment: Experiment, fitted: FittedKey) -> FitContext:
    return FitContext(
        fitted.task,
        fitted.seed,
        experiment.device,
        LentNoises.guarding(experiment.noises.part("train")),
        experiment.progress,
        experiment.registry.build,
        fitted.victim.spec,
        max_requests=experiment.max_requests,
    )


def _fit(experiment: Experiment, fitted: FittedKey, folder: Path) -> None:
    """Fit a victim and keep it with everything that determines it."""
    context = _context(experiment, fitted)
    split = experiment.split(fitted)
    doing = "Training" if fitted.victim.traits.trains else "Preparing"
    speakers = len({utterance.speaker for utterance in split.train})
    context.progress.say(
        f"{doing} {fitted.victim}, defence {fitted.defense_spec}: {len(split.train)} utterances of {speakers} "
        f"speakers, {fitted.split} fold {fitted.fold}, seed {fitted.seed}"
    )
    begun = time.perf_counter()
    with lent(f"{fitted.victim}, defence {fitted.defense_spec}", split.train, split.valid) as (train, valid):
        victim = fitted.recipe.fit(train, valid, context)
    description = fitted_description(experiment, fitted)
    with appearing_folder(folder) as temporary:
        victim.save(temporary)
        (temporary / _FITTING).write_text(json.dumps(description, indent=1, sort_keys=True) + "\n")
        seconds = round(time.perf_counter() - begun, 3)
        (temporary / COST).write_text(json.dumps({"fit_s": seconds, "utterances": len(split.train)}) + "\n")
        seal(temporary)
