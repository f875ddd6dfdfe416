"""serbench: how far a speech emotion recogniser can be trusted when somebody works against it.

These names are all that a component's author needs beside the tool kits `bench.audio`, `bench.perturbations`,
`bench.peers`, `bench.modelling` and `bench.defending`, and the checks in `bench.testing`. Each is imported when it is
first used, so that the command line starts at once.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from bench.core.code.aliases import install, renamed

if TYPE_CHECKING:
    from bench.api import (
        AccountOptions,
        Accounts,
        AttackOptions,
        RunOptions,
        Shown,
        account,
        attack,
        attack_report,
        certify,
        components,
        replay,
        run,
        score,
        show,
        status,
    )
    from bench.contracts.attacks import (
        Answer,
        Attack,
        AttackTools,
        DefenseLook,
        EffectTools,
        InformedAttack,
        KnownSpeech,
        LearningAttack,
        PastSearch,
        SpeechEffect,
        Steps,
    )
    from bench.contracts.capabilities import (
        Dimensional,
        Embedding,
        Purifying,
        Refusing,
        Sequential,
        Tunable,
        forward_capabilities,
    )
    from bench.contracts.composition import parts_of
    from bench.contracts.defense_view import survival
    from bench.contracts.perception import Perception
    from bench.contracts.pipeline import Defended, modalities_of
    from bench.contracts.protocols import (
        ChecksVictim,
        Corpus,
        Defense,
        Fingerprinted,
        FitContext,
        NoiseBank,
        PartialNoiseBank,
        TrainableVictim,
        TrainedAgainst,
        Victim,
    )
    from bench.contracts.recipes import SHAPES, Effect, Overlay, Recipe, RecipeError, Samples, Words, drawn_key
    from bench.contracts.searching import steps_of
    from bench.contracts.threat_models import ThreatModel
    from bench.contracts.traits import Traits, traits_of
    from bench.core.batch import Batch, batches
    from bench.core.checks import check_fields, chosen, within
    from bench.core.code.keys import code_digest, fingerprint
    from bench.core.computing.halving import Halving
    from bench.core.computing.threads import in_threads, one_thread
    from bench.core.errors import BenchError, ComponentError, DataError, UsageError
    from bench.core.heard import Heard
    from bench.core.noises import NoiseSet
    from bench.core.rng import keyed
    from bench.core.showing.progress import SILENT, Progress
    from bench.core.specs import NO_DEFENSE, Spec, build, did_you_mean, inner_spec, values_of
    from bench.core.storage.cache import appearing_file, appearing_folder, cache_dir
    from bench.core.storage.digests import content_digests
    from bench.core.types import (
        MASK,
        REFUSED,
        SAMPLE_RATE,
        SCRIPTED,
        SIGNAL,
        Dataset,
        Modality,
        NoiseClip,
        Perturbation,
        Phone,
        Rng,
        Task,
        Utterance,
        Word,
    )
    from bench.data.segments import SEGMENT_S
    from bench.scoring.inference.concordance import ccc
    from bench.scoring.scores import uar
    from bench.studies.in_memory.given import InMemory
    from bench.studies.one_sound.attacked import Attacked

__all__ = [
    "MASK",
    "NO_DEFENSE",
    "REFUSED",
    "SAMPLE_RATE",
    "SCRIPTED",
    "SEGMENT_S",
    "SHAPES",
    "SIGNAL",
    "SILENT",
    "AccountOptions",
    "Accounts",
    "Answer",
    "Attack",
    "AttackOptions",
    "AttackTools",
    "Attacked",
    "Batch",
    "BenchError",
    "ChecksVictim",
    "ComponentError",
    "Corpus",
    "Curves",
    "DataError",
    "Dataset",
    "Defended",
    "Defense",
    "DefenseLook",
    "Dimensional",
    "Effect",
    "EffectTools",
    "Embedding",
    "Fingerprinted",
    "FitContext",
    "Halving",
    "Heard",
    "InMemory",
    "InformedAttack",
    "KnownSpeech",
    "Leaderboard",
    "LearningAttack",
    "Modality",
    "NoiseBank",
    "NoiseClip",
    "NoiseSet",
    "Overlay",
    "PartialNoiseBank",
    "PastSearch",
    "Perception",
    "Perturbation",
    "Phone",
    "Progress",
    "Purifying",
    "Recipe",
    "RecipeError",
    "Refusing",
    "Rng",
    "RunOptions",
    "Samples",
    "Sequential",
    "Shown",
    "Spec",
    "SpeechEffect",
    "Steps",
    "Task",
    "ThreatModel",
    "TrainableVictim",
    "TrainedAgainst",
    "Traits",
    "Tunable",
    "UsageError",
    "Utterance",
    "Victim",
    "Word",
    "Words",
    "account",
    "appearing_file",
    "appearing_folder",
    "attack",
    "attack_report",
    "batches",
    "build",
    "cache_dir",
    "ccc",
    "certify",
    "check_fields",
    "chosen",
    "code_digest",
    "components",
    "content_digests",
    "curve",
    "did_you_mean",
    "drawn_key",
    "fingerprint",
    "forward_capabilities",
    "in_threads",
    "inner_spec",
    "keyed",
    "leaderboard",
    "modalities_of",
    "one_thread",
    "parts_of",
    "plot_acc_att",
    "plot_curves",
    "plot_heat_map",
    "replay",
    "report",
    "run",
    "score",
    "show",
    "status",
    "steps_of",
    "survival",
    "traits_of",
    "uar",
    "values_of",
    "within",
]

_ON_FIRST_USE = {
    "bench.api": (
        "AccountOptions Accounts AttackOptions RunOptions Shown account attack attack_report certify components replay "
        "run score show status"
    ),
    "bench.contracts.attacks": (
        "Answer Attack AttackTools DefenseLook EffectTools InformedAttack KnownSpeech LearningAttack PastSearch "
        "SpeechEffect Steps"
    ),
    "bench.contracts.capabilities": "Dimensional Embedding Purifying Refusing Sequential Tunable forward_capabilities",
    "bench.contracts.composition": "parts_of",
    "bench.contracts.defense_view": "survival",
    "bench.contracts.perception": "Perception",
    "bench.contracts.pipeline": "Defended modalities_of",
    "bench.contracts.protocols": (
        "ChecksVictim Corpus Defense Fingerprinted FitContext NoiseBank PartialNoiseBank TrainableVictim "
        "TrainedAgainst Victim"
    ),
    "bench.contracts.recipes": "SHAPES Effect Overlay Recipe RecipeError Samples Words drawn_key",
    "bench.contracts.searching": "steps_of",
    "bench.contracts.threat_models": "ThreatModel",
    "bench.contracts.traits": "Traits traits_of",
    "bench.core.batch": "Batch batches",
    "bench.core.checks": "check_fields chosen within",
    "bench.core.code.keys": "code_digest fingerprint",
    "bench.core.computing.halving": "Halving",
    "bench.core.computing.threads": "in_threads one_thread",
    "bench.core.errors": "BenchError ComponentError DataError UsageError",
    "bench.core.heard": "Heard",
    "bench.core.noises": "NoiseSet",
    "bench.core.rng": "keyed",
    "bench.core.showing.progress": "SILENT Progress",
    "bench.core.specs": "NO_DEFENSE Spec build did_you_mean inner_spec values_of",
    "bench.core.storage.cache": "appearing_file appearing_folder cache_dir",
    "bench.core.storage.digests": "content_digests",
    "bench.core.types": (
        "MASK REFUSED SAMPLE_RATE SCRIPTED SIGNAL Dataset Modality NoiseClip Perturbation Phone Rng Task Utterance Word"
    ),
    "bench.data.segments": "SEGMENT_S",
    "bench.scoring.inference.concordance": "ccc",
    "bench.scoring.scores": "uar",
    "bench.studies.in_memory.given": "InMemory",
    "bench.studies.one_sound.attacked": "Attacked",
    "leaderboards.python.boards": "Leaderboard leaderboard",
    "leaderboards.python.curves": "Curves curve",
    "leaderboards.python.plots": "plot_acc_att plot_curves plot_heat_map",
    "leaderboards.python.reports": "report",
}
_HOMES = {name: module for module, names in _ON_FIRST_USE.items() for name in names.split()}

_FORMER = install()


def __getattr__(name: str) -> object:
    if name == "list":  # as the command is called; not in __all__, so that `from bench import *` shadows no list
        name = "components"
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    return renamed(__name__, name)


def __dir__() -> list[str]:
    return __all__
