"""What is looked at of a success beyond the rule: where its noise is loud, and whether it lives on as a file.

Nothing here is charged, nor told to the attack.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from bench.audio.writing import as_pcm
from bench.core.devices import fetched
from bench.core.types import SAMPLE_RATE, Utterance
from bench.measures.catalogue import MEASURES
from bench.referee.judgement import SNR_DECIMALS, fooled, snr_db_of
from bench.referee.search import Candidate, Search
from bench.scoring.record_files.rows import Row

WINDOW_S = 0.25
"""Seconds of speech over which a burst of noise is measured."""
TOGETHER = 64
"""So many successes are looked at together, and what is left at the end: each holds the samples of its search."""
_HOPS = 4
ACTIVE_DB = 20.0
"""A window holds speech where it is at most so far below the utterance's loudest one."""


def burst_snr_db(original: Tensor, heard: Tensor) -> float:
    """Measure the lowest SNR of any 250 ms of speech, in float64, in dB.

    Windows begin every 62.5 ms. One holds speech where its energy is at most 20 dB below the loudest one's.

    Args:
        original: shape (t,), t of at least 1, not silent.
        heard: shape (t,).

    Returns:
        +inf where no window that holds speech was changed.

    >>> speech = torch.ones(16_000)
    >>> burst = speech.clone()
    >>> burst[:4000] += 0.1
    >>> round(burst_snr_db(speech, burst), 2)
    20.0
    """
    signal, noise, _ = fetched(_loud(original, heard))
    return _burst_db(signal, noise)


def peak_ratio(original: Tensor, heard: Tensor) -> float:
    """Compare the greatest change of a sample with the greatest sample: from 0.

    Args:
        original: shape (t,), t of at least 1, not silent.
        heard: shape (t,).
    """
    *_, (ratio,) = fetched(_loud(original, heard))
    return float(ratio)


def _loud(original: Tensor, heard: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Energies of speech and of change in blocks of 62.5 ms, float64, and one's peak over the other's, shape (1,)."""
    change = heard - original
    return _blocks(original), _blocks(change), (change.abs().amax() / original.abs().amax())[None]


def _blocks(samples: Tensor) -> Tensor:
    """The energy of each block, shape (blocks,), float64."""
    hop = round(WINDOW_S * SAMPLE_RATE) // _HOPS
    whole = len(samples) - len(samples) % hop
    norms = [torch.linalg.vector_norm(samples[:whole].view(-1, hop), dim=1, dtype=torch.float64)]
    if whole < len(samples):
        norms.append(torch.linalg.vector_norm(samples[whole:], dtype=torch.float64)[None])
    return torch.cat(norms).square()


def _burst_db(signal: Sequence[float], noise: Sequence[float]) -> float:
    """The lowest SNR of a window that holds speech, from the energies of blocks."""
    loud = _windows(signal)
    least = max(loud) * 10 ** (-ACTIVE_DB / 10)
    pairs = [(own, other) for own, other in zip(loud, _windows(noise), strict=True) if own >= least and other > 0]
    return min((snr_db_of(*pair) for pair in pairs), default=math.inf)


def _windows(blocks: Sequence[float]) -> list[float]:
    """The energy of each window."""
    width = min(_HOPS, len(blocks))
    return [sum(blocks[first : first + width]) for first in range(len(blocks) - width + 1)]


@dataclass(frozen=True)
class Success:
    """A success to be looked at.

    Args:
        search: whose.
        row: its place among the utterance's rows.
        first: what was accepted, where it is the search's first success; None where it is a later one.
        loud: what `burst_snr_db` and `peak_ratio` are read from, on the device; None where the length was changed.
    """

    search: Search
    row: int
    first: Candidate | None
    loud: tuple[Tensor, Tensor, Tensor] | None

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
        loud = _loud(before, after) if same else None
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
    values = iter(fetched([part for _, loud in measured for part in loud]))
    for (one, _), signal, noise, (peak,) in zip(measured, values, values, values, strict=True):
        burst = _burst_db(signal, noise)
        _note(rows, one, burst_snr_db=round(burst, SNR_DECIMALS), peak_ratio=round(peak, SNR_DECIMALS))
    written = [(one, _as_file(one.first)) for one in successes if one.first is not None]
    answered = [one.search.value_before for one, _ in written]
    labels = names([candidate.utterance for _, candidate in written], answered)
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
