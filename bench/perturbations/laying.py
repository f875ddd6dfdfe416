"""The overlays at a recipe's end laid over the speech: of one candidate, or of all that are asked about in a step.

Multiplied, added and clipped, each in a step of its own and in this order: a sample's bits depend on nothing beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Tensor

from bench.core.computing.lazy import lazy
from bench.core.devices import placed
from bench.core.heard import Heard
from bench.core.types import Perturbation
from bench.perturbations.overlays import Bed, factor_of, gains_of

_NOTHING = torch.zeros(())
"""Added faster than a number is, on every device."""


class Laid(NamedTuple):
    """Samples with the overlays over them.

    Args:
        waveform: shape (t,), within [-1, 1], in memory of its own.
        gain: the least gain of the overlays, a scalar on the device: 0 where one is silent, and the recipe does not
            apply; None where there is none.
    """

    waveform: Tensor
    gain: Tensor | None


@dataclass(frozen=True)
class Rendered:
    """What came of a recipe. The overlays at its end are laid when somebody listens, or together with others'.

    Args:
        base: what the parts before those overlays have made of the speech, and its words.
        speech: the samples without any overlay: what they are measured against where the length was changed.
        done: name, category and source, as they follow from the parts.
        overlaid: whether there is an overlay.
        beds: the overlays at the end.
        levels_db: of each, speech over sound.
        bounded: whether the samples of `base` are known to lie within [-1, 1].
        known: samples that are known already.
    """

    base: Heard
    speech: Tensor
    done: Perturbation
    overlaid: bool
    beds: tuple[Bed, ...] = ()
    levels_db: tuple[float, ...] = ()
    bounded: bool = False
    known: Laid | None = None

    @property
    def waveform(self) -> Tensor:
        """Return the samples, shape (t,), within [-1, 1]."""
        return self._laid.waveform

    @property
    def gain(self) -> Tensor | None:
        """Return the least gain of the overlays at the end, see `Laid`."""
        return self._laid.gain

    @lazy
    def heard(self) -> Heard:
        """Return samples and words."""
        return replace(self.base, waveform=self.waveform, perturbation=None)

    def sounding(self, waveform: Tensor) -> Rendered:
        """Return it with other samples.

        Args:
            waveform: shape (u,).
        """
        return self.as_laid(Laid(waveform, self.gain))

    def as_laid(self, known: Laid) -> Rendered:
        """Return it with what is known of its samples.

        Args:
            known: samples and gain.
        """
        fixed = (self.base, self.speech, self.done, self.overlaid, self.beds, self.levels_db, self.bounded)
        return Rendered(*fixed, known)

    @lazy
    def samples(self) -> int:
        """Count the samples, which nobody needs to lay for that."""
        heard = self.base if self.known is None else self.known
        return heard.waveform.shape[-1]

    @lazy
    def changed(self) -> slice | None:
        """Return the samples of `base` that overlays can change; None for all, or where it may reach beyond [-1, 1]."""
        windows = [bed.window for bed in self.beds if bed.window is not None]
        if not self.bounded or not windows or len(windows) < len(self.beds):
            return None
        if len(windows) == 1:
            return windows[0]
        return slice(min(one.start for one in windows), max(one.stop for one in windows))

    def lay(self, factors: Sequence[Tensor], into: Tensor) -> None:
        """Lay the overlays, and clip.

        Multiplied, added and clipped, each in a step of its own: a sample's bits depend on nothing beside it.

        Args:
            factors: of each overlay, see `levels_of`.
            into: where the samples go, shape (t,); nothing of the candidate's own.
        """
        speech = self.base.waveform
        if not self.beds:
            torch.clamp(speech, -1.0, 1.0, out=into)
            return
        first, *more = self.beds
        reached = into
        if first.window is None:
            torch.mul(first.sound, factors[0], out=into).add_(speech)
        else:
            torch.add(speech, _NOTHING, out=into)  # as of a sound that is silent elsewhere: −0 becomes 0
            reached = into[first.window]
            reached.add_(first.sound * factors[0])
        for bed, factor in zip(more, factors[1:], strict=True):
            (into if bed.window is None else into[bed.window]).add_(bed.sound * factor)
        changed = self.changed
        (reached if changed == first.window else into if changed is None else into[changed]).clamp_(-1.0, 1.0)

    @lazy
    def _laid(self) -> Laid:
        return laid([self])[0] if self.known is None else self.known


class Levels(NamedTuple):
    """How loud the overlays at a recipe's end are.

    Args:
        gain: the least of the gains that bring a sound to the speech's energy, see `Laid`.
        factors: what each sound is multiplied by, scalars on the device.
    """

    gain: Tensor | None
    factors: Sequence[Tensor]


def levels_of(rendered: Sequence[Rendered]) -> list[Levels]:
    """Compute how loud the overlays of some candidates are, in a few calls for all; the device is not waited for.

    Args:
        rendered: any number, on one device.
    """
    beds = [bed for one in rendered for bed in one.beds]
    if not beds:
        return [Levels(None, ())] * len(rendered)
    told = torch.tensor([factor_of(level) for one in rendered for level in one.levels_db])
    gains = gains_of(beds)
    each = iter(zip(gains.unbind(), (gains * placed(told, gains.device)).unbind(), strict=True))
    found = []
    for one in rendered:
        own = [next(each) for _ in one.beds]
        least = None if not own else own[0][0] if len(own) == 1 else torch.stack([gain for gain, _ in own]).amin()
        found.append(Levels(least, [factor for _, factor in own]))
    return found


def laid(rendered: Sequence[Rendered]) -> list[Laid]:
    """Lay the overlays of some candidates, without waiting for the device; each gets the bits that it gets alone.

    Args:
        rendered: any number, on one device.
    """
    found = []
    for one, levels in zip(rendered, levels_of(rendered), strict=True):
        waveform = torch.empty_like(one.base.waveform)
        one.lay(levels.factors, waveform)
        found.append(Laid(waveform, levels.gain))
    return found
