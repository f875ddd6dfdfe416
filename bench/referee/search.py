"""One running search of an attack: its candidates, checked, and its end."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from bench.audio.signal import energy
from bench.contracts.attacks import Attack, AttackTools
from bench.core.errors import BenchError, ComponentError
from bench.core.rng import keyed
from bench.core.types import Utterance
from bench.referee.judgement import Verdict, measured_snr_db, verdict_on


@dataclass(frozen=True)
class AttackRun:
    """One attack on many utterances.

    Args:
        attack: the search.
        name: its spec: part of every search's random key, and of messages.
        tools: what it may use; `tools.max_queries` is the budget k.
        seed: the cell's seed.
    """

    attack: Attack
    name: str
    tools: AttackTools
    seed: int


class Search:
    """One search, from its first candidate to its end.

    The attack gets a copy of the utterance; what is measured against is the referee's own.

    Args:
        attack_run: which attack, with what.
        original: the clean utterance, on the referee's device.
        label_before: the victim's class index for it.
        settled: whether that label holds over chance; if not, no other label says anything.

    Attributes:
        candidate: what it yields now; None once it has ended.
        queries: how many candidates have been charged.

    Raises:
        ComponentError: the attack raised, yielded what is not audio, or changed its original.
    """

    def __init__(self, attack_run: AttackRun, original: Utterance, label_before: int, settled: bool = True) -> None:
        self.original = original
        self.label_before = label_before
        self.settled = settled
        self.queries = 0
        self._attack_run = attack_run
        self._energy = energy(original.waveform)
        self._given = replace(original, waveform=original.waveform.clone())
        rng = keyed(attack_run.seed, attack_run.name, original.id)
        self._steps = attack_run.attack.search(self._given, attack_run.tools, rng)
        self.candidate = self._checked(partial(next, self._steps, None))
        if self.candidate is None:
            self._close()

    def answer(self, fooled: bool) -> None:
        """Charge the candidate, tell the search whether the victim was fooled, and take its next candidate."""
        self.queries += 1
        within_budget = self.queries < self._attack_run.tools.max_queries
        self.candidate = self._checked(partial(self._steps.send, fooled)) if within_budget else None
        if self.candidate is None:
            self._close()

    def snr_db(self, heard: Utterance) -> Tensor:
        """Measure the candidate as it is heard, see `bench.referee.judgement.measured_snr_db`."""
        return measured_snr_db(self.original, heard, self._energy)

    def verdict(self, heard: Utterance, measured: float, min_snr_db: float) -> Verdict:
        """Judge the candidate as it is heard.

        Args:
            heard: the candidate, clipped.
            measured: from `snr_db`.
            min_snr_db: it counts only above this SNR.

        Raises:
            ComponentError: it has NaN samples.
        """
        if math.isnan(measured):
            raise self.broken("NaN samples", "numbers")
        return verdict_on(self.original, heard, measured, self._attack_run.tools.perception, min_snr_db)

    def broken(self, found: str, expected: str) -> ComponentError:
        """Make the error to raise when the attack breaks its contract.

        Args:
            found: what it did.
            expected: what it should have done.
        """
        where = f"attack {self._attack_run.name!r} on utterance {self.original.id!r}"
        return ComponentError(where, found, expected, "correct its search method")

    def _checked(self, step: Callable[[], Any]) -> Utterance | None:
        """The next candidate, or None where the search has ended."""
        try:
            candidate = step()
        except StopIteration:
            return None
        except BenchError:
            raise
        except Exception as error:
            raise self.broken(f"{type(error).__name__}: {error}", "a candidate or a return") from error
        if candidate is None:
            return None
        if not isinstance(candidate, Utterance):
            raise self.broken(f"a {type(candidate).__name__}", "an Utterance")
        waveform = candidate.waveform
        if not isinstance(waveform, Tensor):
            raise self.broken(f"a waveform that is a {type(waveform).__name__}", "a tensor")
        silent = not len(waveform) and self.original.has_sound
        if waveform.dtype != torch.float32 or waveform.ndim != 1 or silent:
            found = f"a waveform that is {waveform.dtype} of shape {tuple(waveform.shape)}"
            raise self.broken(found, "float32 of shape (t,), t of at least 1")
        return candidate

    def _close(self) -> None:
        try:
            self._steps.close()
        except RuntimeError as error:
            raise self.broken(str(error), "a search that ends when it is closed") from error
        if not torch.equal(self._given.waveform, self.original.waveform):
            raise self.broken("the original changed in place", "a new waveform for every candidate")
