"""Attacks one after the other, as one: `--attack "pitch_semitone+mask_nouns"`, `"fade_in+boundary"`; defences likewise,
see `bench.contracts.pipeline`.

In a spec, `+` also joins the values of a list (`boundary:categories=natural+human`). So the names before the first `:`
are joined by a bare `+`, and parameters belong to the last of them; to give parameters to several, put spaces around
it: `"pitch:factor=0.75 + environmental:snr_db=10"`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bench.contracts.attacks import Answer, Attack, AttackTools, SpeechEffect, Steps
from bench.contracts.recipes import Part, Recipe
from bench.contracts.searching import steps_of
from bench.contracts.threat_models import ANSWERS, ThreatModel
from bench.contracts.traits import NOTHING_DECLARED, Traits, traits_of
from bench.core.errors import UsageError
from bench.core.heard import Heard
from bench.core.specs import ISOLATED, JOINED, bare, is_isolated
from bench.core.types import Rng

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
    """Attacks one after the other, as one: effects, sounds laid over speech, and at most one search among them.

    It applies where all of them apply: a combination of which a part was left out would be another one. What stands
    before the search is done once, and the search is given the speech as it is then; what stands after it is done to
    every candidate. Nobody was asked what they hear of a composition, so none is imperceptible.

    Args:
        parts: in the order in which they are applied.
        names: their specs.

    Raises:
        UsageError: a second one is a search, or one brings what a search has found, or has a copy of the defence.
    """

    parts: tuple[Attack | SpeechEffect, ...]
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        searches = 0
        for part, name in zip(self.parts, self.names, strict=True):
            searches += not asks_once(part)
            if found := _not_composable(part, searches):
                where, expected = (
                    f"--attack {composed(self.names)!r}",
                    "effects, and at most one search that knows nothing",
                )
                remedy = "run it alone, or declare traits = Traits(asks_once=True) where it is an effect of yours"
                raise UsageError(where, f"{name!r}, {found}", expected, remedy)

    @property
    def traits(self) -> Traits:
        """Declare whether it asks once, what its search is answered, and all that its parts draw from."""
        own = [traits_of(part).categories for part in self.parts]
        known = dict.fromkeys(category for some in own for category in some or ())
        made_of = tuple(one for part in self.parts for one in traits_of(part).made_of)
        once = all(map(asks_once, self.parts))
        answers = max((traits_of(part).threat_model.answers for part in self.parts), key=ANSWERS.index)
        return Traits(
            asks_once=once,
            threat_model=ThreatModel(answers=answers),
            anytime=all(asks_once(part) or traits_of(part).anytime for part in self.parts),
            categories=None if None in own else tuple(known),
            made_of=made_of,
        )

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        """Yield recipes with all parts.

        Args:
            original: the speech, left as it is.
            tools: given to each part.
            rng: given to each part in turn.
        """
        place = next((n for n, part in enumerate(self.parts) if not asks_once(part)), len(self.parts) - 1)
        before = self._once(range(place), original, tools, rng)
        if before is None:
            return
        heard = tools.render(original, Recipe(*before)) if before else original
        if heard is None:
            return
        after = self._once(range(place + 1, len(self.parts)), heard, tools, rng)
        if after is None:
            return
        steps = self._steps(place, heard, tools, rng)
        asked = next(steps, None)
        while asked is not None:
            answer = yield Recipe(*before, *asked.parts, *after)
            try:
                asked = steps.send(answer)
            except StopIteration:
                return

    def _once(self, places: Iterable[int], heard: Heard, tools: AttackTools, rng: Rng) -> tuple[Part, ...] | None:
        """What parts that ask once do, one after the other; None where one does not apply."""
        found: tuple[Part, ...] = ()
        for place in places:
            now = tools.render(heard, Recipe(*found)) if found else heard
            asked = None if now is None else _first(self._steps(place, now, tools, rng), now, tools)
            if asked is None:
                return None
            found += asked.parts
        return found

    def _steps(self, place: int, heard: Heard, tools: AttackTools, rng: Rng) -> Steps:
        return steps_of(self.parts[place], self.names[place], heard, tools, rng)


def _first(steps: Steps, heard: Heard, tools: AttackTools) -> Recipe | None:
    """The first recipe that applies; None where none does."""
    try:
        asked = next(steps)
        while tools.render(heard, asked) is None:
            asked = steps.send(Answer(fooled=False, applied=False))
    except StopIteration:
        return None
    return asked


def asks_once(part: object) -> bool:
    """Tell whether an attack yields at most one candidate: an effect does, and what declares it."""
    return isinstance(part, SpeechEffect) or traits_of(part).asks_once


def _not_composable(part: Attack | SpeechEffect, searches: int) -> str:
    """Say why an attack cannot be composed; nothing where it can."""
    traits = traits_of(part)
    if traits.transfers:
        return "which brings what a search has found on the bare victim"
    if traits.adaptive:
        return "which searches with a copy of the defence"
    if traits.threat_model.knows:
        return "which knows something beforehand"
    if traits.threat_model.round_size or traits.threat_model.rehearsal:
        return "which learns from one utterance to the next"
    if not asks_once(part) and searches > 1:
        return "a second search" if traits != NOTHING_DECLARED else "which does not say that it asks once"
    return ""
