"""Interior and domestic sounds: doors, a clock, a keyboard, a mouse, an alarm, a vacuum cleaner, a washing machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from bench.core.types import SAMPLE_RATE, Rng
from bench.data.noises.synthesis.colours import Modes, ringing
from bench.data.noises.synthesis.finishing import reverberant
from bench.data.noises.synthesis.sources import band, noise, pulses, tone, wander
from bench.data.noises.synthesis.tools import Sound, envelope, gain, place, samples, steps, unit


def _modes(rng: Rng, lowest_hz: float, highest_hz: float, count: int, decay_s: float) -> Modes:
    """Modes of a small body at random over log frequency, the higher ones decaying sooner."""
    hertz = np.sort(lowest_hz * (highest_hz / lowest_hz) ** rng.random(count))
    return [(float(f), decay_s * (lowest_hz / f) ** 0.4, float(rng.uniform(0.3, 1.0))) for f in hertz]


def _struck(rng: Rng, n: int, modes: Modes, contact_s: float) -> Sound:
    """A body struck once, for `contact_s` seconds: the shorter, the brighter."""
    strike = np.zeros(n)
    contact = min(n, samples(contact_s))
    strike[:contact] = np.hanning(contact + 2)[1:-1] * (1.0 + 0.4 * rng.standard_normal(contact))
    return unit(ringing(strike, modes))


def door_creak(rng: Rng, n: int) -> Sound:
    """Synthesise a creaking door: a hinge that sticks and slips 20 to 250 times a second, and the wood it drives.

    Args:
        rng: what to draw from.
        n: the clip's length in samples at 16 kHz.

    Returns:
        Shape (n,), float64; its level is not set.
    """
    total = np.zeros(n)
    modes = _modes(rng, 350.0, 4500.0, 9, 0.05)
    for start in steps(rng, n, rng.uniform(1.4, 2.6), 0.2, first_s=rng.uniform(0.0, 0.4)):
        length = samples(rng.uniform(0.7, 1.9))
        rate = rng.uniform(20.0, 60.0) * 2.0 ** (2.0 * wander(rng, length, 1.5))
        slips = pulses(rate, rng, 0.05) * rng.uniform(0.4, 1.0, length)
        shape = envelope(length, ((0.0, 0.0), (0.1, 1.0), (0.8, 0.8), (1.0, 0.0)))
        place(total, unit(ringing(slips, modes)) * shape * rng.uniform(0.5, 1.0), start)
    return reverberant(rng, total, rng.uniform(0.3, 0.7), rng.uniform(-16.0, -8.0))


def clock_tick(rng: Rng, n: int) -> Sound:
    """Synthesise a clock: tick and tock, two to five a second, from a small case of wood or metal.

    Args:
        rng: what to draw from.
        n: the clip's length in samples at 16 kHz.

    Returns:
        Shape (n,), float64; its level is not set.
    """
    total, every = np.zeros(n), float(rng.choice((0.2, 0.25, 0.5, 0.5)))
    voices = [_modes(rng, rng.uniform(900.0, 2200.0), 6500.0, 6, rng.uniform(0.02, 0.09)) for _ in range(2)]
    for index, start in enumerate(steps(rng, n, every, 0.004)):
        tick = _struck(rng, samples(0.12), voices[index % 2], 0.0006)
        place(total, tick * (1.0 if index % 2 else rng.uniform(0.6, 0.8)), start)
    return reverberant(rng, total, rng.uniform(0.2, 0.5), rng.uniform(-20.0, -12.0))


def keyboard(rng: Rng, n: int) -> Sound:
    """Synthesise typing in bursts, with pauses: each key a press and, softer, a release.

    Args:
        rng: what to draw from.
        n: the clip's length in samples at 16 kHz.

    Returns:
        Shape (n,), float64; its level is not set.
    """
    total, cap = np.zeros(n), rng.uniform(1200.0, 2600.0)
    case = [(hertz, decay_s, 0.15 * level) for hertz, decay_s, level in _modes(rng, 200.0, 900.0, 3, 0.04)]
    busy = wander(rng, n, 0.5)
    for start in steps(rng, n, rng.uniform(0.11, 0.2), 0.4):
        if busy[start] < 0.25:
            continue
        key = [*_modes(rng, cap, 6800.0, 5, 0.015), *case]
        press = _struck(rng, samples(0.07), key, rng.uniform(0.0004, 0.0009)) * rng.uniform(0.4, 1.0)
        place(total, press, start)
        place(total, 0.4 * _struck(rng, samples(0.05), key, 0.0004), start + samples(rng.uniform(0.06, 0.1)))
    return reverberant(rng, total, rng.uniform(0.2, 0.4), rng.uniform(-20.0, -13.0))


def vacuum_cleaner(rng: Rng, n: int) -> Sound:
    """Synthesise a vacuum cleaner: a motor's harmonics and the rush of air, drifting as the load changes.

    Args:
        rng: what to draw from.
        n: the clip's length in samples at 16 kHz.

    Returns:
        Shape (n,), float64; its level is not set.
    """
    load = 1.0 + 0.04 * wander(rng, n, 0.8, -1.0, 1.0)
    pitch, motor = rng.uniform(90.0, 260.0), np.zeros(n)
    for harmonic in range(1, 16):
        if harmonic * pitch < 7000.0:
            level = gain(rng.uniform(-10.0, 0.0) - 1.2 * harmonic)
            motor += level * tone(harmonic * pitch * load, rng.uniform(0.0, 6.28))
    top = rng.uniform(1500.0, 4000.0)
    air = noise(rng, n, ((60.0, -12.0), (400.0, 0.0), (top, -2.0), (7500.0, -14.0)))
    return air * wander(rng, n, 1.0, 0.8, 1.0) + gain(rng.uniform(-10.0, 0.0)) * unit(motor)


def washing_machine(rng: Rng, n: int) -> Sound:
    """Synthesise a washing machine: a drum that turns over, water and cloth in it, mains hum, a motor's whine.

    Args:
        rng: what to draw from.
        n: the clip's length in samples at 16 kHz.

    Returns:
        Shape (n,), float64; its level is not set.
    """
    time = np.arange(n) / SAMPLE_RATE
    turn = 0.5 + 0.5 * np.sin(2 * np.pi * rng.uniform(0.7, 1.6) * time + rng.uniform(0.0, 6.28))
    rumble = noise(rng, n, ((35.0, 0.0), (120.0, 0.0), (500.0, -16.0), (3000.0, -40.0))) * (0.5 + 0.5 * turn)
    slosh = band(rng, n, 500.0, rng.uniform(1500.0, 3000.0)) * turn**3 * wander(rng, n, 6.0, 0.3, 1.0)
    mains = float(rng.choice((50.0, 60.0)))
    hum = sum((gain(-5.0 * k) * np.sin(4 * np.pi * mains * k * time) for k in range(1, 5)), np.zeros(n))
    whine = tone(rng.uniform(350.0, 1100.0) * (1.0 + 0.03 * wander(rng, n, 1.0, -1.0, 1.0)))
    machine = rumble + gain(rng.uniform(-12.0, -3.0)) * slosh
    return machine + gain(-14.0) * unit(hum) + gain(rng.uniform(-24.0, -12.0)) * whine


def mouse_click(rng: Rng, n: int) -> Sound:
    """Synthesise a computer mouse: a button pressed and let go, once or twice, and the wheel in between.

    Args:
        rng: what to draw from.
        n: the clip's length in samples at 16 kHz.

    Returns:
        Shape (n,), float64; its level is not set.
    """
    total, body = np.zeros(n), _modes(rng, rng.uniform(1500.0, 2800.0), 7000.0, 6, 0.012)
    for start in steps(rng, n, rng.uniform(0.35, 0.9), 0.4):
        wheel = rng.random() < 0.25
        for index in range(int(rng.integers(4, 9)) if wheel else 2 * int(rng.choice((1, 2)))):
            click = _struck(rng, samples(0.04), body, 0.0004) * (0.3 if wheel else rng.uniform(0.6, 1.0))
            place(total, click, start + samples(index * (0.05 if wheel else 0.085) * rng.uniform(0.9, 1.1)))
    return reverberant(rng, total, rng.uniform(0.15, 0.4), rng.uniform(-22.0, -14.0))


def alarm(rng: Rng, n: int) -> Sound:
    """Synthesise an alarm clock: electronic beeps in groups, or a hammer on a bell.

    Args:
        rng: what to draw from.
        n: the clip's length in samples at 16 kHz.

    Returns:
        Shape (n,), float64; its level is not set.
    """
    total = np.zeros(n)
    if rng.random() < 0.5:
        hertz, length = rng.uniform(900.0, 3200.0), samples(rng.uniform(0.06, 0.12))
        beep = tone(np.full(length, hertz)) + gain(-9.0) * tone(np.full(length, 2 * hertz))
        beep *= envelope(length, ((0.0, 0.0), (0.05, 1.0), (0.95, 1.0), (1.0, 0.0)))
        group, gap = int(rng.integers(1, 5)), length + samples(rng.uniform(0.05, 0.1))
        for start in steps(rng, n, group * gap / SAMPLE_RATE + rng.uniform(0.2, 0.6), 0.0):
            for index in range(group):
                place(total, beep, start + index * gap)
    else:
        lowest = rng.uniform(700.0, 1600.0)
        bell = [(lowest * ratio, 1.2 / ratio**0.5, gain(-3.0 * ratio)) for ratio in (1.0, 2.76, 5.4)]
        hits = pulses(np.full(n, rng.uniform(9.0, 22.0)), rng, 0.04) * rng.uniform(0.5, 1.0, n)
        total = ringing(hits, bell) * (wander(rng, n, 0.4, -0.2, 1.5) > 0.2)
    return reverberant(rng, total, rng.uniform(0.2, 0.6), rng.uniform(-18.0, -10.0))


def door_knock(rng: Rng, n: int) -> Sound:
    """Synthesise knuckles on a door, two to six knocks at a time.

    Args:
        rng: what to draw from.
        n: the clip's length in samples at 16 kHz.

    Returns:
        Shape (n,), float64; its level is not set.
    """
    total = np.zeros(n)
    panel = [*_modes(rng, rng.uniform(110.0, 220.0), 900.0, 6, 0.13), *_modes(rng, 1200.0, 4000.0, 3, 0.02)]
    for start in steps(rng, n, rng.uniform(1.3, 2.2), 0.15, first_s=rng.uniform(0.1, 0.5)):
        beat = rng.uniform(0.13, 0.26)
        for index in range(int(rng.integers(2, 7))):
            knock = _struck(rng, samples(0.25), panel, rng.uniform(0.0008, 0.002)) * rng.uniform(0.6, 1.0)
            place(total, knock, start + samples(index * beat * rng.uniform(0.95, 1.05)))
    return reverberant(rng, total, rng.uniform(0.25, 0.7), rng.uniform(-16.0, -9.0))


KINDS: Mapping[str, Callable[[Rng, int], Sound]] = {
    "door-creak": door_creak,
    "clock-tick": clock_tick,
    "keyboard": keyboard,
    "vacuum-cleaner": vacuum_cleaner,
    "washing-machine": washing_machine,
    "mouse-click": mouse_click,
    "alarm": alarm,
    "door-knock": door_knock,
}
"""The sounds of the category, by name: each takes a generator and a number of samples."""
