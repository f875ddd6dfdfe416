"""The contracts: what a victim, an attack, a defence, a corpus and a noise bank are.

They are structural: a class that has the methods is one, whatever it inherits from. Components are frozen dataclasses;
their fields are their parameters, their part of a record's key, and their options on the command line
(`--attack boundary:step_db=2`). [`bench.testing`][] has the checks that any component can run on itself.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from bench.core.progress import SILENT, Progress
from bench.core.types import Dataset, Rng, Task, Utterance

if TYPE_CHECKING:
    import torch

    from bench.contracts.attack_tools import AttackTools
    from bench.core.batch import Batch
    from bench.core.noises import NoiseSet


@dataclass(frozen=True)
class FitContext:
    """What a component may know while it is being fitted, beside the data.

    Args:
        task: the classes, in the order of the output columns.
        seed: the cell's seed; draw from `bench.core.rng.keyed(seed, ...)`.
        device: where tensors go.
        noises: the noise bank's "train" part. The sounds that will attack are not in it.
        progress: whom to tell.
        component: builds another registered component from its kind ("victims") and spec, for one that is made of
            others; None where there is no registry. It says which in its property `made_of`.
        victim: the spec of the cell's victim, for a defence that rebuilds it; "" where it has none.
        clean: the clean utterances of the training speakers, where a defence has changed some of those to train on.
            A victim that normalises by speaker takes its statistics from these; from those to train on where empty.
        renew: where a defence gives other utterances to train on in every epoch: told the victim as it stands and the
            number of the coming epoch, from 1. Recipes that ask it say so with a class attribute `renews = True`.
    """

    task: Task
    seed: int
    device: torch.device
    noises: NoiseSet
    progress: Progress = SILENT
    component: Callable[[str, str], Any] | None = None
    victim: str = ""
    clean: tuple[Utterance, ...] = ()
    renew: Callable[[Victim, int], Sequence[Utterance]] | None = None


@runtime_checkable
class Victim(Protocol):
    """A speech emotion recogniser that can be asked.

    One whose `log_probs` may be called by several threads at once says so with a class attribute `concurrent = True`;
    on a CPU the referee then runs a share of the searches on each core.
    """

    def enroll(self, clean: Sequence[Utterance]) -> Victim:
        """A victim that knows these speakers' clean, unlabelled utterances; it is asked about no others.

        This is where per-speaker normalisation takes its statistics, once, before any attack. A victim that needs
        nothing of the kind returns itself.
        """
        ...

    def log_probs(self, batch: Batch) -> torch.Tensor:
        """Class log-probabilities, shape (b, c), columns in the task's order.

        An utterance's row must not depend on the others in the batch nor on padding: the same label, and
        log-probabilities equal to 1e-4, whether it is asked alone or among 64.
        """
        ...

    def save(self, folder: Path) -> None:
        """Write safetensors and JSON into an existing, empty folder."""
        ...


@runtime_checkable
class TrainableVictim(Protocol):
    """The recipe of a victim: a frozen dataclass of hyper-parameters. Fitting leaves the recipe as it was.

    A recipe whose victim reads transcripts says so with a class attribute `modalities = ("text",)`, or `("sound",
    "text")`; it is then given no utterance that lacks one of them. Without it a victim hears.
    One that no training changes, since somebody else has trained it, says `trains = False`: a defence that works by
    training refuses it.
    """

    def fit(self, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext) -> Victim:
        """Train on `train`, choose the epoch on `valid`; no speaker stands in both."""
        ...

    def load(self, folder: Path, context: FitContext) -> Victim:
        """What `fit` gave, from what `save` wrote: the same predictions."""
        ...


@runtime_checkable
class Fingerprinted(Protocol):
    """A component that rests on files which its parameters only name: weights, a model, a script."""

    def fingerprint(self) -> str:
        """Changes whenever those files do; part of every result's key.

        Raises:
            bench.core.errors.UsageError: they are not there.
        """
        ...


@runtime_checkable
class Defense(Protocol):
    """A way to a victim that is harder to fool. A defended victim is a victim, so defences compose.

    What a defence says of itself, where it applies: a class attribute `randomised = True` where its answers are drawn
    anew for every query (from `Batch.generators`), so that cells are repeated; a method `seen(noises)` that gives the
    noise categories it was trained against, and "signal" for manipulations, so that attacks are told apart by it; a
    class attribute `modalities` where its victim perceives more than the bare one; a method `check(victim)` that raises
    a `UsageError` where it cannot defend that recipe, which a run asks before its first cell.
    """

    def fit(
        self, victim: TrainableVictim, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext
    ) -> Victim:
        """Fit the victim under this defence: change its data, put something before it, wrap it, or replace it."""
        ...

    def load(self, victim: TrainableVictim, folder: Path, context: FitContext) -> Victim:
        """What `fit` gave, from what the fitted victim's `save` wrote."""
        ...


@runtime_checkable
class Attack(Protocol):
    """A search that asks."""

    def search(self, original: Utterance, tools: AttackTools, rng: Rng) -> Generator[Utterance, bool, None]:
        """Yield a candidate, be told whether the victim was fooled (its label changed), go on or return.

        Args:
            original: the utterance to attack; not to be written to.
            tools: noises, perturbations, and what the attacker is told beforehand.
            rng: keyed by (seed, attack, utterance): the only source of randomness.

        Yields:
            `dataclasses.replace(original, waveform=..., perturbation=...)`. Every candidate is charged, repeats too.
            The waveform is clipped to [-1, 1] before it is measured and judged.
        """
        ...


@runtime_checkable
class InformedAttack(Attack, Protocol):
    """An attack that can be told beforehand how much each noise category degrades a model (P1's Corr)."""

    @property
    def corr(self) -> bool:
        """Whether this search is told."""
        ...

    @property
    def categories(self) -> tuple[str, ...]:
        """The categories it chooses from."""
        ...

    def probe(self, original: Utterance, category: str, tools: AttackTools, rng: Rng) -> Utterance | None:
        """What it would first try of a category. The loss of UAR on such probes of validation speakers is what it is
        told as `tools.degradation`. None where the category does not apply to the utterance."""
        ...


@runtime_checkable
class FromFolder(Protocol):
    """A corpus or noise bank that is read from a folder of the user's; None stands for no folder yet."""

    @property
    def root(self) -> Path | None:
        """Return the folder."""
        ...


@runtime_checkable
class Corpus(Protocol):
    """A speech corpus: a frozen dataclass of options, usually a `root` folder."""

    def read(self, progress: Progress) -> Dataset:
        """Read it.

        Raises:
            bench.core.errors.DataError: a file or folder is not as it should be.
        """
        ...


@runtime_checkable
class NoiseBank(Protocol):
    """A source of noises: a frozen dataclass of options."""

    def read(self, progress: Progress) -> NoiseSet:
        """Read it.

        Raises:
            bench.core.errors.DataError: a file or folder is not as it should be.
        """
        ...


Degradation = Mapping[str, float]
"""What an informed attacker knows: the loss of UAR by noise category, measured on data that is not test data."""
