"""What an effect gives, taken over: each field looked at once, and kept as nothing but what it is."""

from __future__ import annotations

from bench.contracts.recipe_values import RecipeError, text
from bench.contracts.searching import WAVEFORM, fault_of
from bench.core.errors import ComponentError
from bench.core.heard import Heard
from bench.core.types import Perturbation, Word


def taken(where: str, given: object, before: Heard) -> Heard:
    """Take what an effect made of speech.

    Args:
        where: names the effect, for messages.
        given: what it gave, somebody else's object: a subclass may say another thing each time that it is asked.
        before: the speech; who speaks stays.

    Raises:
        ComponentError: it is no speech.
    """
    if not isinstance(given, Heard):
        raise _broken(where, f"a {type(given).__name__}", "Heard or None")
    waveform, done = given.waveform, given.perturbation
    words = None if given.words is None else tuple(given.words)
    if found := fault_of(waveform, before.has_sound):
        raise _broken(where, found, WAVEFORM)
    if words is not None and not all(type(one) is Word for one in words):
        raise _broken(where, "other words", "words that are bench.Word")
    try:
        transcript = None if given.transcript is None else text("transcript", given.transcript)
        mark = None if done is None else Perturbation("", text("category", done.category), text("source", done.source))
    except RecipeError as error:
        raise _broken(where, str(error), "Heard or None") from error
    return Heard(waveform, before.speaker, transcript, words, mark)


def _broken(where: str, found: str, expected: str) -> ComponentError:
    return ComponentError(where, found, expected, "correct its apply")
