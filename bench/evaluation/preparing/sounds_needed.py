"""Which sounds of a noise bank are looked for, and a bank that has them not: refused before anything is trained."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from bench.contracts.component import Component
from bench.contracts.entries import OWN
from bench.contracts.registry import option_of
from bench.core.errors import UsageError
from bench.core.specs import JOINED, did_you_mean
from bench.core.types import SIGNAL
from bench.evaluation.plans.planning import Selection

if TYPE_CHECKING:
    from bench.core.noises import NoiseSet

EMBEDDED = ("crowd", "cry", "human", "interior", "laugh", "meeting", "natural", "station", "white")
"""The categories of the bank that needs no files; to make it takes a minute."""


def check_categories(selections: Iterable[Selection]) -> None:
    """Refuse a noise category that the embedded bank does not have, before it or a corpus is made.

    Args:
        selections: what is asked for. Other banks have the categories that their folders have.

    Raises:
        UsageError: there is none of that name.
    """
    for one in selections:
        if set(one.options.noise_banks) == {"embedded"}:
            for component in (*(attack for attack, _ in one.attacks), *filter(None, one.defenses)):
                for leaf, category in _categories(component):
                    if category not in EMBEDDED:
                        suggested = f"{did_you_mean(category, EMBEDDED)}, or name a bank that has it with --noise-bank"
                        raise _no_category(leaf.kind, str(leaf), [category], "embedded", EMBEDDED, suggested)


def sounds_needed(selections: Iterable[Selection]) -> frozenset[str] | None:
    """Name the noise categories and sounds that are looked for, where that is known before any noise is made.

    It is where nothing but attacks that came with serbench looks at noises: what a plug-in declares is not relied on,
    and a defence may train with every category.

    Args:
        selections: what is asked for.

    Returns:
        Names, or None for all that is in the bank.
    """
    found: set[str] = set()
    for one in selections:
        if not all(defense is None for defense in one.defenses) or not all(victim.built_in for victim in one.victims):
            return None
        for part in (inner for attack, _ in one.attacks for inner in attack.everything()):
            declared = part.traits
            if not part.built_in or declared.categories is None or declared.sounds is None:
                return None
            found.update(declared.categories, declared.sounds)
    return frozenset(found)


def check_sounds(component: Component, noises: NoiseSet, named: str) -> None:
    """Refuse a bank that has not what a component draws from.

    Args:
        component: an attack or a defence.
        noises: the bank.
        named: what messages call it; its parts, and what it is made of, go by their own specs.

    Raises:
        UsageError: nothing in it can lie under speech, or a category is missing.
    """
    there = ", ".join(noises.categories)
    for leaf in _drawing(component):
        if _ours(leaf) and leaf.traits.categories is None and not noises.ambient:
            found = f"nothing that can lie under speech in noise bank {noises.name!r}: {there}"
            expected = "other sounds than laughs, cries and room responses"
            remedy = "give --noise-bank a second time, such as --noise-bank embedded"
            who = named if leaf == component else leaf
            raise UsageError(f"{option_of(leaf.kind)} {who}", found, expected, remedy)
    lacking: dict[Component, list[str]] = {}
    for leaf, category in dict.fromkeys((*_categories(component), *_trained_with(component, noises))):
        if category not in noises.by_category:
            lacking.setdefault(leaf, []).append(category)
    for leaf, missing in lacking.items():
        how = f"bench list {leaf.kind}{'' if JOINED in leaf.name else f' {leaf.name}'} says how"
        others = f"name others{_written(leaf, noises)} ({how}), or map a folder to it"
        remedy = f"{others} with --noise-map where the bank is a folder"
        told = named if leaf == component else str(leaf)
        raise _no_category(leaf.kind, told, missing, noises.name, noises.categories, remedy)


def _written(leaf: Component, noises: NoiseSet) -> str:
    """What else it could draw from, as it is written, where its parameters say so."""
    there = [name for name in noises.ambient if name.isidentifier()]
    if there and hasattr(leaf.object, "category"):
        return f", such as category={there[0]}"
    if there and hasattr(leaf.object, "categories"):
        kept = (SIGNAL,) if SIGNAL in (leaf.traits.categories or ()) else ()
        return f", such as categories={'+'.join((*there, *kept))}"
    return ""


def _no_category(
    kind: str, who: str, missing: Iterable[str], bank: str, there: Iterable[str], remedy: str
) -> UsageError:
    found = f"no category {' or '.join(map(repr, missing))} in noise bank {bank!r}"
    return UsageError(f"{option_of(kind)} {who}", found, "one of " + ", ".join(there), remedy)


def _drawing(component: Component) -> Iterator[Component]:
    """Each part that may draw from the noise bank by itself: an attack's with the attacks that they are made of."""
    for leaf in component.leaves():
        yield leaf
        if leaf.kind == "attacks":
            for inner in leaf.made_of:
                yield from _drawing(inner)


def _categories(component: Component) -> Iterator[tuple[Component, str]]:
    """Each noise category that a component names, with the part of it that does."""
    for leaf in _drawing(component):
        yield from ((leaf, category) for category in leaf.traits.categories or () if category != SIGNAL)


def _trained_with(component: Component, noises: NoiseSet) -> Iterator[tuple[Component, str]]:
    """Each noise category that a defence which came with serbench trains with, named or not; what a plug-in's was
    trained against may lie elsewhere."""
    for leaf in component.leaves():
        if leaf.kind == "defenses" and _ours(leaf):
            declared = (category for one in leaf.made_of for category in one.traits.categories or ())
            seen = declared if leaf.isolated else leaf.seen(noises)  # in its process it may name the bank's alone
            yield from ((leaf, category) for category in sorted({*seen} - {SIGNAL}))


def _ours(component: Component) -> bool:
    """Whether it came with serbench, as did all that it is made of, wherever it runs."""
    return all(one.origin.startswith(OWN) for one in component.everything() if not one.parts)
