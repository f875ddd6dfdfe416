"""The referee: runs many searches in lockstep, counts their queries, measures, judges, and writes everything down.

An attack is a generator that yields candidates. The referee takes one candidate from each of up to `batch_size`
searches, asks the victim once about all of them, notes a row for each, and sends each search its answer; when a search
ends, the next utterance takes its place, so that batches stay full to the end. Nobody else measures an SNR, counts a
query or decides what a success is.

Charging: every candidate is charged, repeats too; the one clean query of each utterance is not.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from bench.batch import Batch, batches
from bench.errors import ComponentError
from bench.progress import no_steps
from bench.protocols import Attack, Victim
from bench.records import Row
from bench.rng import keyed
from bench.signal import snr_db
from bench.tools import AttackTools
from bench.types import Task, Utterance

SNR_DECIMALS = 6
"""Decimals of a recorded SNR: far beyond hearing, and short of where the order of a summation would show."""


@dataclass
class _Search:
    """One running search: the referee's own original, and what it has been asked so far."""

    original: Utterance
    label_before: int
    steps: Generator[Utterance, bool, None]
    given: Utterance
    candidate: Utterance
    queries: int = 0


@dataclass(frozen=True)
class Referee:
    """Judges one attack on one fitted victim.

    Args:
        victim: fitted, and enrolled with the speakers that are attacked.
        task: names the victim's output columns.
        device: where waveforms go.
        batch_size: how many searches run side by side.
        min_snr_db: a candidate counts only above this SNR, over the original's own samples, after clipping to [-1, 1].
    """

    victim: Victim
    task: Task
    device: torch.device
    batch_size: int = 64
    min_snr_db: float = 10.0

    def labels(self, utterances: Sequence[Utterance]) -> list[int]:
        """The victim's class index for each utterance as it stands; nothing is charged."""
        found = [0] * len(utterances)
        for group in batches(utterances, self.batch_size):
            batch = Batch.of([utterances[index] for index in group], self.device)
            for index, label in zip(group, self._ask(batch).argmax(dim=1).tolist(), strict=True):
                found[index] = label
        return found

    def names(self, labels: Sequence[int]) -> list[str]:
        """Class names of class indices."""
        return [self.task.classes[label] for label in labels]

    def run(
        self,
        attack: Attack,
        name: str,
        utterances: Sequence[Utterance],
        tools: AttackTools,
        seed: int,
        advance: Callable[[int], None] = no_steps,
    ) -> list[Row]:
        """Attack every utterance.

        Args:
            attack: the search.
            name: its spec: part of every search's random key, and of messages.
            utterances: clean, labelled in the task.
            tools: what the attack may use; `tools.max_queries` is the budget k.
            seed: the cell's seed.
            advance: told of every finished search.

        Returns:
            For each utterance, in the given order, its clean row (query 0) and a row for every query.

        Raises:
            ComponentError: the attack raised, changed its original, or yielded what is not audio; or the victim gave
                what are not log-probabilities.
        """
        with torch.no_grad():
            before = self.labels(utterances)
            rows: dict[str, list[Row]] = {}
            for utterance, label in zip(utterances, before, strict=True):
                rows[utterance.id] = [self._clean_row(utterance, label)]
            pending = self._searches(attack, name, utterances, before, tools, seed, advance)
            running: list[_Search] = []
            while running := [*running, *itertools.islice(pending, self.batch_size - len(running))]:
                fooled = self._judge(name, running, tools, rows)
                running = self._answer(name, running, fooled, tools, advance)
        return [row for utterance in utterances for row in rows[utterance.id]]

    def _searches(
        self,
        attack: Attack,
        name: str,
        utterances: Sequence[Utterance],
        before: Sequence[int],
        tools: AttackTools,
        seed: int,
        advance: Callable[[int], None],
    ) -> Iterator[_Search]:
        """Searches that have yielded their first candidate, similar lengths next to each other."""
        for index in sorted(range(len(utterances)), key=lambda i: (utterances[i].waveform.shape[-1], i)):
            original = replace(utterances[index], waveform=utterances[index].waveform.to(self.device))
            given = replace(original, waveform=original.waveform.clone())
            steps = attack.search(given, tools, keyed(seed, name, original.id))
            candidate = self._next(name, given, partial(next, steps, None))
            if candidate is None:
                self._close(name, original, given)
                advance(1)
            else:
                yield _Search(original, before[index], steps, given, candidate)

    def _judge(
        self, name: str, running: Sequence[_Search], tools: AttackTools, rows: dict[str, list[Row]]
    ) -> list[bool]:
        """Ask the victim about one candidate of each search, and write the rows."""
        candidates = Batch.of([search.candidate for search in running])
        clipped = candidates.waveforms.clamp_(-1.0, 1.0)
        same = [s.candidate.waveform.shape == s.original.waveform.shape for s in running]
        snrs = self._measure(running, clipped, same)
        finite = clipped.isfinite().all(dim=1)
        labels = self._ask(replace(candidates, lengths=candidates.lengths.to(self.device))).argmax(dim=1)
        told = torch.stack([labels.double(), snrs, finite.double()]).tolist()  # the step's one transfer from the device
        fooled = []
        for search, label, snr, is_finite, same_length in zip(running, *told, same, strict=True):
            if not is_finite:
                raise _broken(name, search.original, "NaN or infinite samples", "finite samples")
            search.queries += 1
            row = self._row(search, int(label), round(snr, SNR_DECIMALS) if same_length else None, tools)
            rows[search.original.id].append(row)
            fooled.append(int(label) != search.label_before)
        return fooled

    def _measure(self, running: Sequence[_Search], clipped: Tensor, same: Sequence[bool]) -> Tensor:
        """SNR of each candidate, float64; meaningless where the length was changed."""
        originals = [
            search.original.waveform if kept else search.original.waveform[:0]
            for search, kept in zip(running, same, strict=True)
        ]
        padded = torch.nn.utils.rnn.pad_sequence(originals, batch_first=True)
        missing = clipped.shape[1] - padded.shape[1]
        return snr_db(torch.nn.functional.pad(padded, (0, missing)) if missing else padded, clipped)

    def _row(self, search: _Search, label: int, snr: float | None, tools: AttackTools) -> Row:
        perturbation = search.candidate.perturbation
        loud_enough = tools.perception.covers(perturbation) if snr is None else snr > self.min_snr_db
        return Row(
            utterance=search.original.id,
            speaker=search.original.speaker,
            query=search.queries,
            label_true=self._truth(search.original),
            label_before=self.task.classes[search.label_before],
            label_after=self.task.classes[label],
            snr_db=snr,
            perturbation=perturbation.name if perturbation else None,
            category=perturbation.category if perturbation else None,
            source=perturbation.source if perturbation else None,
            imperceptible=tools.perception.is_imperceptible(perturbation),
            accepted=label != search.label_before and loud_enough,
        )

    def _clean_row(self, utterance: Utterance, label: int) -> Row:
        name = self.task.classes[label]
        return Row(utterance.id, utterance.speaker, 0, self._truth(utterance), name, name)

    def _truth(self, utterance: Utterance) -> str:
        label = self.task.label_of(utterance)
        assert label is not None, "only labelled utterances reach the referee"
        return label

    def _answer(
        self,
        name: str,
        running: Sequence[_Search],
        fooled: Sequence[bool],
        tools: AttackTools,
        advance: Callable[[int], None],
    ) -> list[_Search]:
        """Send each search its answer; those that go on, each with its next candidate."""
        going_on = []
        for search, answer in zip(running, fooled, strict=True):
            candidate = None
            if search.queries < tools.max_queries:
                candidate = self._next(name, search.given, partial(search.steps.send, answer))
            if candidate is None:
                self._close(name, search.original, search.given, search.steps)
                advance(1)
            else:
                search.candidate = candidate
                going_on.append(search)
        return going_on

    def _next(self, name: str, original: Utterance, step: Callable[[], Any]) -> Utterance | None:
        """The next candidate of a search, or None where it has ended."""
        try:
            candidate = step()
        except StopIteration:
            return None
        except ComponentError:
            raise
        except Exception as error:
            raise _broken(name, original, f"{type(error).__name__}: {error}", "a candidate or a return") from error
        if candidate is None:
            return None
        if not isinstance(candidate, Utterance):
            raise _broken(name, original, f"a {type(candidate).__name__}", "an Utterance")
        waveform = candidate.waveform
        if (
            not isinstance(waveform, Tensor)
            or waveform.dtype != torch.float32
            or waveform.ndim != 1
            or not len(waveform)
        ):
            found = (
                f"{waveform.dtype} of shape {tuple(waveform.shape)}" if isinstance(waveform, Tensor) else "no tensor"
            )
            raise _broken(name, original, f"a waveform that is {found}", "float32 of shape (t,), t of at least 1")
        return candidate

    def _close(
        self, name: str, original: Utterance, given: Utterance, steps: Generator[Utterance, bool, None] | None = None
    ) -> None:
        if steps is not None:
            try:
                steps.close()
            except RuntimeError as error:
                raise _broken(name, original, str(error), "a search that ends when it is closed") from error
        if not torch.equal(given.waveform, original.waveform):
            raise _broken(name, original, "the original changed in place", "a new waveform for every candidate")

    def _ask(self, batch: Batch) -> Tensor:
        log_probs = self.victim.log_probs(batch)
        expected = (len(batch), len(self.task.classes))
        if tuple(log_probs.shape) != expected:
            raise ComponentError(
                "victim", f"log-probabilities of shape {tuple(log_probs.shape)}", f"shape {expected}", "mend log_probs"
            )
        return log_probs


def _broken(name: str, utterance: Utterance, found: str, expected: str) -> ComponentError:
    return ComponentError(f"attack {name!r} on utterance {utterance.id!r}", found, expected, "mend its search method")
