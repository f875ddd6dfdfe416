"""Pools of noises that attacks choose from: the same recipes for every utterance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from bench.contracts.recipes import Effect, Overlay, Part, Recipe
from bench.contracts.threat_models import Counted
from bench.core.noises import NoiseSet
from bench.core.rng import keyed
from bench.core.specs import Spec
from bench.core.types import NoiseClip, Rng
from bench.perturbations.catalogue import P1_EFFECTS
from bench.perturbations.curves import TOGETHER_DB, as_curve, curve_at, drawn_curves, weakened

LADDER = (0.1, 2.5, 5.0, 10.0, 15.0, 25.0)
"""Levels above the threshold, in dB: 10.1, 12.5, 15, 20, 25 and 35 dB where that is 10."""

_SHAPED = "shaped_noise"
_LEVELLED = (_SHAPED, "equaliser", "spectral_threshold")
"""Effects that keep an SNR, their parameter `snr_db`."""
MADE_OF = (_SHAPED, "spectral_threshold")
"""Those that a pool of more than sounds has."""
SHAPED = tuple(
    Spec(_SHAPED, (("shape", shape), ("below_hz", f"{hertz:.1f}")))
    for shape, hertz in (
        *(("valleys", 8000), ("white", 500), ("white", 8000), ("pink", 8000), ("tone", 300), ("speech", 8000)),
        *(("valleys", 2000), ("white", 300), ("white", 4000), ("envelope", 8000), ("tone", 1200), ("white", 1000)),
        *(("valleys", 4000), ("white", 2000), ("envelope", 2000), ("tone", 150), ("tone", 2400), ("tone", 600)),
    )
)
"""Shapes of noise, those that differ most first, as specs without a level."""
_THRESHOLDS = (1024, 256, 4096, 0)
_BANDS = 12
QUIET = (
    *(
        "gain:gain_db=2.0",
        "gain:gain_db=-3.0",
        "low_pass:cutoff_hz=2000.0,order=1",
        "low_pass:cutoff_hz=1000.0,order=1",
    ),
    *("low_pass:cutoff_hz=500.0,order=1", "telephone", "mu_law", "packet_loss"),
)
"""Other effects that keep the length, and lie above 10 dB for some speech."""


@dataclass(frozen=True)
class Pool:
    """Noises in a fixed order: shapes, filters and effects first where they are allowed, then sounds of a bank.

    Of sounds each comes once from its start, over the whole utterance, as P1's "Co" does; after that sounds drawn from
    the bank, from anywhere in them.

    Args:
        noises: the bank.
        allowed: "imperceptible" for sounds alone, "additive" for what keeps the length, "all".
        size: how many.
    """

    noises: NoiseSet
    allowed: Counted
    size: int

    def recipes(self, snr_db: float) -> Iterator[Recipe]:
        """Give them at a level.

        Args:
            snr_db: speech over noise, in dB; effects without a level are as they are.
        """
        for place in range(self.size):
            yield self.recipe(place, snr_db)

    def recipe(self, place: int, snr_db: float) -> Recipe:
        """Give one at a level.

        Args:
            place: from 0.
            snr_db: speech over noise, in dB.
        """
        made = effects_of(self.allowed)
        shapes = _levelled() if self.allowed != "imperceptible" else ()
        if place < len(shapes):
            return at_level(shapes[place], snr_db)
        if place < len(shapes) + len(made):
            return Recipe(Effect(made[place - len(shapes)], place))
        own = place - len(shapes) - len(made)
        clips = self.noises.under_speech
        return Recipe(Overlay(clips[own], snr_db)) if own < len(clips) else anywhere(clips, keyed("pool", own), snr_db)

    def fresh(self, rng: Rng, snr_db: float) -> Recipe:
        """Draw one that it need not have: a sound from anywhere in it, or noise of a drawn spectrum over a threshold.

        Args:
            rng: what to draw with.
            snr_db: speech over all that is added, in dB.
        """
        if self.allowed != "imperceptible":
            return curve_at(as_curve(rng.standard_normal(_BANDS)), snr_db, "noise-over-threshold")
        return anywhere(self.noises.under_speech, rng, snr_db)


def anywhere(clips: Sequence[NoiseClip], rng: Rng, snr_db: float) -> Recipe:
    """Draw a sound of a bank, from anywhere in it.

    Args:
        clips: to draw from.
        rng: what to draw with.
        snr_db: speech over noise, in dB.
    """
    clip = clips[int(rng.integers(len(clips)))]
    return Recipe(Overlay(clip, snr_db, offset=int(rng.integers(clip.waveform.shape[-1]))))


@cache
def _levelled() -> tuple[Recipe, ...]:
    """Shapes of noise; what a threshold leaves of the speech, alone, under shapes and under noises of drawn spectra."""
    noises = tuple(Recipe(Effect(str(shape), place)) for place, shape in enumerate(SHAPED))
    alone = tuple(Recipe(Effect(f"spectral_threshold:window={window}")) for window in _THRESHOLDS)
    over = tuple(weakened(10.1).then(noise) for noise in noises[:6])
    drawn = tuple(curve_at(gains, 10.1, "noise-over-threshold") for gains in drawn_curves(12, _BANDS))
    return (*noises, *alone, *over, *drawn)


def effects_of(allowed: Counted) -> tuple[str, ...]:
    """List the specs of the effects without a level that a pool has.

    Args:
        allowed: as in `Pool`.
    """
    return {"imperceptible": (), "additive": QUIET, "all": (*QUIET, *P1_EFFECTS)}[allowed]


def level_of(recipe: Recipe) -> float | None:
    """Return the level of a pool's recipe, in dB, that of all its parts together; None where it has none."""
    levels = [_level(part) for part in recipe.parts]
    if None in levels:
        return None
    least = min(level for level in levels if level is not None)
    return least if len(levels) == 1 else round(least - TOGETHER_DB, 3)


def at_level(recipe: Recipe, snr_db: float) -> Recipe:
    """Return a pool's recipe at another level; itself where it has none.

    Args:
        recipe: the pool's.
        snr_db: of all parts together, in dB.

    >>> str(at_level(Recipe(Effect("shaped_noise:shape=pink", 3)), 15.0))
    '[{"effect":"shaped_noise:shape=pink,snr_db=15.0","key":3}]'
    """
    if level_of(recipe) is None:
        return recipe
    each = snr_db if len(recipe.parts) == 1 else round(snr_db + TOGETHER_DB, 3)
    return Recipe(*(_at(part, each) for part in recipe.parts))


def _level(part: Part) -> float | None:
    if isinstance(part, Overlay):
        return part.snr_db
    if not isinstance(part, Effect) or part.spec.partition(":")[0] not in _LEVELLED:
        return None
    return float(dict(Spec.parse(part.spec).params).get("snr_db", "10.1"))


def _at(part: Part, snr_db: float) -> Part:
    if not isinstance(part, Effect):
        return replace(part, snr_db=snr_db) if isinstance(part, Overlay) else part
    spec = Spec.parse(part.spec)
    params = [one for one in spec.params if one[0] != "snr_db"]
    return replace(part, spec=str(Spec(spec.name, (*params, ("snr_db", str(snr_db))))))
