"""What the voices behind the crowd, meeting and station noises say, and how they are made into many voices.

The voices are eSpeak NG's, as in the embedded speech corpus; the sentences are neutral, and others than it has.
"""

from __future__ import annotations

import numpy as np
from scipy.signal import resample_poly

from bench.core.types import Rng
from bench.data.noises.synthesis.tools import Sound, unit
from bench.data.speech.espeak import Voice

VARIANTS = ("f1", "f2", "f3", "f4", "f5", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8")
"""eSpeak NG's plain male and female voices."""

TEXT = """
The delivery came an hour earlier than we had planned.
Somebody left a blue umbrella under the second table.
We could meet again on Thursday, once the figures are in.
My sister works in the library across from the market.
They are going to paint the whole corridor next month.
I think the second version is easier to read.
Could you pass me the list that we made last week?
The bus was full, so we walked along the canal instead.
He ordered soup, and then he changed his mind.
There were about forty people at the opening.
Please check whether the copies have arrived.
She has lived on the same street for eleven years.
The printer on this floor needs a new cartridge.
We took the ferry to the island and came back by train.
It depends on how many chairs we can borrow.
The recipe says to wait until the water boils.
Nobody told us that the entrance had been moved.
I usually buy bread at the shop on the corner.
The next point on the agenda is the summer schedule.
Our neighbours are looking after the garden while we travel.
You can leave the boxes beside the door.
The museum closes at six, but the shop stays open.
They found the keys in the pocket of an old coat.
Let us put the two tables together before the others come.
His brother repairs bicycles in a yard behind the station.
The forecast says that it will be cloudy until noon.
We have room for one more person in the car.
The lecture was moved to the large hall on the left.
I wrote the number down on the back of an envelope.
The team from the north office joins us at three.
"""

SENTENCES = tuple(line for line in TEXT.splitlines() if line)

_SPEEDS = ((8, 9), (9, 10), (10, 9), (9, 8), (15, 16), (16, 15))


def voice(rng: Rng) -> Voice:
    """Draw a voice at random."""
    return Voice(
        variant=str(rng.choice(VARIANTS)),
        pitch=int(rng.integers(25, 75)),
        range=int(rng.integers(25, 75)),
        rate_wpm=int(rng.integers(145, 215)),
        scale=float(rng.uniform(0.9, 1.12)),
    )


def request(rng: Rng, seconds: float) -> tuple[str, Voice]:
    """Draw sentences, in a random order, that last at least about so long, and the voice that says them.

    Args:
        rng: what to draw from.
        seconds: how long they last at least, about; shorter where all sentences are not enough.
    """
    who = voice(rng)
    wanted, said = seconds * who.rate_wpm * who.scale / 60.0, []
    for index in rng.permutation(len(SENTENCES)):
        said.append(SENTENCES[index])
        if sum(len(sentence.split()) for sentence in said) >= wanted:
            break
    return " ".join(said), who


def two_voices(rng: Rng, spoken: Sound) -> tuple[Sound, Sound]:
    """Cut what somebody said into halves and play one of them faster or slower, and so higher or lower.

    Args:
        rng: what to draw from.
        spoken: shape (t,), at 16 kHz.

    Returns:
        The first half as it is, and the second as somebody else would say it.
    """
    middle = len(spoken) // 2
    up, down = _SPEEDS[int(rng.integers(len(_SPEEDS)))]
    return spoken[:middle], np.asarray(resample_poly(spoken[middle:], up, down), dtype=np.float64)


def looped(rng: Rng, spoken: Sound, n: int) -> Sound:
    """Repeat talk so that it goes on all the time, from a random place on.

    Args:
        rng: what to draw from.
        spoken: shape (t,), at 16 kHz.
        n: samples that are wanted.

    Returns:
        Shape (n,), at a root mean square of 1.
    """
    return unit(np.roll(np.resize(spoken, max(n, len(spoken))), int(rng.integers(len(spoken))))[:n])
