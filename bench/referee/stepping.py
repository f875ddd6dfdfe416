"""The candidates of one step: what all searches ask about at a time, rendered and measured together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from bench.perturbations.laying import laid
from bench.referee.judgement import Scratch
from bench.referee.search import Candidate, Search


def heard_now(running: Sequence[Search]) -> list[tuple[Search, Candidate]]:
    """Render what searches ask about, those that still do; the device is not waited for.

    Args:
        running: searches, on one device.
    """
    asking = [(search, search.candidate) for search in running if search.candidate is not None]
    samples = laid([candidate.rendered for _, candidate in asking])
    return [
        (search, one.sounding(replace(one.rendered, known=known)))
        for (search, one), known in zip(asking, samples, strict=True)
    ]


def measurements(asking: Sequence[tuple[Search, Candidate]], device: torch.device) -> Sequence[Tensor]:
    """Measure candidates, without waiting for the device.

    Args:
        asking: n candidates, at least one.
        device: where they are.

    Returns:
        Three tensors of shape (n,), float64: the energies of signal and noise, and the least gain of the overlays: 1
        where there is none.
    """
    scratch = Scratch.of(max(one.rendered.waveform.shape[-1] for _, one in asking), device)
    signals, noise = zip(*(search.energies(candidate, scratch) for search, candidate in asking), strict=True)
    gains = [candidate.rendered.gain for _, candidate in asking]
    without = torch.ones((), device=device)
    least = torch.stack([without if gain is None else gain for gain in gains])
    return torch.stack(signals), torch.stack(noise), least.double()
