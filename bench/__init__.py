"""serbench: how far a speech emotion recogniser can be trusted when somebody works against it.

This is a plug-in author's whole API. Names that need torch are imported when they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from bench.abilities import Purifying as Purifying
from bench.abilities import Refusing as Refusing
from bench.checks import chosen as chosen
from bench.checks import within as within
from bench.errors import BenchError as BenchError
from bench.errors import ComponentError as ComponentError
from bench.errors import DataError as DataError
from bench.errors import UsageError as UsageError
from bench.protocols import Attack as Attack
from bench.protocols import Corpus as Corpus
from bench.protocols import Defense as Defense
from bench.protocols import FitContext as FitContext
from bench.protocols import InformedAttack as InformedAttack
from bench.protocols import NoiseBank as NoiseBank
from bench.protocols import TrainableVictim as TrainableVictim
from bench.protocols import Victim as Victim
from bench.rng import keyed as keyed
from bench.specs import Spec as Spec
from bench.types import MASK as MASK
from bench.types import REFUSED as REFUSED
from bench.types import SAMPLE_RATE as SAMPLE_RATE
from bench.types import Dataset as Dataset
from bench.types import NoiseClip as NoiseClip
from bench.types import Perturbation as Perturbation
from bench.types import Phone as Phone
from bench.types import Rng as Rng
from bench.types import Task as Task
from bench.types import Utterance as Utterance
from bench.types import Word as Word

if TYPE_CHECKING:
    from bench.api import run as run
    from bench.batch import Batch as Batch
    from bench.batch import batches as batches
    from bench.noises.bank import NoiseSet as NoiseSet
    from bench.tools import AttackTools as AttackTools
    from bench.tools import Overlay as Overlay

_NEEDING_TORCH = {
    "run": "bench.api",
    "Batch": "bench.batch",
    "batches": "bench.batch",
    "Noises": "bench.noises.bank",
    "AttackTools": "bench.tools",
    "Overlay": "bench.tools",
}


def __getattr__(name: str) -> object:
    if name in _NEEDING_TORCH:
        return getattr(import_module(_NEEDING_TORCH[name]), name)
    raise AttributeError(f"module 'bench' has no attribute {name!r}")
