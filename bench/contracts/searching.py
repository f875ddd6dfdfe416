"""Searches begun: whatever an attack is, effect, search, or plug-in of before, what comes out are recipes."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from bench.contracts.attacks import Answer, Attack, AttackTools, SpeechEffect, Steps
from bench.contracts.recipes import Effect, Overlay, Part, Recipe, RecipeError, Samples, Words, drawn_key
from bench.core.heard import Heard
from bench.core.types import Rng, Utterance


def steps_of(attack: Attack | SpeechEffect, spec: str, original: Heard, tools: AttackTools, rng: Rng) -> Steps:
    """Begin a search.

    Args:
        attack: a search, or an effect, which is asked once, with a key drawn for it.
        spec: its spec, by which recipes name an effect.
        original: the speech to attack.
        tools: what the attack may use.
        rng: its randomness.
    """
    if isinstance(attack, SpeechEffect):
        return once(Recipe(Effect(spec, drawn_key(rng))))
    return searched(attack, original, tools, rng)


def searched(attack: Attack, original: Heard, tools: AttackTools, rng: Rng) -> Steps:
    """Begin a search with what is known to search.

    Args:
        attack: no effect.
        original: the speech to attack.
        tools: what the attack may use.
        rng: its randomness.
    """
    return _recipes(attack.search(original, tools, rng), original)


def once(recipe: Recipe) -> Steps:
    """Search with one recipe: ask once."""
    yield recipe


def _recipes(steps: Generator[Any, Answer, None], original: Heard) -> Steps:
    try:
        asked = next(steps, None)
        while asked is not None:
            answer = yield as_recipe(asked, original)
            try:
                asked = steps.send(answer)
            except StopIteration:
                return
    finally:
        steps.close()


def as_recipe(asked: object, original: Heard) -> Recipe:
    """Take what a search yields for a recipe.

    A plug-in of before yields whole utterances: their samples are free samples then, their words edits, whatever they
    say was done.

    Args:
        asked: what was yielded.
        original: the speech that it was made from.

    Returns:
        A recipe that shares no samples with what was yielded.

    Raises:
        RecipeError: it is neither a recipe nor an utterance, or its waveform is none.
    """
    if isinstance(asked, Recipe):
        return Recipe(*map(_own, asked.parts))
    if not isinstance(asked, Utterance | Heard):
        raise RecipeError(f"a {type(asked).__name__}")
    if found := fault_of(asked.waveform, original.has_sound):
        raise RecipeError(found)
    edits: tuple[Part, ...] = ()
    if asked.transcript != original.transcript and original.transcript is not None:
        edits = (Words(((0, len(original.transcript.split()), asked.transcript or ""),)),)
    same = asked.waveform.shape == original.waveform.shape and bool((asked.waveform == original.waveform).all())
    sound = () if same and edits else (Samples(asked.waveform.detach().clone()),)
    return Recipe(*sound, *edits)


def _own(part: Part) -> Part:
    """A part that nobody can change any more, checked once more: what was made of it since is not believed."""
    if type(part) not in (Overlay, Effect, Words, Samples):
        raise RecipeError(f"a {type(part).__name__}")
    if not isinstance(part, Samples):
        return type(part)(**vars(part))
    if found := fault_of(part.waveform, sounds=False):
        raise RecipeError(found)
    return Samples(part.waveform.detach().clone())


WAVEFORM = "a float32 torch.Tensor of shape (t,), t of at least 1"


def fault_of(waveform: object, sounds: bool) -> str:
    """Say what is wrong with a waveform; nothing where it is one.

    Only real tensors are taken: a subclass may lie about itself.

    Args:
        waveform: what was given for one.
        sounds: whether there must be a sample at least.
    """
    import torch

    if type(waveform) is not torch.Tensor:
        return f"a waveform that is a {type(waveform).__name__}"
    if waveform.dtype != torch.float32 or waveform.ndim != 1 or (sounds and not len(waveform)):
        return f"a waveform that is {waveform.dtype} of shape {tuple(waveform.shape)}"
    return ""
