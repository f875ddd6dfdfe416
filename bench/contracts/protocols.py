"""The contracts: what a victim, an attack, a defence, a corpus and a noise bank are.

They are structural: a class that has the methods is one, whatever it inherits from. Components are frozen dataclasses;
their fields are their parameters, their part of a record's key, and their options on the command line
(`--attack boundary:step_db=2`). [`bench.testing`][] has the checks that any component can run on itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from bench.core.showing.progress import SILENT, Progress
from bench.core.types import Dataset, Task, Utterance

if TYPE_CHECKING:
    import torch

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
        progress: is told how far the fitting has come.
        component: builds another registered component from its kind ("victims") and spec, for one that is made of
            others; None where there is no registry. It says which in its traits, `made_of`.
        victim: the spec of the cell's victim, for a defence that rebuilds it; "" where it has none.
        clean: the clean utterances of the training speakers, where a defence has changed some of those to train on.
            A victim that normalises by speaker takes its statistics from these; from those to train on where empty.
        renew: where a defence gives other utterances to train on in every epoch: told the victim as it stands and the
            number of the coming epoch, from 1. Recipes that ask it say so with the trait `renews`.
        max_requests: as many requests a victim may send to a service in all, those of earlier runs too; None for as
            many as it sends by itself.
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
    max_requests: int | None = None


@runtime_checkable
class Victim(Protocol):
    """A speech emotion recogniser that can be asked.

    One whose `log_probs` may be called by several threads at once declares the trait `concurrent`.
    """

    def enroll(self, clean: Sequence[Utterance]) -> Victim:
        """Return a victim that knows these speakers by clean utterances, which have neither labels nor ids.

        This is where per-speaker normalisation takes its statistics, once, before any attack. It is asked about other
        utterances of these speakers, and about speakers of whom there are no others: one who is absent here is
        normalised with the statistics of the training speakers. A victim that needs nothing of the kind returns itself.
        """
        ...

    def log_probs(self, batch: Batch) -> torch.Tensor:
        """Estimate class log-probabilities, shape (b, c), columns in the task's order.

        It is given sound, words where it declares to perceive text, and a token for the speaker: another one in every
        cell. Clean and attacked speech are asked of instances that were loaded by themselves; each dies with its cell,
        and of what was asked some is asked again of a fresh one, in another order. So nothing is gained by remembering.

        An utterance's row must depend neither on the others in the batch nor on padding: the same label, and
        log-probabilities equal to 1e-4, whether it is asked alone or among 64.
        """
        ...

    def save(self, folder: Path) -> None:
        """Write safetensors and JSON into an existing, empty folder."""
        ...


@runtime_checkable
class TrainableVictim(Protocol):
    """The recipe of a victim: a frozen dataclass of hyper-parameters. Fitting leaves the recipe as it was.

    What it perceives, whether training changes it and what it is made of it says in its
    [`Traits`][bench.contracts.traits.Traits]. It is given no utterance that lacks what it perceives; without traits it
    hears.
    """

    def fit(self, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext) -> Victim:
        """Train a victim; the recipe stays as it was.

        Args:
            train: labelled utterances to learn from.
            valid: labelled utterances to choose the epoch by; none of their speakers stands in `train`.
            context: the task, the seed, the device, and what else may be known.
        """
        ...

    def load(self, folder: Path, context: FitContext) -> Victim:
        """Load a fitted victim: it predicts what the one that `fit` gave did.

        Args:
            folder: what the fitted victim's `save` wrote.
            context: the one that it was fitted with.
        """
        ...


@runtime_checkable
class Fingerprinted(Protocol):
    """A component that rests on files which its parameters only name: weights, a model, a script."""

    def fingerprint(self) -> str:
        """Digest the files that the component rests on: part of a result's key, which changes whenever they do.

        Raises:
            bench.core.errors.UsageError: they are not there.
        """
        ...


@runtime_checkable
class Defense(Protocol):
    """A way to a victim that is harder to fool. A defended victim is a victim, so defences compose.

    What a defence says of itself it says in its [`Traits`][bench.contracts.traits.Traits], and where it applies by the
    methods of [`ChecksVictim`][bench.contracts.protocols.ChecksVictim] and
    [`TrainedAgainst`][bench.contracts.protocols.TrainedAgainst].
    """

    def fit(
        self, victim: TrainableVictim, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext
    ) -> Victim:
        """Fit a victim under this defence: change its data, put something before it, wrap it, or replace it.

        Args:
            victim: the recipe to be defended.
            train: labelled utterances to learn from.
            valid: labelled utterances to choose the epoch by; none of their speakers stands in `train`.
            context: the task, the seed, the device, and what else may be known.
        """
        ...

    def load(self, victim: TrainableVictim, folder: Path, context: FitContext) -> Victim:
        """Load a defended victim: it predicts what the one that `fit` gave did.

        Args:
            victim: the recipe that was defended.
            folder: what the fitted victim's `save` wrote.
            context: the one that it was fitted with.
        """
        ...


@runtime_checkable
class ChecksVictim(Protocol):
    """A defence that refuses a victim that it cannot defend, before a run's first cell."""

    def check(self, victim: TrainableVictim) -> None:
        """Refuse a victim's recipe that cannot be defended.

        Raises:
            bench.core.errors.UsageError: it is such a one.
        """
        ...


@runtime_checkable
class TrainedAgainst(Protocol):
    """A defence that says which noises it was trained against, so that attacks are told apart by it.

    One that does not is taken to have been trained against what the attacks draw from that it is made of.
    """

    def seen(self, noises: NoiseSet) -> frozenset[str] | None:
        """Name the noise categories of a bank that it was trained against, and "signal" for manipulations.

        None leaves it to the attacks that it is made of.
        """
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
        """Read the corpus's utterances, with their labels and speakers.

        Raises:
            bench.core.errors.DataError: a file or folder is not as it should be.
        """
        ...


@runtime_checkable
class NoiseBank(Protocol):
    """A source of noises: a frozen dataclass of options."""

    def read(self, progress: Progress) -> NoiseSet:
        """Read the bank's noises, all categories.

        Raises:
            bench.core.errors.DataError: a file or folder is not as it should be.
        """
        ...


@runtime_checkable
class PartialNoiseBank(NoiseBank, Protocol):
    """A source of noises that can give some of its categories without making or reading the others."""

    def read_only(self, sounds: Collection[str], progress: Progress) -> NoiseSet:
        """Read the categories in which some sounds are heard: the same clips in the same order, under the fingerprint
        of the whole bank.

        No source of such a bank stands in two categories: which sources attack would hang on what is read.

        Args:
            sounds: names of categories and of sounds, in small letters, as the clips' labels are; those that the bank
                does not have are passed over.
            progress: told of long steps.

        Raises:
            bench.core.errors.BenchError: as in `read`.
        """
        ...
