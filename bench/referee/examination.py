"""What is looked at of a success beyond the rule: where its noise is loud, and whether it lives on as a file.

Nothing here is charged, nor told to the attack.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from bench.audio.writing import as_pcm
from bench.core.types import SAMPLE_RATE, Utterance
from bench.measures.catalogue import MEASURES
from bench.referee.judgement import SNR_DECIMALS, fooled, snr_db_of
from bench.referee.search import Candidate, Search
from bench.scoring.rows import Row

WINDOW_S = 0.25
"""Seconds of speech over which a burst of noise is measured."""
TOGETHER = 64
"""So many successes are looked at together, and what is left at the end: each holds the samples of its search."""
_HOPS = 4
ACTIVE_DB = 20.0
"""A window holds speech where it is at most so far below the utterance's loudest one."""


def burst_snr_db(original: Tensor, heard: Tensor) -> Tensor:
    """Measure the lowest SNR of any 250 ms of speech, in float64, without waiting for the device.

    Windows begin every 62.5 ms. One holds speech where its energy is at most 20 dB below the loudest one's.

    Args:
        original: shape (t,), t of at least 1, not silent.
        heard: shape (t,).

    Returns:
        A scalar, in dB; +inf where no window that holds speech was changed.

    >>> speech = torch.ones(16_000)
    >>> burst = speech.clone()
    >>> burst[:4000] += 0.1
    >>> round(float(burst_snr_db(speech, burst)), 2)
    20.0
    """
    signal, noise = _windows(original.double()), _windows((heard - original).double())
    active = signal >= signal.amax() * 10 ** (-ACTIVE_DB / 10)
    ratio = 10 * torch.log10(signal / noise)
    return torch.where(active & (noise > 0), ratio, torch.inf).amin()


def _windows(samples: Tensor) -> Tensor:
    """The energy of each window, shape (windows,)."""
    hop = round(WINDOW_S * SAMPLE_RATE) // _HOPS
    padded = torch.nn.functional.pad(samples, (0, -len(samples) % hop))
    blocks = padded.view(-1, hop).square().sum(dim=1)
    width = min(_HOPS, len(blocks))
    return blocks.unfold(0, width, 1).sum(dim=1)


def peak_ratio(original: Tensor, heard: Tensor) -> Tensor:
    """Compare the greatest change of a sample with the greatest sample, a scalar from 0.

    Args:
        original: shape (t,), t of at least 1, not silent.
        heard: shape (t,).
    """
    return (heard - original).abs().amax() / original.abs().amax()


@dataclass(frozen=True)
class Success:
    """A success to be looked at.

    Args:
        search: whose.
        row: its place among the utterance's rows.
        first: what was accepted, where it is the search's first success; None where it is a later one.
        loud: `burst_snr_db` and `peak_ratio`, on the device, shape (2,); None where the length was changed.
    """

    search: Search
    row: int
    first: Candidate | None
    loud: Tensor | None

    @classmethod
    def of(cls, search: Search, candidate: Candidate, row: int, first: bool) -> Success:
        """Note a success, and measure it without waiting for the device.

        Args:
            search: whose.
            candidate: what was accepted.
            row: its place among the utterance's rows.
            first: whether it is the search's first.
        """
        before, after = search.original.waveform, candidate.utterance.waveform
        same = before.shape == after.shape and search.original.has_sound
        loud = torch.stack([burst_snr_db(before, after), peak_ratio(before, after).double()]) if same else None
        return cls(search, row, candidate if first else None, loud)


def distorted(row: Row, measures: Sequence[str], candidate: Candidate) -> Row:
    """Measure how an accepted candidate differs from the original; the row with what was found.

    Args:
        row: what is written down of the candidate.
        measures: names in `bench.measures.catalogue`.
        candidate: as it was asked about.
    """
    if not measures or not row.accepted:
        return row
    before, after = candidate.original.waveform.cpu(), candidate.rendered.waveform.cpu()
    return replace(row, measures={name: MEASURES[name](before, after) for name in measures})


def examined(
    successes: Sequence[Success],
    rows: dict[str, list[Row]],
    names: Callable[[Sequence[Utterance], Sequence[float | None]], list[str]],
    min_snr_db: float,
) -> None:
    """Look at successes, and write down in their rows what was found.

    Args:
        successes: of a run.
        rows: by utterance; those of successes are replaced.
        names: asks the victim for labels, uncharged; told what was answered about each one's clean speech, in a
            dimensional task.
        min_snr_db: a candidate counts only above this SNR.
    """
    measured = [(one, one.loud) for one in successes if one.loud is not None]
    values = torch.stack([loud for _, loud in measured]).tolist() if measured else []
    for (one, _), (burst, peak) in zip(measured, values, strict=True):
        _note(rows, one, burst_snr_db=round(burst, SNR_DECIMALS), peak_ratio=round(peak, SNR_DECIMALS))
    written = [(one, _as_file(one.first)) for one in successes if one.first is not None]
    before = [one.search.value_before for one, _ in written]
    labels = names([candidate.utterance for _, candidate in written], before)
    sums = [torch.stack(one.search.energies(candidate)) for one, candidate in written]
    found = torch.stack(sums).tolist() if sums else []
    for (one, candidate), label, energies in zip(written, labels, found, strict=True):
        verdict = one.search.verdict(candidate, snr_db_of(*energies), min_snr_db)
        own = rows[one.search.original.id][one.row]
        _note(
            rows, one, survives_pcm=fooled(own.label_before, label, one.search.granted.target) and verdict.within_rules
        )


def _as_file(candidate: Candidate) -> Candidate:
    """The candidate as it is heard from a file with 16 bits, at the rate of the file that the utterance came from."""
    waveform = as_pcm(candidate.utterance.waveform, candidate.utterance.rate_hz)
    return candidate.sounding(candidate.rendered.sounding(waveform))


def _note(rows: dict[str, list[Row]], one: Success, **found: Any) -> None:
    own = rows[one.search.original.id]
    own[one.row] = replace(own[one.row], **found)
