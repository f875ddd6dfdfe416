"""Searches begun: whatever an attack is, effect, search, or plug-in of before, what comes out are recipes."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

from bench.contracts.attacks import Answer, Attack, AttackTools, SpeechEffect, Steps
from bench.contracts.recipes import Effect, Overlay, Part, Recipe, RecipeError, Samples, Words, drawn_key
from bench.core.heard import Heard
from bench.core.types import Rng, Utterance

if TYPE_CHECKING:
    from torch import Tensor


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
    return _recipes(lambda: attack.search(original, tools, rng), original)


def once(recipe: Recipe) -> Steps:
    """Search with one recipe: ask once."""
    yield recipe


def _recipes(begun: Callable[[], Generator[Any, Answer, None]], original: Heard) -> Steps:
    steps = begun()  # here, where whoever takes the first step hears what is wrong: it may be no generator's function
    if not isinstance(steps, Generator):
        raise RecipeError(f"a {type(steps).__name__} from search, which yields nothing")
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
        return Recipe(*map(own_part, asked.parts))
    if not isinstance(asked, Utterance | Heard):
        raise RecipeError(f"a {type(asked).__name__}")
    waveform, transcript = asked.waveform, asked.transcript  # read once: a subclass may give another each time
    if found := fault_of(waveform, original.has_sound):
        raise RecipeError(found)
    edits: tuple[Part, ...] = ()
    if transcript != original.transcript and original.transcript is not None:
        edits = (Words(((0, len(original.transcript.split()), transcript or ""),)),)
    same = waveform.shape == original.waveform.shape and bool((waveform == original.waveform).all())
    sound = () if same and edits else (Samples(own_samples(waveform)),)
    return Recipe(*sound, *edits)


def own_part(part: Part) -> Part:
    """Make a part that nobody else can change, checked once more: what was made of it since is not believed.

    Args:
        part: somebody else's.

    Raises:
        RecipeError: it is none, or has values that it cannot have.
    """
    if type(part) not in (Overlay, Effect, Words, Samples):
        raise RecipeError(f"a {type(part).__name__}")
    if not isinstance(part, Samples):
        return type(part)(**vars(part))
    waveform = part.waveform
    if found := fault_of(waveform, sounds=False):
        raise RecipeError(found)
    return Samples(own_samples(waveform))


def own_samples(waveform: Tensor) -> Tensor:
    """Copy samples, so that they share nothing with the tensor that was given: no memory, no method of its own.

    Args:
        waveform: without fault, see `fault_of`.
    """
    import torch

    return torch.clone(torch.detach(waveform))  # a tensor may have been given a `clone` of its own


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
    if waveform.layout is not torch.strided or waveform.is_meta:
        return f"a waveform that is {waveform.layout} on {waveform.device}"
    if waveform.dtype != torch.float32 or waveform.ndim != 1 or (sounds and not len(waveform)):
        return f"a waveform that is {waveform.dtype} of shape {tuple(waveform.shape)}"
    return ""
