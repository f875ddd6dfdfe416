"""The overlays at a recipe's end laid over the speech: of one candidate, or of all that are asked about in a step.

Multiplied, added and clipped, each in a step of its own and in this order: a sample's bits depend on nothing beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

from bench.core.devices import placed
from bench.core.heard import Heard
from bench.core.types import Perturbation
from bench.perturbations.overlays import Bed, factor_of, gains_of


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
        known: samples that are known already.
    """

    base: Heard
    speech: Tensor
    done: Perturbation
    overlaid: bool
    beds: tuple[Bed, ...] = ()
    levels_db: tuple[float, ...] = ()
    known: Laid | None = None

    @property
    def waveform(self) -> Tensor:
        """Return the samples, shape (t,), within [-1, 1]."""
        return self._laid.waveform

    @property
    def gain(self) -> Tensor | None:
        """Return the least gain of the overlays at the end, see `Laid`."""
        return self._laid.gain

    @cached_property
    def heard(self) -> Heard:
        """Return samples and words."""
        return replace(self.base, waveform=self.waveform, perturbation=None)

    def sounding(self, waveform: Tensor) -> Rendered:
        """Return it with other samples.

        Args:
            waveform: shape (u,).
        """
        return replace(self, known=Laid(waveform, self.gain))

    @cached_property
    def _laid(self) -> Laid:
        return laid([self])[0] if self.known is None else self.known


def laid(rendered: Sequence[Rendered]) -> list[Laid]:
    """Lay the overlays of some candidates, without waiting for the device; each gets the bits that it gets alone.

    Args:
        rendered: any number, on one device.
    """
    beds = [bed for one in rendered for bed in one.beds]
    if not beds:
        return [Laid(one.base.waveform.clamp(-1.0, 1.0), None) for one in rendered]
    factors = torch.tensor([factor_of(level) for one in rendered for level in one.levels_db])
    gains = gains_of(beds)
    each = iter(zip(gains.unbind(), (gains * placed(factors, gains.device)).unbind(), strict=True))
    return [_over(one.base.waveform, one.beds, [next(each) for _ in one.beds]) for one in rendered]


def _over(speech: Tensor, beds: Sequence[Bed], levels: Sequence[tuple[Tensor, Tensor]]) -> Laid:
    """Sounds over speech, one after the other; candidate by candidate, so that a core's cache holds the samples."""
    waveform = speech
    for bed, (_, factor) in zip(beds, levels, strict=True):
        waveform = (bed.sound * factor).add_(waveform)
    gains = [gain for gain, _ in levels]
    least = None if not gains else gains[0] if len(gains) == 1 else torch.stack(gains).amin()
    return Laid(waveform.clamp_(-1.0, 1.0) if beds else waveform.clamp(-1.0, 1.0), least)
