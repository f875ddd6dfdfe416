"""Which sounds of a noise bank are looked for, and a bank that has them not: refused before anything is trained."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from bench.contracts.component import Component
from bench.contracts.registry import option_of
from bench.core.errors import UsageError
from bench.core.specs import did_you_mean
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
                        raise _no_category(leaf, [category], "embedded", EMBEDDED, suggested)


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


def check_sounds(component: Component, noises: NoiseSet) -> None:
    """Refuse a bank that has not what a component draws from.

    Args:
        component: an attack or a defence.
        noises: the bank.

    Raises:
        UsageError: nothing in it can lie under speech, or a category is missing.
    """
    there = ", ".join(noises.categories)
    for leaf in _drawing(component):
        if leaf.built_in and leaf.traits.categories is None and not noises.ambient:
            found = f"nothing that can lie under speech in noise bank {noises.name!r}: {there}"
            expected = "other sounds than laughs, cries and room responses"
            remedy = "give --noise-bank a second time, such as --noise-bank embedded"
            raise UsageError(f"{option_of(leaf.kind)} {leaf}", found, expected, remedy)
    lacking: dict[Component, list[str]] = {}
    for leaf, category in dict.fromkeys((*_categories(component), *_trained_with(component, noises))):
        if category not in noises.by_category:
            lacking.setdefault(leaf, []).append(category)
    for leaf, missing in lacking.items():
        how = f"bench list {leaf.kind} {leaf.name} says how"
        others = f"name others{_written(leaf, noises)} ({how}), or map a folder to it"
        remedy = f"{others} with --noise-map where the bank is a folder"
        raise _no_category(leaf, missing, noises.name, noises.categories, remedy)


def _written(leaf: Component, noises: NoiseSet) -> str:
    """What else it could draw from, as it is written, where its parameters say so."""
    there = [name for name in noises.ambient if name.isidentifier()]
    if there and hasattr(leaf.object, "category"):
        return f", such as category={there[0]}"
    if there and hasattr(leaf.object, "categories"):
        kept = (SIGNAL,) if SIGNAL in (leaf.traits.categories or ()) else ()
        return f", such as categories={'+'.join((*there, *kept))}"
    return ""


def _no_category(who: Component, missing: Iterable[str], bank: str, there: Iterable[str], remedy: str) -> UsageError:
    found = f"no category {' or '.join(map(repr, missing))} in noise bank {bank!r}"
    return UsageError(f"{option_of(who.kind)} {who}", found, "one of " + ", ".join(there), remedy)


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
        if leaf.kind == "defenses" and leaf.built_in:
            yield from ((leaf, category) for category in sorted(leaf.seen(noises) - {SIGNAL}))
