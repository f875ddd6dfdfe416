"""Effects one after the other, as one attack: `--attack "pitch_semitone+mask_nouns"`; defences likewise, see
`bench.contracts.pipeline`.

In a spec, `+` also joins the values of a list (`boundary:categories=natural+human`). So the names before the first `:`
are joined by a bare `+`, and parameters belong to the last of them; to give parameters to several, put spaces around
it: `"pitch:factor=0.75 + environmental:snr_db=10"`.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bench.contracts.traits import NOTHING_DECLARED, Traits, traits_of
from bench.core.errors import UsageError
from bench.core.specs import ISOLATED, JOINED, bare, is_isolated
from bench.core.types import Perturbation, Rng, Utterance

if TYPE_CHECKING:
    from bench.contracts.attacks import Attack, AttackTools

COMPOSABLE = ("attacks", "defenses")
"""The kinds of which several can be one."""


def specs_in(kind: str, text: str) -> tuple[str, ...]:
    """Split a spec into the specs that it is composed of.

    Args:
        kind: of the component; a kind of which several cannot be one is not split.
        text: the spec.

    Returns:
        One or more specs, in order.
    """
    return parts_of(text) if kind in COMPOSABLE else (text,)


def parts_of(text: str) -> tuple[str, ...]:
    """Split a spec of attacks or of defences into those that it is composed of, one or more.

    >>> parts_of("pitch_semitone+mask_nouns:control=true")
    ('pitch_semitone', 'mask_nouns:control=true')
    >>> parts_of("pitch:factor=0.75 + fade_in"), parts_of("boundary:categories=natural+human")
    (('pitch:factor=0.75', 'fade_in'), ('boundary:categories=natural+human',))
    >>> parts_of("rnnoise+isolated:mine:copies=2"), parts_of("isolated:mine+rnnoise")
    (('rnnoise', 'isolated:mine:copies=2'), ('isolated:mine', 'rnnoise'))
    """
    found: list[str] = []
    for piece in re.split(r"\s+\+\s+", text.strip()):
        mark, given = (ISOLATED, bare(piece)) if is_isolated(piece) else ("", piece)
        names, colon, params = given.partition(":")
        *before, last = names.split(JOINED)
        rest = last + colon + params
        deeper = parts_of(rest) if is_isolated(rest) and before else (rest,)
        parts = [*before, *deeper]
        found += [mark + parts[0], *parts[1:]]
    return tuple(part.strip() for part in found)


def isolated_specs(kind: str, text: str) -> tuple[str, ...]:
    """Read the specs that a component is composed of where one of them, and so all, run in a process of their own.

    Args:
        kind: of the component.
        text: its spec.

    Returns:
        The specs without `isolated:`; none where none of them says it.

    Raises:
        UsageError: `isolated:` stands within a spec.

    >>> isolated_specs("defenses", "isolated:rnnoise + smoothing:copies=9"), isolated_specs("attacks", "boundary")
    (('rnnoise', 'smoothing:copies=9'), ())
    """
    parts = specs_in(kind, text)
    within = next((part for part in parts if ISOLATED in bare(part)), None)
    if within is not None:
        remedy = "write it before the component that is made of it, or leave it out"
        raise UsageError(repr(text), f"{ISOLATED} within {within!r}", "it before a component's name alone", remedy)
    return tuple(map(bare, parts)) if any(map(is_isolated, parts)) else ()


def composed(parts: tuple[str, ...]) -> str:
    """Write several specs as one, as short as it can be.

    >>> composed(("pitch_semitone", "mask_nouns")), composed(("pitch:factor=0.75", "fade_in"))
    ('pitch_semitone+mask_nouns', 'pitch:factor=0.75 + fade_in')
    """
    plain = not any(":" in part for part in parts[:-1])
    return (JOINED if plain else f" {JOINED} ").join(parts)


@dataclass(frozen=True)
class Composed:
    """Effects one after the other; asks once.

    It applies where all of them apply: a combination of which a part was left out would be another one. People hear the
    same emotion where they do with each part.

    Args:
        parts: effects that ask once, in the order in which they are applied.
        names: their specs.

    Raises:
        UsageError: one of them is a search, brings what a search has found, or does not say that it asks once.
    """

    parts: tuple[Attack, ...]
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        for part, name in zip(self.parts, self.names, strict=True):
            if found := _not_an_effect(part):
                where, expected = f"--attack {composed(self.names)!r}", "effects that ask once and know nothing"
                remedy = "run it alone, or declare traits = Traits(asks_once=True) where it is an effect of yours"
                raise UsageError(where, f"{name!r}, {found}", expected, remedy)

    @property
    def traits(self) -> Traits:
        """Declare that it asks once, with all that its parts draw from."""
        own = [traits_of(part).categories for part in self.parts]
        known = dict.fromkeys(category for some in own for category in some or ())
        return Traits(asks_once=True, categories=None if None in own else tuple(known))

    def search(self, original: Utterance, tools: AttackTools, rng: Rng) -> Generator[Utterance, bool, None]:
        """Yield the utterance with all effects.

        Args:
            original: the utterance, left as it is.
            tools: given to each effect.
            rng: given to each effect in turn.
        """
        candidate, done = original, []
        for part in self.parts:
            changed = next(part.search(candidate, tools, rng), None)
            if changed is None:
                return
            done.append(changed.perturbation or Perturbation("", ""))
            candidate = changed
        yield replace(
            candidate,
            perturbation=Perturbation(
                JOINED.join(one.name for one in done),
                JOINED.join(dict.fromkeys(one.category for one in done)),
                " + ".join(one.source for one in done),
            ),
        )


def _not_an_effect(part: Attack) -> str:
    """Say why an attack cannot be composed; nothing where it can."""
    traits = traits_of(part)
    if traits.transfers:
        return "which brings what a search has found on the bare victim"
    if traits.adaptive:
        return "which searches with a copy of the defence"
    if not traits.asks_once:
        return "which is a search" if traits != NOTHING_DECLARED else "which does not say that it asks once"
    return ""
