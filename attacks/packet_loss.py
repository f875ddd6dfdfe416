"""A call over a network that loses packets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bench import SAMPLE_RATE, EffectTools, Heard, Perturbation, Rng, Traits, chosen, within
from bench.perturbations.once import sound_effect


@dataclass(frozen=True)
class PacketLoss:
    """Packets of sound are lost on the way, alone or in bursts, and concealed; asks once.

    Where none is lost, or only silence, the effect did not apply, and nothing is asked: with short utterances and a low
    rate that is common.

    Args:
        loss_percent: the share of packets that are lost in the long run, from 0.01 to 90.
        burst_packets: the mean number lost in a row, from 1 to 100, by Gilbert's model of two states (Gilbert 1960, The
            Bell System Technical Journal 39). Not every pair is possible: with one packet at a time at most half are
            lost. None loses each packet by itself, whatever was lost before.
        packet_ms: length of a packet in milliseconds, from 1 to 200; calls have 20.
        concealment: "silence", or "repeat" the last packet that arrived (ITU-T G.711 Appendix I does so, smoothly).
    """

    loss_percent: float = 10.0
    burst_packets: float | None = None
    packet_ms: float = 20.0
    concealment: Literal["silence", "repeat"] = "silence"
    traits: ClassVar[Traits] = Traits(asks_once=True)

    def __post_init__(self) -> None:
        where = "attack 'packet_loss'"
        within(where, "loss_percent", self.loss_percent, "try loss_percent=10", at_least=0.01, at_most=90)
        within(where, "packet_ms", self.packet_ms, "calls have 20", at_least=1, at_most=200)
        chosen(where, "concealment", [self.concealment], ("silence", "repeat"))
        if self.burst_packets is not None:
            lowest = max(1.0, self.loss_percent / (100 - self.loss_percent))
            remedy = "so many losses need longer bursts" if lowest > 1 else "try burst_packets=3"
            within(where, "burst_packets", self.burst_packets, remedy, at_least=lowest, at_most=100)

    def apply(self, original: Heard, tools: EffectTools, rng: Rng) -> Heard | None:
        """Return what arrived."""
        size = round(self.packet_ms * SAMPLE_RATE / 1000)
        lost = self._lost(-(-original.waveform.shape[-1] // size), rng)
        bursts = "" if self.burst_packets is None else f" in bursts of {self.burst_packets:g}"
        source = f"{self.loss_percent:g}%{bursts}, {self.concealment}"
        done = Perturbation("packet_loss", "signal", source)
        return sound_effect(original, lambda sound: self._concealed(sound, size, lost), done)

    def _lost(self, packets: int, rng: Rng) -> NDArray[np.bool_]:
        """Which packets are lost, shape (packets,): runs of packets that arrive and that do not, in turn."""
        share = self.loss_percent / 100
        if self.burst_packets is None:
            return rng.random(packets) < share
        recovers = 1 / self.burst_packets
        fails = recovers * share / (1 - share)
        starts_lost = bool(rng.random() < share)
        runs = np.stack([rng.geometric(fails, packets), rng.geometric(recovers, packets)], axis=1)
        ends = np.cumsum(runs[:, ::-1] if starts_lost else runs)
        number = np.searchsorted(ends, np.arange(packets), side="right")
        lost: NDArray[np.bool_] = (number + starts_lost) % 2 == 1
        return lost

    def _concealed(self, sound: Tensor, size: int, lost: NDArray[np.bool_]) -> Tensor:
        """Every packet replaced by one that arrived: its own, an earlier one, or silence, which stands last."""
        samples, packets = sound.shape[-1], len(lost)
        padded = torch.nn.functional.pad(sound, (0, (packets + 1) * size - samples)).view(packets + 1, size)
        taken = np.where(lost, -1, np.arange(packets))
        if self.concealment == "repeat":
            taken = np.maximum.accumulate(taken)
        index = torch.from_numpy(taken % (packets + 1)).to(sound.device)
        return padded[index].view(-1)[:samples]
