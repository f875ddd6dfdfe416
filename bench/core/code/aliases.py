"""Former paths and names of what plug-ins import: they still serve, and say once where the thing is now.

A module that has moved is found by a finder that Python asks last, when nobody else knows the name: there is no file
under the old path. docs/stability.md lists them all.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import warnings
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from importlib.abc import Loader

MOVED = {
    "bench.abilities": "bench.contracts.capabilities",
    "bench.adversaries": "bench.defending.adversarial_examples",
    "bench.augmentation": "bench.defending.augmentation",
    "bench.batch": "bench.core.batch",
    "bench.blocks": "bench.data.segments",
    "bench.cache": "bench.core.storage.cache",
    "bench.certificates": "bench.defending.certificates",
    "bench.checks": "bench.core.checks",
    "bench.composition": "bench.contracts.composition",
    "bench.digests": "bench.core.storage.digests",
    "bench.effects": "bench.perturbations",
    "bench.effects.masking": "bench.perturbations.word_masking",
    "bench.errors": "bench.core.errors",
    "bench.features": "bench.modelling.features",
    "bench.memory": "bench.core.computing.halving",
    "bench.models": "bench.modelling.pretrained",
    "bench.models.denoiser": "bench.defending.denoiser",
    "bench.models.gan": "bench.defending.gan.networks",
    "bench.models.gan_fitted": "bench.defending.gan.fitted",
    "bench.models.gan_pairs": "bench.defending.gan.pairs",
    "bench.models.gan_sound": "bench.defending.gan.sound",
    "bench.models.gan_training": "bench.defending.gan.training",
    "bench.models.manipulations": "bench.defending.manipulations",
    "bench.noises": "bench.data.noises",
    "bench.noises.bank": "bench.core.noises",
    "bench.noises.perception": "bench.contracts.perception",
    "bench.progress": "bench.core.showing.progress",
    "bench.protocols": "bench.contracts.protocols",
    "bench.purifying": "bench.defending.purification",
    "bench.registry": "bench.contracts.registry",
    "bench.remote": "bench.modelling.remote",
    "bench.retraining": "bench.defending.retraining",
    "bench.rng": "bench.core.rng",
    "bench.scores": "bench.scoring.scores",
    "bench.sight": "bench.contracts.defense_view",
    "bench.signal": "bench.audio.signal",
    "bench.sounds": "bench.audio.decoding",
    "bench.specs": "bench.core.specs",
    "bench.stacking": "bench.contracts.pipeline",
    "bench.statistics": "bench.scoring.statistics",
    "bench.threads": "bench.core.computing.threads",
    "bench.tools": "bench.contracts.attacks",
    "bench.training": "bench.modelling.training",
    "bench.types": "bench.core.types",
    "bench.weights": "bench.modelling.weights",
    "bench.wrapping": "bench.defending.purified_victim",
}
"""Former path of a module, and its path now. What lies in a package has moved with it, unless it stands here too."""

RENAMED = {
    "bench.DefenseView": "bench.contracts.defense_view.DefenseView",
    "bench.Noises": "bench.NoiseSet",
    "bench.abilities.lend": "bench.contracts.capabilities.forward_capabilities",
    "bench.audio.SILENCE_PEAK": "bench.audio.reading.SILENCE_PEAK",
    "bench.audio.fingerprint": "bench.fingerprint",
    "bench.audio.is_audio": "bench.audio.reading.is_audio",
    "bench.audio.read_audio": "bench.audio.reading.read_audio",
    "bench.audio.refuse_silence": "bench.audio.reading.refuse_silence",
    "bench.blocks.blocks_of": "bench.data.segments.segments_of",
    "bench.models.hub.Source": "bench.modelling.pretrained.hub.ModelSource",
    "bench.noises.bank.Noises": "bench.core.noises.NoiseSet",
    "bench.protocols.Attack": "bench.contracts.attacks.Attack",
    "bench.protocols.InformedAttack": "bench.contracts.attacks.InformedAttack",
    "bench.protocols.Rooted": "bench.contracts.protocols.Fingerprinted",
    "bench.sight.Sight": "bench.contracts.defense_view.DefenseView",
    "bench.stacking.Stack": "bench.contracts.pipeline.DefensePipeline",
    "bench.types.Sense": "bench.core.types.Modality",
    "bench.wrapping.OfSound": "bench.defending.purified_victim.AudioDefense",
}
"""Former name of a class, a function or a constant, where it stood, and where it is now."""


def install() -> object:
    """Let Python ask for former paths when nobody else knows a module.

    Returns:
        Whom it asks.
    """
    if _FINDER not in sys.meta_path:
        sys.meta_path.append(_FINDER)
    return _FINDER


def moved(module: str) -> str | None:
    """Tell where a module is now.

    Args:
        module: a dotted name of former times.

    Returns:
        None where it has not moved.

    >>> moved("bench.signal.levels"), moved("bench.noises.bank"), moved("bench.testing")
    ('bench.audio.signal.levels', 'bench.core.noises', None)
    """
    if not module.startswith("bench."):
        return None
    found = (old for old in MOVED if module == old or module.startswith(old + "."))
    nearest = max(found, key=len, default=None)
    return None if nearest is None else MOVED[nearest] + module.removeprefix(nearest)


def renamed(module: str, name: str) -> object:
    """Return what had another name formerly, and say so; for a module's `__getattr__`.

    Args:
        module: its dotted name.
        name: what it does not have.

    Raises:
        AttributeError: it never had it.
    """
    old = f"{module}.{name}"
    if old not in RENAMED:
        raise AttributeError(f"module {module!r} has no attribute {name!r}")
    home, _, now = RENAMED[old].rpartition(".")
    found: object = getattr(importlib.import_module(home), now)
    _say(old, RENAMED[old], calls=2)
    vars(sys.modules[module])[name] = found  # once: Python looks twice for a name that is imported from a package
    return found


def _say(old: str, now: str, calls: int) -> None:
    """Warn whoever imports a former name.

    Args:
        old: the name.
        now: where it is today.
        calls: between them and this one; those of the import system do not count.
    """
    message = f"{old} is now {now}: change the import, the former name will go (docs/stability.md)"
    warnings.warn(message, DeprecationWarning, stacklevel=2 + calls)


class _Finder:
    """Finds modules by their former paths."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None, /
    ) -> ModuleSpec | None:
        now = moved(fullname)
        real = None if now is None else importlib.util.find_spec(now)
        if now is None or real is None:
            return None
        is_package = real.submodule_search_locations is not None
        return ModuleSpec(fullname, cast("Loader", _FormerModule(now)), origin=real.origin, is_package=is_package)


class _FormerModule:
    """Makes a module that has what another one has, and says where that is when it is first looked at."""

    def __init__(self, now: str) -> None:
        self.now = now

    def create_module(self, spec: ModuleSpec) -> None:
        return None  # an ordinary one will do

    def exec_module(self, module: ModuleType) -> None:
        old, real = module.__name__, importlib.import_module(self.now)
        public = {name: value for name, value in vars(real).items() if not name.startswith("__")}

        def former(name: str) -> object:
            if name == "__all__":
                return [name for name in public if not name.startswith("_")]
            if name not in public:
                return renamed(old, name)
            _say(f"{old}.{name}", f"{self.now}.{name}", calls=1)
            vars(module).update(public)
            return public[name]

        vars(module).update(__doc__=real.__doc__, __getattr__=former)


_FINDER = _Finder()
