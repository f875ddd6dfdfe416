"""The candidates of one step: what all searches ask about at a time, rendered into what the victim is given, and
measured there.

Nobody keeps the samples: who wants to hear a candidate later has it rendered again, and what a victim does to what it
was given changes nothing of ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from bench.perturbations.laying import Laid, Levels, laid, levels_of
from bench.referee.judgement import Scratch
from bench.referee.prediction import Told
from bench.referee.search import Candidate, Search


@dataclass(frozen=True)
class Step:
    """Candidates that are asked about at a time.

    Args:
        asking: each with its search; those of recipes that begin with an effect have samples of their own, since what
            they were made from was in other hands.
        levels: of each, how loud its overlays are.
        scratch: to measure in.
    """

    asking: Sequence[tuple[Search, Candidate]]
    levels: Sequence[Levels]
    scratch: Scratch
    _energies: list[tuple[Tensor, Tensor] | None] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_energies", [None] * len(self.asking))

    @torch.inference_mode()  # nothing of this is differentiated: each call of torch has less to note down
    def fill(self, places: Sequence[int], padded: Tensor) -> None:
        """Render some candidates side by side, zeros after each one's end, and measure them; nobody waits for that.

        Args:
            places: in `asking`, one for each row.
            padded: shape (b, t), whatever it holds.
        """
        longest = padded.shape[1]
        for place, row in zip(places, padded.unbind(), strict=True):
            search, candidate = self.asking[place]
            rendered = candidate.rendered
            samples = rendered.samples
            own = row if samples == longest else row[:samples]
            if rendered.known is None:
                rendered.lay(self.levels[place].factors, own)
            else:
                own.copy_(rendered.known.waveform)
            if own is not row:
                row[samples:].zero_()
            self._energies[place] = search.energies(candidate, self.scratch, own)

    def fetched(self, told: Told) -> list[tuple[list[float], float, float, float]]:
        """Wait for what was said of the candidates, and for what was measured of each: the step's one transfer.

        Args:
            told: what the victim said, in the order of `asking`.

        Returns:
            Of each candidate the answer, the energies of signal and noise, and the least gain of the overlays: 1 where
            there is none.
        """
        signals, noise = zip(*filter(None, self._energies), strict=True)
        without = torch.ones((), device=signals[0].device)
        least = torch.stack([without if one.gain is None else one.gain for one in self.levels])
        answers, measured = told.fetched([torch.stack(signals), torch.stack(noise), least])
        return list(zip(answers, *measured, strict=True))


def step_of(running: Sequence[Search], device: torch.device) -> Step | None:
    """Take what searches ask about, those that still do; None where nobody does.

    Args:
        running: searches.
        device: where they are.
    """
    asking = [(search, _own(search, search.candidate)) for search in running if search.candidate is not None]
    if not asking:
        return None
    longest = max(candidate.rendered.samples for _, candidate in asking)
    return Step(asking, levels_of([candidate.rendered for _, candidate in asking]), Scratch.of(longest, device))


def _own(search: Search, candidate: Candidate) -> Candidate:
    """The candidate; with samples that nobody else has, where what it is laid over was in other hands."""
    rendered = candidate.rendered
    if rendered.base.waveform is search.original.waveform:
        return candidate
    (own,) = laid([rendered])
    return candidate.sounding(rendered.as_laid(Laid(*own)))
