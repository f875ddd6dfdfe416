"""What a purifying GAN learns from: clean training speech, and the same with noise of the bank's training half."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from bench.contracts.protocols import FitContext
from bench.core.batch import Batch, batches
from bench.core.computing.threads import one_thread
from bench.core.errors import UsageError
from bench.core.noises import NoiseSet
from bench.core.rng import keyed
from bench.core.types import Utterance
from bench.defending.adversarial_examples import perturbed
from bench.defending.gan.training import Pairs

P2_CATEGORIES = ("crowd", "meeting", "station")
"""P2's café, meeting and station noise, by the noise bank's names."""
SNR_DB = 10.0
"""Of the noise where P2's cannot be had."""
_TOGETHER = 64

Frames = Callable[[Batch], tuple[Tensor, Tensor]]
"""Features (b, frames, d) and true frame counts (b,) of a batch."""


def usual_categories(noises: NoiseSet) -> tuple[str, ...]:
    """Name the categories to learn from where none are named: P2's, or all that can lie under speech where the bank has
    none."""
    return tuple(name for name in P2_CATEGORIES if name in noises.categories) or noises.ambient


def usual_effects(noises: NoiseSet, epsilon: float) -> tuple[str, ...]:
    """List the effects to learn from where none are named: P2's noise, or noise at 10 dB where the bank has not P2's.

    Args:
        noises: the bank.
        epsilon: P2's ε.

    Returns:
        Specs of registered attacks that ask once.
    """
    categories = usual_categories(noises)
    if set(categories) <= set(P2_CATEGORIES):
        return tuple(f"real_noise:category={name},epsilon={epsilon:g}" for name in categories)
    return _mixed_in(categories)


def clean_speech(where: str, utterances: Sequence[Utterance], instead: Sequence[Utterance] = ()) -> list[Utterance]:
    """Select the utterances with sound that nothing was done to.

    Args:
        where: whose they are, for messages.
        utterances: to train on, or to validate on.
        instead: taken where none of those is clean.

    Raises:
        UsageError: there are none.
    """
    for some in (utterances, instead):
        found = [one for one in some if one.has_sound and one.perturbation is None]
        if found:
            return found
    remedy = "take another corpus, or leave this defence out"
    raise UsageError(where, "no clean speech to learn from", "some, by training and by validation speakers", remedy)


def corrupted(
    where: str, effects: Sequence[str], epsilon: float, parts: Sequence[Sequence[Utterance]], context: FitContext
) -> list[list[Utterance | None]]:
    """Add noise to utterances, to each that of one effect.

    Args:
        where: whose they are: for messages, and a part of the key of what is drawn.
        effects: specs of registered attacks that ask once and leave the length as it is; none for the usual ones.
        epsilon: P2's ε, for the usual ones.
        parts: clean speech.
        context: seed, noises, progress.

    Returns:
        For each part its utterances with noise, in order; None for each to which no effect applies.

    Raises:
        UsageError: a part is left without noise.
    """
    chosen = tuple(effects) or usual_effects(context.noises, epsilon)
    found = _corrupted(where, chosen, parts, context)
    if not effects and not all(map(any, found)):
        applied = " and ".join(str(sum(one is not None for one in part)) for part in found)
        context.progress.say(f"{where}: {', '.join(chosen)} applies to {applied} utterances: taking others")
        chosen = _mixed_in(usual_categories(context.noises))
        found = _corrupted(where, chosen, parts, context)
    if not all(map(any, found)):
        missing = f"{', '.join(chosen) or 'no noise'}, which applies to no utterance"
        remedy = "name others in attacks, or take another noise bank"
        raise UsageError(f"{where}, parameter 'attacks'", missing, "effects that keep the length of the speech", remedy)
    counts = " and ".join(f"{sum(one is not None for one in part)} of {len(part)}" for part in found)
    context.progress.say(f"{where}: learns from {', '.join(chosen)} on {counts} utterances, and from these clean")
    return found


def _mixed_in(categories: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"environmental:category={name},snr_db={SNR_DB:g}" for name in categories)


def _corrupted(
    where: str, effects: Sequence[str], parts: Sequence[Sequence[Utterance]], context: FitContext
) -> list[list[Utterance | None]]:
    total = sum(len(part) for part in parts)
    with one_thread(), context.progress.task(f"{where}: adding noise", total) as advance:
        return [_one_each(where, effects, part, context, advance) for part in parts]


def _one_each(
    where: str, effects: Sequence[str], clean: Sequence[Utterance], context: FitContext, advance: Callable[[int], None]
) -> list[Utterance | None]:
    """What one effect, drawn for each utterance, makes of it; where it does not apply, the next one."""
    orders = [keyed(context.seed, where, "effects", one.id).permutation(len(effects)).tolist() for one in clean]
    found: list[Utterance | None] = [None] * len(clean)
    for turn in range(len(effects)):
        for number, effect in enumerate(effects):
            places = [at for at, order in enumerate(orders) if found[at] is None and order[turn] == number]
            made = perturbed(effect, [clean[at] for at in places], context, where)
            for at, noisy in zip(places, made, strict=True):
                if noisy is not None and noisy.waveform.shape == clean[at].waveform.shape:
                    found[at] = noisy
            advance(sum(found[at] is not None for at in places))
    return found


def pairs_of(
    frames: Frames, clean: Sequence[Utterance], noisy: Sequence[Utterance | None], device: torch.device
) -> Pairs:
    """Pair noisy and clean features of the same utterances, and the clean ones with themselves.

    Args:
        frames: computes features (b, frames, d) and true frame counts (b,) of a batch.
        clean: speech.
        noisy: the same with noise, None where it has none.
        device: where features are computed and stay.
    """
    wanted = _features(frames, clean, device)
    places = [at for at, one in enumerate(noisy) if one is not None]
    given = _features(frames, [one for one in noisy if one is not None], device)
    return Pairs([*given, *wanted], [*(wanted[at] for at in places), *wanted])


@torch.no_grad()
@one_thread()
def _features(frames: Frames, utterances: Sequence[Utterance], device: torch.device) -> list[Tensor]:
    """Features of each utterance, shape (frames, d)."""
    found: list[Tensor] = [torch.empty(0)] * len(utterances)
    for group in batches(utterances, _TOGETHER):
        features, counts = frames(Batch.of([utterances[at] for at in group], device))
        for at, row, count in zip(group, features, counts.tolist(), strict=True):
            found[at] = row[:count].clone()
    return found
