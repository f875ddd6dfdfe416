"""What a fitted victim may do beside answering classes: answer numbers, show, refuse, purify.

They are structural, as the [contracts][bench.contracts.protocols]: a victim that has the methods is one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from bench.contracts.protocols import Victim
from bench.core.errors import ComponentError
from bench.core.types import Utterance

if TYPE_CHECKING:
    import torch
    from torch import nn

    from bench.core.batch import Batch


@runtime_checkable
class Refusing(Victim, Protocol):
    """A fitted victim that may refuse to answer: a detector, or one that abstains.

    A refused utterance has the label `bench.core.types.REFUSED`: an error where nobody attacks, and never an attack's
    success. What wraps another victim passes its refusals on, see `bench.defending.purified_victim`.
    """

    def enroll(self, clean: Sequence[Utterance]) -> Refusing:
        """Return a victim that knows these speakers' clean, unlabelled utterances, and refuses likewise."""
        ...

    def answer_or_refuse(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        """Estimate log-probabilities, shape (b, c), and say which utterances are refused, shape (b,), bool.

        A row depends neither on the others nor on padding.
        """
        ...


@runtime_checkable
class Dimensional(Victim, Protocol):
    """A fitted victim that answers numbers, where its task has a scale: it is asked for these instead of log_probs.

    Its recipe says so with the trait `dimensional`.
    """

    def enroll(self, clean: Sequence[Utterance]) -> Dimensional:
        """Return a victim that knows these speakers' clean, unlabelled utterances, and answers numbers likewise."""
        ...

    def values(self, batch: Batch) -> torch.Tensor:
        """Estimate the rating of each utterance on the task's scale, shape (b,).

        A row depends neither on the others nor on padding: it is the same to 1e-4 of the scale's width, whether it is
        asked alone or among 64.
        """
        ...


@runtime_checkable
class Purifying(Victim, Protocol):
    """A fitted victim with something before it that takes noise away. An attacker who knows it may look through it."""

    def enroll(self, clean: Sequence[Utterance]) -> Purifying:
        """Return a victim that knows these speakers' clean, unlabelled utterances, and purifies likewise."""
        ...

    def trace(self, batch: Batch) -> list[torch.Tensor]:
        """Show what is left of each utterance behind the purifier, in the purifier's own terms.

        Returns:
            b tensors of shape (frames, d), or (samples, 1). How far two of them lie apart is what survives of a noise.
        """
        ...


@runtime_checkable
class Sequential(Victim, Protocol):
    """A fitted victim that shows the feature sequence it decides from: what a purifier of features works on.

    `log_probs(batch)` is `log_probs_of(*sequence(batch))`.
    """

    def enroll(self, clean: Sequence[Utterance]) -> Sequential:
        """Return a victim that knows these speakers' clean, unlabelled utterances, and shows its features likewise."""
        ...

    def sequence(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        """Show the standardised features that the victim decides from.

        Returns:
            Features, shape (b, frames, d), zero after an utterance's end, and each utterance's number of frames, shape
            (b,).
        """
        ...

    def log_probs_of(self, features: torch.Tensor, counts: torch.Tensor) -> torch.Tensor:
        """Estimate class log-probabilities from standardised features, as `sequence` gives them.

        Args:
            features: shape (b, frames, d), zero after an utterance's end.
            counts: frames of each utterance, shape (b,).

        Returns:
            Shape (b, c), columns in the task's order.
        """
        ...


@runtime_checkable
class Embedding(Victim, Protocol):
    """A fitted victim that shows its last hidden vector: what `multimodal` joins.

    Where that can be trained on with what joins it, it is [`Tunable`][bench.contracts.capabilities.Tunable] too.
    """

    def enroll(self, clean: Sequence[Utterance]) -> Embedding:
        """Return a victim that knows these speakers' clean, unlabelled utterances, and shows its vector likewise."""
        ...

    def hidden(self, batch: Batch) -> torch.Tensor:
        """Show the vector before the output layer, shape (b, h). A row depends neither on the others nor on padding."""
        ...


@runtime_checkable
class Tunable(Embedding, Protocol):
    """A fitted victim whose network can be trained on together with what joins it to another."""

    def enroll(self, clean: Sequence[Utterance]) -> Tunable:
        """Return a victim that knows these speakers' clean, unlabelled utterances, and can be trained on likewise."""
        ...

    @property
    def network(self) -> nn.Module:
        """Return the torch module to train."""
        ...


def values_of(victim: Victim, batch: Batch) -> torch.Tensor:
    """Ask a victim of a dimensional task for numbers, shape (b,).

    Args:
        victim: fitted, and enrolled with the speakers of the batch.
        batch: b utterances.

    Raises:
        ComponentError: it answers none, or of another shape.
    """
    if not isinstance(victim, Dimensional):
        found = f"{type(victim).__name__}, which answers no numbers"
        raise ComponentError("victim", found, "a method values", "take away its trait dimensional, or add the method")
    values = victim.values(batch)
    if tuple(values.shape) != (len(batch),):
        found = f"values of shape {tuple(values.shape)}"
        raise ComponentError("victim", found, f"shape {(len(batch),)}", "correct its values")
    return values


def _as_it_is(found: Any) -> Any:
    return found


def forward_capabilities(
    wrapper: object, victim: object, names: Iterable[str], through: Callable[[Any], Any] = _as_it_is
) -> None:
    """Give a frozen wrapper what the victim behind it has of these names; for its `__post_init__`.

    On the instance: a class that had such a method would promise it for every victim.

    Args:
        wrapper: what gets it.
        victim: what has it, or not.
        names: of methods and attributes.
        through: what is made of each on the way.
    """
    known = set(dir(victim))
    for name in names:
        if name in known:
            object.__setattr__(wrapper, name, through(getattr(victim, name)))
