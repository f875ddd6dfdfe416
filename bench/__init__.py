"""serbench: how far a speech emotion recogniser can be trusted when somebody works against it.

This is a plug-in author's whole API. Names that need torch are imported when they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from bench.contracts.attacks import Attack as Attack
from bench.contracts.attacks import AttackTools as AttackTools
from bench.contracts.attacks import InformedAttack as InformedAttack
from bench.contracts.attacks import Overlay as Overlay
from bench.contracts.capabilities import Purifying as Purifying
from bench.contracts.capabilities import Refusing as Refusing
from bench.contracts.pipeline import modalities_of as modalities_of
from bench.contracts.protocols import Corpus as Corpus
from bench.contracts.protocols import Defense as Defense
from bench.contracts.protocols import FitContext as FitContext
from bench.contracts.protocols import NoiseBank as NoiseBank
from bench.contracts.protocols import TrainableVictim as TrainableVictim
from bench.contracts.protocols import Victim as Victim
from bench.contracts.traits import Traits as Traits
from bench.contracts.traits import traits_of as traits_of
from bench.core.checks import chosen as chosen
from bench.core.checks import within as within
from bench.core.errors import BenchError as BenchError
from bench.core.errors import ComponentError as ComponentError
from bench.core.errors import DataError as DataError
from bench.core.errors import UsageError as UsageError
from bench.core.rng import keyed as keyed
from bench.core.specs import Spec as Spec
from bench.core.specs import inner_spec as inner_spec
from bench.core.types import MASK as MASK
from bench.core.types import REFUSED as REFUSED
from bench.core.types import SAMPLE_RATE as SAMPLE_RATE
from bench.core.types import Dataset as Dataset
from bench.core.types import NoiseClip as NoiseClip
from bench.core.types import Perturbation as Perturbation
from bench.core.types import Phone as Phone
from bench.core.types import Rng as Rng
from bench.core.types import Task as Task
from bench.core.types import Utterance as Utterance
from bench.core.types import Word as Word

if TYPE_CHECKING:
    from bench.api import run as run
    from bench.core.batch import Batch as Batch
    from bench.core.batch import batches as batches
    from bench.core.noises import NoiseSet as NoiseSet

_NEEDING_TORCH = {
    "run": "bench.api",
    "Batch": "bench.core.batch",
    "batches": "bench.core.batch",
    "NoiseSet": "bench.core.noises",
}


def __getattr__(name: str) -> object:
    if name in _NEEDING_TORCH:
        return getattr(import_module(_NEEDING_TORCH[name]), name)
    raise AttributeError(f"module 'bench' has no attribute {name!r}")
