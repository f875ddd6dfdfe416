"""An attack by one who knows the defence: candidates that survive a purifier and pass a detector."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from bench import SAMPLE_RATE, AttackTools, Rng, Traits, Utterance, inner_spec, survival, within
from bench.audio.signal import energy

_GATE_S = 0.05
_FLUTTER_HZ = 4.0


@dataclass(frozen=True)
class Adaptive:
    """Another attack, by one who has a copy of the defence, though not of the victim (after Tramèr et al. 2020).

    Queries go through the defence, as everybody's do. Before each, the attacker looks through the copy, which costs
    nothing and shows no label:

    - Where there is a purifier, the candidate's noise is pre-distorted in several ways at the same SNR: only while the
      speaker speaks, fluttering at the rate of syllables, with its treble or its bass, and with what the purifier takes
      away added once more (where it gives back sound). Of these and the candidate itself the one is asked of which the
      purifier leaves most.
    - Where there is a detector, only what it would let pass is asked; where it would refuse every form of a candidate,
      the search is told that it failed, and nothing is charged. After `looks` such candidates for each query allowed,
      the search ends.

    Against a victim with neither it is the other attack.

    Args:
        attack: the spec of the other attack; a comma between its parameters is doubled:
            `adaptive:attack=boundary:corr=true,,step_db=2`.
        looks: candidates given up unasked, for each query allowed, at least 1.

    Differences to the original: Tramèr et al. adapt gradient attacks to each defence by hand; here there are labels
    alone, and the ways of pre-distortion are ours.
    """

    attack: str = "boundary"
    looks: int = 8

    def __post_init__(self) -> None:
        within("attack 'adaptive'", "looks", self.looks, "try looks=8", at_least=1)

    @property
    def traits(self) -> Traits:
        """Declare the other attack, and that it has a copy of the defence.

        >>> Adaptive("boundary:corr=true,step_db=2").traits.made_of
        (('attacks', 'boundary:corr=true,step_db=2'),)
        """
        return Traits(adaptive=True, made_of=(("attacks", inner_spec(self.attack)),))

    def search(self, original: Utterance, tools: AttackTools, rng: Rng) -> Generator[Utterance, bool, None]:
        """Yield the other attack's candidates, in the form that fares best with the defence."""
        steps = tools.component(inner_spec(self.attack)).search(original, tools, rng)
        left = self.looks * tools.max_queries
        candidate = next(steps, None)
        view = tools.defense_view
        before = view.traces([original])[0] if candidate is not None and view is not None and view.purifies else None
        while candidate is not None and left:
            form = self._best(original, candidate, before, tools)
            fooled = False
            if form is None:
                left -= 1
            else:
                fooled = yield form
            try:
                candidate = steps.send(fooled)
            except StopIteration:
                return
        steps.close()

    def _best(
        self, original: Utterance, candidate: Utterance, before: Tensor | None, tools: AttackTools
    ) -> Utterance | None:
        """The form of a candidate that passes and of which most is left; None where none passes.

        Args:
            original: the clean utterance.
            candidate: the other attack's.
            before: what a purifier leaves of the original; None where there is none.
            tools: with the view of the defence.
        """
        view = tools.defense_view
        if view is None:
            return candidate
        forms = [candidate]
        if before is not None and candidate.waveform.shape == original.waveform.shape:
            own = view.traces(forms)[0]
            forms += predistorted(original, candidate, (before, own))
            left = [survival(before, trace) for trace in (own, *view.traces(forms[1:]))]
            forms = [forms[index] for index in sorted(range(len(forms)), key=lambda index: -left[index])]
        refused = view.refused(forms)
        return next((form for form, no in zip(forms, refused, strict=True) if not no), None)


def predistorted(original: Utterance, candidate: Utterance, traces: Sequence[Tensor]) -> list[Utterance]:
    """Make other forms of a candidate's noise, each as loud as its own.

    Args:
        original: the clean utterance, with a waveform of shape (samples,).
        candidate: of the same length.
        traces: what a purifier leaves of the two, see `bench.contracts.capabilities.Purifying`.

    Returns:
        Candidates of the same length, one for each form.
    """
    clean = original.waveform
    noise = candidate.waveform.clamp(-1.0, 1.0) - clean
    loudness = energy(noise)
    found = []
    for form in _forms(clean, noise, traces):
        scale = (loudness / energy(form).clamp(min=1e-20)).sqrt()
        found.append(replace(candidate, waveform=clean + form * scale.to(form.dtype)))
    return found


def _forms(clean: Tensor, noise: Tensor, traces: Sequence[Tensor]) -> Iterator[Tensor]:
    seconds = torch.arange(len(clean), device=clean.device) / SAMPLE_RATE
    yield noise * _smooth(clean.abs(), round(_GATE_S * SAMPLE_RATE))  # only while there is speech
    yield noise * (0.5 - 0.5 * torch.cos(2 * torch.pi * _FLUTTER_HZ * seconds))
    yield torch.diff(noise, prepend=noise[:1])
    yield _smooth(noise, 8)
    if traces[0].shape == (len(clean), 1) == traces[1].shape:
        taken = noise - (traces[1] - traces[0])[:, 0]
        yield noise + taken


def _smooth(samples: Tensor, width: int) -> Tensor:
    """The moving average over at most `width` samples, of the same length."""
    width = max(min(width, len(samples)), 1)
    padded = torch.nn.functional.pad(samples[None, None], (width // 2, width - 1 - width // 2))
    return torch.nn.functional.avg_pool1d(padded, width, stride=1)[0, 0]
