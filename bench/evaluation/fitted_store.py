"""Fitted victims, trained once and kept: everything that determines one is in its key."""

from __future__ import annotations

import json
import platform
import time
from dataclasses import asdict, dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from bench.contracts.composition import specs_in
from bench.contracts.pipeline import check_defends
from bench.contracts.protocols import Defense, Fingerprinted, FitContext, TrainableVictim, Victim
from bench.contracts.registry import Registry
from bench.core.cache import appearing_folder, cache_dir
from bench.core.errors import UsageError
from bench.core.keys import code_digest, files_digest, key_of_json
from bench.core.noises import NoiseSet
from bench.core.specs import NO_DEFENSE, Spec, params_of
from bench.core.types import Task
from bench.data.splits import Partition

ROOMS = (
    *(
        "bench.core",
        "bench.audio",
        "bench.data.splits",
        "bench.data.segments",
        "bench.data.tasks",
        "bench.data.leakage",
    ),
    *("bench.contracts", "bench.perturbations", "bench.measures", "bench.scoring.rows", "bench.referee"),
    *("bench.modelling", "bench.defending", "bench.evaluation"),
)
"""What of the harness a result can depend on, beside its components: not how sounds are fetched, shared or shown."""
COST = "cost.json"
"""Beside a fitted victim: the seconds that fitting took. No part of what it is."""


def versions() -> dict[str, str]:
    """What a result rests on beside its own settings: versions, and the digest of the harness's code."""
    found = {name: metadata.version(name) for name in ("serbench", "torch", "torchaudio", "numpy")}
    return found | {"python": platform.python_version(), "harness": _harness_digest()}


@cache
def _harness_digest() -> str:
    """Digest the code that runs: what is written while Python runs is not what runs."""
    return code_digest(*ROOMS)


def identity(registry: Registry, kind: str, text: str) -> dict[str, Any]:
    """Everything that makes a component what it is: spec, all parameters, its code, where it comes from; likewise the
    components of its kind that it is made of (`made_of`), those of any kind that it `builds`, and the attacks whose
    `effects` a defence trains on."""
    parts = specs_in(kind, text)
    if len(parts) > 1:
        found = [identity(registry, kind, part) for part in parts]
        return {"spec": text, "parts": found, "code": "+".join(part["code"] for part in found)}
    entry = registry.entry(kind, Spec.parse(text).name)
    component = registry.build(kind, text)
    code = files_digest([entry.source]) if entry.source else ""
    told: dict[str, Any] = {"spec": text, "params": params_of(component), "origin": entry.origin, "code": code}
    if isinstance(component, Fingerprinted):
        told["fingerprint"] = component.fingerprint()
    if made_of := getattr(component, "made_of", ()):
        told["made_of"] = [identity(registry, kind, part) for part in made_of]
    builds = [*getattr(component, "builds", ())]
    builds += [("attacks", effect) for effect in getattr(component, "effects", ())] if kind == "defenses" else []
    if builds:
        told["builds"] = [identity(registry, other, part) for other, part in builds]
    return told


def recipes(registry: Registry, victim: str, defense: str) -> tuple[TrainableVictim, Defense | None]:
    """The recipes of a victim and its defence, from their specs; None for "none".

    Raises:
        UsageError: one of them is none, or the defence refuses the victim.
    """
    recipe = registry.build("victims", victim)
    if not isinstance(recipe, TrainableVictim):
        raise UsageError(f"victim {victim!r}", "no methods fit and load", "a trainable victim", "add them")
    if defense == NO_DEFENSE:
        return recipe, None
    around = registry.build("defenses", defense)
    if not isinstance(around, Defense):
        raise UsageError(f"defense {defense!r}", "no methods fit and load", "a defence", "add them")
    check_defends(around, recipe)
    return recipe, around


@dataclass(frozen=True)
class Fitting:
    """One victim under one defence, to be fitted on one split.

    Args:
        registry: finds the two.
        victim: spec.
        defense: spec, or "none" for the bare victim.
        task: what it tells.
        split: the protocol of `--split`.
        fold: which of its folds, from 0.
        seed: of the training.
        corpus_fingerprint: of the data.
    """

    registry: Registry
    victim: str
    defense: str
    task: Task
    split: str
    fold: int
    seed: int
    corpus_fingerprint: str

    def description(self, noises: NoiseSet, device: str) -> dict[str, Any]:
        """Everything that determines the fitted victim."""
        bare = self.defense == NO_DEFENSE
        return {
            "victim": identity(self.registry, "victims", self.victim),
            "defense": None if bare else identity(self.registry, "defenses", self.defense),
            "training_noises": None if bare else noises.fingerprint,
            "task": asdict(self.task),
            "split": self.split,
            "fold": self.fold,
            "seed": self.seed,
            "corpus": self.corpus_fingerprint,
            "device": device,
            "versions": versions(),
        }

    def folder(self, noises: NoiseSet, device: str) -> Path:
        """Where the fitted victim is kept, or will be."""
        key = key_of_json(self.description(noises, device))
        return cache_dir() / "victims" / f"{Spec.parse(self.victim).name}-{key}"

    def fit_or_load(self, split: Partition, context: FitContext) -> Victim:
        """Load the fitted victim, or fit it and keep it.

        Raises:
            UsageError: the victim cannot be trained, or not under this defence.
        """
        recipe, defense = recipes(self.registry, self.victim, self.defense)
        description = self.description(context.noises, context.device.type)
        folder = self.folder(context.noises, context.device.type)
        if not folder.is_dir():
            context.progress.say(self._announcement(recipe, split))
            begun = time.perf_counter()
            fitted = (
                recipe.fit(split.train, split.valid, context)
                if defense is None
                else defense.fit(recipe, split.train, split.valid, context)
            )
            with appearing_folder(folder) as temporary:
                fitted.save(temporary)
                (temporary / "fitting.json").write_text(json.dumps(description, indent=1, sort_keys=True) + "\n")
                seconds = round(time.perf_counter() - begun, 3)
                (temporary / COST).write_text(json.dumps({"fit_s": seconds}) + "\n")
        # A victim just trained is loaded too: what is attacked is always what stands on the disk.
        return recipe.load(folder, context) if defense is None else defense.load(recipe, folder, context)

    def _announcement(self, recipe: TrainableVictim, split: Partition) -> str:
        speakers = len({utterance.speaker for utterance in split.train})
        doing = "Training" if getattr(recipe, "trains", True) else "Preparing"
        return (
            f"{doing} {self.victim}, defence {self.defense}: {len(split.train)} utterances of {speakers} speakers, "
            f"{self.split} fold {self.fold}, seed {self.seed}"
        )
