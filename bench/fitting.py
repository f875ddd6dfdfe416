"""Fitted victims, trained once and kept: everything that determines one is in its key."""

from __future__ import annotations

import hashlib
import json
import platform
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from bench.cache import appearing_folder, cache_dir
from bench.composition import specs_in
from bench.errors import UsageError
from bench.noises.bank import NoiseSet
from bench.protocols import Defense, FitContext, Fingerprinted, TrainableVictim, Victim
from bench.registry import Registry
from bench.specs import Spec, params_of
from bench.splits import Partition
from bench.stacking import check_defends
from bench.types import Task

NO_DEFENSE = "none"
COST = "cost.json"
"""Beside a fitted victim: the seconds that fitting took. No part of what it is."""


def key_of_json(value: Mapping[str, Any]) -> str:
    """A short name for everything in `value`: 20 hexadecimal digits of the SHA-256 of its canonical JSON."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:20]


def code_digest(path: Path) -> str:
    """Digest of a component's code: its package's Python files, or its one file where it stands alone."""
    return _code_digest(path, path.stat().st_mtime_ns)  # a plug-in file may change while Python runs


@cache
def _code_digest(path: Path, _changed_ns: int) -> str:
    top = path
    while (top.parent / "__init__.py").is_file():
        top = top.parent
    files = sorted(top.rglob("*.py")) if top.is_dir() else [path]
    digest = hashlib.sha256()
    for file in files:
        if "cli" not in file.relative_to(top).parts:
            digest.update(file.read_bytes())
    return digest.hexdigest()[:20]


def versions() -> dict[str, str]:
    """What a result rests on beside its own settings: versions, and the digest of the harness's code."""
    found = {name: metadata.version(name) for name in ("serbench", "torch", "torchaudio", "numpy")}
    return found | {"python": platform.python_version(), "harness": _harness_digest()}


@cache
def _harness_digest() -> str:
    """Of the code that runs: what is written while Python runs is not what runs."""
    return code_digest(Path(__file__))


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
    code = code_digest(entry.source) if entry.source else ""
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
