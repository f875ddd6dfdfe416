"""What an entry says of a cell beside its rows, held against what running it again says.

Whoever writes a description can compute its key and digests. So what tables name and bells hang on is found again.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import get_args

from bench.contracts.component import Component
from bench.contracts.composition import composed, specs_in
from bench.contracts.registry import Registry
from bench.contracts.variants import Corr, NoiseScope, Variant, variants_of
from bench.core.specs import ISOLATED, Spec, bare
from bench.core.storage.json_objects import loaded
from bench.evaluation.cell.cells import Cell
from bench.evaluation.cell.facts import Facts
from bench.scoring.record_files.descriptions import Description

LAST_BITS = 0.05
"""Shares of clean speech lie no further apart for what another processor changes."""


def denied(about: Description, cell: Cell, facts: Facts, registry: Registry) -> str:
    """Say which words of a description running the cell again denies; "" where it denies none.

    Args:
        about: as the entry has it.
        cell: as it was run again.
        facts: what was counted meanwhile.
        registry: builds the attack as it was named in tables.
    """
    return "; ".join(_denied(about, cell, facts, registry))


def _denied(about: Description, cell: Cell, facts: Facts, registry: Registry) -> Iterator[str]:
    own, theirs = cell.attack.threat_model, about.threat_model
    if own != theirs:
        yield f"an attacker who {own}, where the entry says: {theirs}"
    if cell.attack.anytime != about.anytime:
        yield f"anytime {cell.attack.anytime} in the place of {about.anytime}"
    if not any(_labels(about, one) for one in _variants(about, cell.attack, registry)):
        kinds = " and ".join(about.noises)
        yield f"no variant of {about.attack_base!r} with corr {about.corr} and noises {kinds} is {about.names.attack!r}"
    told = loaded(about.text)
    if cell.fitted.defense is not None:
        hidden = set(_made_of(cell.fitted.defense)) - set(_told_made_of(told["fitting"].get("defense")))
        if hidden:
            yield f"a defence that was made with {min(hidden)}, which the entry leaves out"
    if unsaid := set(facts.trained_on) - set(about.trained_on):
        yield f"a victim that was trained on speaker {min(unsaid)}, which the entry leaves out"
    if _differ(facts.sessions, about.in_sessions):
        yield f"clean speech lost in sessions {facts.sessions}, where the entry says {about.in_sessions}"
    rehearsed = None if facts.rehearsal is None else (facts.rehearsal.fell, facts.rehearsal.utterances)
    if _differ(rehearsed, about.rehearsed):
        yield f"validation speech that fell in the rehearsal {rehearsed}, where the entry says {about.rehearsed}"
    if false := set(about.settings) - set(facts.settings):
        yield f"sources of {min(false)} that are settings, which it does not declare"
    if about.people and {name: dict(of) for name, of in about.people.items()} != _plain(facts):
        yield "other speakers' sex, age or language than the corpus's"


def _differ(own: tuple[int, int] | None, theirs: tuple[int, int] | None) -> bool:
    """Whether two shares are not the same but for a few answers in their last bits."""
    if own is None or theirs is None:
        return own is not theirs
    return abs(own[0] / own[1] - theirs[0] / theirs[1]) > LAST_BITS


def _variants(about: Description, attack: Component, registry: Registry) -> list[Variant]:
    """Everything that could have been asked for under the name that tables print."""
    base = composed(tuple(bare(one) for one in specs_in("attacks", about.attack_base)))
    text = ISOLATED + base if attack.isolated else base
    built = registry.component("attacks", text).object
    scopes: tuple[NoiseScope, ...] = get_args(NoiseScope)
    asked: tuple[Corr, ...] = get_args(Corr)
    return [one for corr, noises in itertools.product(asked, scopes) for one in variants_of(text, built, corr, noises)]


def _labels(about: Description, one: Variant) -> bool:
    names = bare(one.attack), one.corr, one.noises
    return names == (bare(about.names.attack), about.corr, about.noises)


def _made_of(component: Component) -> Iterator[str]:
    """The names of all attacks and effects that a component is made of, however deep."""
    yield from (one.name for one in component.everything() if one.kind == "attacks")


def _told_made_of(told: object) -> Iterator[str]:
    """The same as a description tells it."""
    if isinstance(told, Mapping):
        for part in told.get("made_of") or ():
            if isinstance(part, Mapping) and isinstance(spec := part.get("spec"), str):
                yield Spec.parse(bare(spec)).name
        for part in (*(told.get("made_of") or ()), *(told.get("parts") or ())):
            yield from _told_made_of(part)


def _plain(facts: Facts) -> Mapping[str, Mapping[str, object]]:
    return {name: {value: tuple(who) for value, who in of.items()} for name, of in facts.people.items()}
