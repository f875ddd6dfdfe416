"""What the shell completes: names of components, tasks and splits, read without importing any of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import typer

_OF = {
    "victims": "victims",
    "attacks": "attacks",
    "defenses": "defenses",
    "corpus": "corpora",
    "train_corpus": "corpora",
    "noise_banks": "noise_banks",
}
"""Options by their field, and the kind of what they name."""


def completing(field: str) -> Callable[[str], list[str]] | None:
    """Return what completes an option's value; None where it names nothing that is known.

    Args:
        field: of `bench.evaluation.plans.options.Options`.
    """
    if field in _OF:
        return lambda incomplete: _matching(names_of(_OF[field]), incomplete)
    if field in ("tasks", "split"):
        return lambda incomplete: _matching(_words(field), incomplete)
    return None


def names_of(kind: str) -> list[str]:
    """List the names of the installed components of a kind.

    Args:
        kind: "victims", "attacks", "defenses", "corpora" or "noise_banks".
    """
    from bench.contracts.entries import entries_by_name

    names = sorted(name for of, name in entries_by_name(()) if of == kind)
    return ["none", *names] if kind == "defenses" else names


def kinds(incomplete: str) -> list[str]:
    """Complete a kind of `bench list`.

    Args:
        incomplete: what has been typed.
    """
    return _matching((*dict.fromkeys(_OF.values()), "tasks"), incomplete)


def name_of_kind(context: typer.Context, incomplete: str) -> list[str]:
    """Complete a name of `bench list KIND`.

    Args:
        context: has the kind.
        incomplete: what has been typed.
    """
    kind = str(context.params.get("kind") or "")
    return _matching(_words("tasks") if kind == "tasks" else names_of(kind), incomplete)


def _words(field: str) -> Iterable[str]:
    from bench.data.splits import SPLITS
    from bench.data.tasks import TASKS

    return TASKS if field == "tasks" else SPLITS


def _matching(names: Iterable[str], incomplete: str) -> list[str]:
    """Names that begin so; of a composition, its last part."""
    before, plus, last = incomplete.rpartition("+")
    return [f"{before}{plus}{name}" for name in names if name.startswith(last)]
