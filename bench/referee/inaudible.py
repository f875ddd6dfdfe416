"""Whether a victim answers clean speech because of what is heard: also a little softer, and also in another draw."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from bench.core.errors import ComponentError
from bench.core.types import Rng, Utterance
from bench.referee.clean_answers import CleanAnswer
from bench.referee.prediction import Said
from bench.referee.rechecks import Question

SOFTER_DB = 0.4
"""So much softer at most, and a quarter of it at least, at each frequency by another bit: below what anybody hears, and
within what any two recordings of one speaker differ by. Silence stays what it is, and nothing is clipped."""
HEARD = 16
"""As many clean utterances are asked about, a little softer."""
FEWEST = 4
"""Of fewer nothing is said."""
MOST_LOST = 0.25
"""No greater share of them may be refused."""
_QUERIES = 16
"""The sample key is that of one of so many queries."""
_TAPS = 16
_CHANCE = 1e-5
"""What befalls an honest victim no more often than this is no chance."""


def heard_among(
    others: Sequence[tuple[Utterance, CleanAnswer]], known: Sequence[tuple[Utterance, CleanAnswer]], refusal: int
) -> list[tuple[Utterance, CleanAnswer]]:
    """Draw clean utterances that were answered: at most `HEARD`, and none of fewer than `FEWEST`.

    Args:
        others: which are taken first: an instance that is asked about them has not heard them as they are.
        known: which it has.
        refusal: the index that stands for a refusal. Who abstains by chance may do so about softer speech as well: what
            a further draw refused is not taken.
    """
    drawn = secrets.SystemRandom()
    pairs = [*drawn.sample(others, len(others)), *drawn.sample(known, len(known))]
    heard = [(one, said) for one, said in pairs if one.has_sound and refusal not in (said.answer.label, *said.drawn)]
    return heard[:HEARD] if len(heard) >= FEWEST else []


def softer(clean: Sequence[Question], key: Callable[[Utterance, int], str]) -> list[Question]:
    """Ask about clean utterances a little softer.

    A refusal is no attack's success. So who refuses all but recordings that it knows, or all that does not lie on the
    grid of a file, however soft, or all whose sample key is not that of query 0, could not be attacked at all. Which
    ones are asked about is drawn anew each time, so is how much softer each frequency is, and the query whose key a
    randomised victim is given: nobody can know them.

    Args:
        clean: clean utterances with what was said of them.
        key: gives the sample key of an utterance's query; "" for a victim that does not draw.
    """
    keys = [key(one.utterance, 1 + secrets.randbelow(_QUERIES)) for one in clean]
    rng = np.random.default_rng(secrets.randbits(128))
    heard = [replace(one.utterance, waveform=softened(one.utterance.waveform, rng)) for one in clean]
    told = zip(clean, heard, keys, strict=True)
    return [replace(one, utterance=utterance, sample_key=own, softer=True) for one, utterance, own in told]


def check_hears(said: Sequence[Said], refusal: int) -> None:
    """Refuse a victim that answers clean speech, and would not if it were a little softer.

    Args:
        said: what it says of clean speech that it has answered, a little softer, see `softer`.
        refusal: the index that stands for a refusal, and for a tie.

    Raises:
        ComponentError: it refuses more than `MOST_LOST` of it, or ties.

    >>> check_hears([Said(0), Said(1), Said(2), Said(4)], refusal=4)
    """
    lost = sum(one.label == refusal for one in said)
    if lost > MOST_LOST * len(said):
        of = f"{lost} of {len(said)} clean utterances refused"
        found = f"{of} where they are less than {SOFTER_DB:g} dB softer, and not as they are"
        remedy = "go by what is heard: not by a list of recordings, nor by their last bits"
        raise ComponentError("victim", found, "an answer, since nobody hears that", remedy)


def check_draws(clean: Sequence[CleanAnswer], refusal: int) -> None:
    """Refuse a randomised victim that answers clean speech in the draw that counts, and refuses it in others.

    The first draw is one of all: an utterance that is refused in the share p of its draws is refused in the first with
    the chance p, whatever the victim. So how many are has a Poisson binomial distribution, which is exact.

    Args:
        clean: what was said of clean speech.
        refusal: the index that stands for a refusal.

    Raises:
        ComponentError: so few are refused in the first draw with a chance below 1e-5.

    >>> from bench.referee.prediction import Said
    >>> check_draws([CleanAnswer(Said(label), (4, 0, 4, 0)) for label in (0, 4) * 20], refusal=4)
    >>> check_draws([CleanAnswer(Said(0), (4, 4, 4, 0))] * 40, refusal=4)
    Traceback (most recent call last):
        ...
    bench.core.errors.ComponentError: victim: found 0 of 40 clean utterances refused in the first draw, where 24 are \
    in others; expected as many; do not go by whose draw it is
    """
    drawn = [(one.answer.label, *one.drawn) for one in clean if one.drawn]
    shares = [sum(label == refusal for label in labels) / len(labels) for labels in drawn]
    refused, chances = sum(labels[0] == refusal for labels in drawn), np.ones(1)
    for share in shares:
        chances = np.convolve(chances, (1 - share, share))
    if chances[: refused + 1].sum() < _CHANCE:
        of, likely = f"{refused} of {len(drawn)} clean utterances refused", sum(shares)
        found = f"{of} in the first draw, where {likely:.0f} are in others"
        raise ComponentError("victim", found, "as many", "do not go by whose draw it is")


def softened(sound: Tensor, rng: Rng) -> Tensor:
    """Make a sound a little softer, by a short filter that is drawn: after it no sample lies on any grid.

    Args:
        sound: shape (t,).
        rng: draws it.

    Returns:
        Shape (t,), softer by 0.1 to 0.4 dB at each frequency.
    """
    most, least = (10 ** (-db / 20) for db in (SOFTER_DB / 4, SOFTER_DB))
    middle, half = (most + least) / 2, (most - least) / 4
    level, *drawn = rng.uniform(-1.0, 1.0, _TAPS + 1)
    spread = half / sum(map(abs, drawn))
    taps = torch.tensor([*(spread * tap for tap in drawn), middle + half * level]).to(sound)
    padded = torch.nn.functional.pad(sound, (_TAPS, 0))
    return torch.nn.functional.conv1d(padded[None, None], taps[None, None])[0, 0]
