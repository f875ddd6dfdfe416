"""Which of the three nested columns a recipe stands in: imperceptible, additive, all.

It follows from the recipe's parts and from what was measured, never from a name that somebody declares.
"""

from __future__ import annotations

from functools import lru_cache

from bench.contracts.perception import Perception
from bench.contracts.recipes import Effect, Overlay, Recipe, Samples, Words
from bench.core.heard import Heard
from bench.core.noises import NOT_UNDER_SPEECH
from bench.perturbations.catalogue import SHARES
from bench.perturbations.laying import Rendered

LAID_OVER = frozenset({"real_noise"})
"""Effects that lay one sound of the bank over the whole utterance, as P1's "Co" does: people were asked about that."""
NOISE = "noise"
"""What a study calls a sound of a noise bank; an effect of somebody's that has this name was not studied by it."""


def is_imperceptible(recipe: Recipe, samples: int, perception: Perception, category: str) -> bool:
    """Tell whether people were asked about just this, and heard the same emotion.

    They were asked about one sound of a noise bank in P1's positions and lengths, without a filter, and about single
    effects with the parameters that were studied. Nobody was asked about compositions, other words or free samples,
    nor about a laugh, a cry or the response of a room that lies under speech as noise does.

    Args:
        recipe: with the specs of effects as records name them.
        samples: the utterance's length.
        perception: the study.
        category: of what was done, as the renderer has it; of a sound, that which it has in its bank.

    >>> from bench.contracts.perception import p1
    >>> is_imperceptible(Recipe(Overlay("rain-03", 10.5)), 16_000, p1(), "natural")
    True
    >>> is_imperceptible(Recipe(Overlay("rain-03", 10.5, filter=(0.5, 0.5))), 16_000, p1(), "natural")
    False
    >>> is_imperceptible(Recipe(Overlay("giggle-01", 10.5)), 16_000, p1(), "laugh")
    False
    """
    part, *more = recipe.parts
    if more or isinstance(part, Words | Samples):
        return False
    if isinstance(part, Effect) and (name := part.spec.partition(":")[0]) not in LAID_OVER:
        return name != NOISE and perception.is_imperceptible(part.spec)
    if category in NOT_UNDER_SPEECH or not perception.is_imperceptible(NOISE):
        return False
    return isinstance(part, Effect) or as_in_p1(part, samples)


def kinds_of(original: Heard, rendered: Rendered, recipe: Recipe, perception: Perception) -> tuple[bool, bool]:
    """Tell whether a candidate is imperceptible, and whether it is additive, before anybody is asked about it.

    Args:
        original: the clean speech.
        rendered: the candidate; the overlays at its end, which change no length and no word, need not be laid.
        recipe: with the specs of effects as records name them.
        perception: the study.
    """
    heard = rendered.base
    alike = is_imperceptible(recipe, original.waveform.shape[-1], perception, rendered.done.category)
    if alike or heard.waveform.shape != original.waveform.shape or not original.has_sound:
        return alike, alike
    return alike, not is_reworded(original, heard)


def is_reworded(original: Heard, heard: Heard) -> bool:
    """Tell whether other words stand in the transcript, or among the words with times: their times do not count.

    Args:
        original: the clean speech.
        heard: the candidate.
    """
    if heard.transcript != original.transcript:
        return True
    return heard.words is not original.words and _texts(heard) != _texts(original)


def _texts(heard: Heard) -> list[str] | None:
    return None if heard.words is None else [word.text for word in heard.words]


def as_in_p1(overlay: Overlay, samples: int) -> bool:
    """Tell whether a sound lies over an utterance as P1's do.

    P1's sounds start with the utterance and fade out to their own end (St), or last (Co), over a short, a medium
    stretch or all of it.

    Args:
        overlay: the sound.
        samples: the utterance's length.
    """
    first, after = overlay.segment or (0, samples)
    after = min(after, samples)
    starts = overlay.fade == "" or first == 0
    return not overlay.shape and not overlay.filter and after - first in _lengths(samples) and starts


@lru_cache(maxsize=4096)
def _lengths(samples: int) -> frozenset[int]:
    """P1's lengths of a sound over so many samples of speech."""
    return frozenset(max(round(share * samples), 1) for share in SHARES.values())


def length_is_covered(recipe: Recipe, perception: Perception) -> bool:
    """Tell whether a recipe that changes the length may be a success: every effect in it was studied.

    What people hear governs a change of length, since there is no SNR; the overlays are measured apart.

    Args:
        recipe: any.
        perception: the study.
    """
    effects = [part.spec.partition(":")[0] for part in recipe.parts if isinstance(part, Effect)]
    free = any(isinstance(part, Samples) for part in recipe.parts)
    return bool(effects) and not free and all(name != NOISE and perception.covers(name) for name in effects)
