"""The referee: runs many searches in lockstep, counts their queries, measures, judges, and writes everything down.

An attack is a generator that yields recipes. The referee takes one from each of up to `batch_size` searches, renders
them, asks the victim once about all of them, notes a row for each, and sends each search its answer; when a search
ends, the next utterance takes its place, so that batches stay full to the end. Nobody else makes a candidate's samples,
measures an SNR, counts a query or decides what a success is.

Charging: every candidate is charged, repeats too; the one clean query of each utterance is not, nor is a recipe that
does not apply, about which nobody is asked.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from bench.contracts.attacks import Answer
from bench.contracts.protocols import Victim
from bench.contracts.traits import traits_of
from bench.core.batch import Batch, batches
from bench.core.halving import Halving
from bench.core.progress import no_steps
from bench.core.threads import in_threads
from bench.core.types import REFUSED, Task, Utterance
from bench.measures.catalogue import MEASURES
from bench.referee.examination import Success, examined
from bench.referee.judgement import Verdict, fooled
from bench.referee.prediction import Predictor, label_of
from bench.referee.search import AttackRun, Candidate, Search
from bench.scoring.rows import Row

_ALL = 1 << 30


@dataclass(frozen=True)
class Referee:
    """Judges attacks on one fitted victim.

    Args:
        victim: fitted, and enrolled with the speakers that are attacked.
        task: names the victim's output columns.
        device: where waveforms go.
        batch_size: how many searches run side by side.
        min_snr_db: a candidate counts only above this SNR, over the original's own samples, after clipping to [-1, 1].
        halving: how many utterances the victim is asked about at a time: fewer once a batch did not fit into memory.
        sample_key: names this look at a randomised victim, which draws anew for another name and for every query.
        measures: names in `bench.measures.catalogue`, of what is measured on accepted candidates; they judge nothing.
        examines: whether successes are looked at further, see `bench.referee.examination`.
    """

    victim: Victim
    task: Task
    device: torch.device
    batch_size: int = 64
    min_snr_db: float = 10.0
    measures: tuple[str, ...] = ()
    sample_key: str = ""
    examines: bool = False
    halving: Halving = field(default_factory=lambda: Halving(_ALL, "victim"), compare=False)
    _known: dict[int, tuple[Utterance, int]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def labels(self, utterances: Sequence[Utterance]) -> list[int]:
        """Ask for the victim's class index of each utterance as it stands; nothing is charged.

        Where the victim refuses, the index is the number of classes.
        """
        found = [0] * len(utterances)

        @torch.no_grad()
        def work(share: Sequence[list[int]], _: threading.Event) -> None:
            for group in share:
                asked = [utterances[index] for index in group]
                batch = Batch.of(asked, self.device, [self._sample_key(0)] * len(asked))
                for index, label in zip(group, map(label_of, self._predictor.labels(batch).tolist()), strict=True):
                    found[index] = label

        in_threads(work, batches(utterances, self.batch_size), self._threads())
        return found

    def _before(self, utterances: Sequence[Utterance]) -> list[int]:
        """`labels` of clean utterances: the same are asked about once, however many attacks they stand against."""
        new = [utterance for utterance in utterances if id(utterance) not in self._known]
        for utterance, label in zip(new, self.labels(new), strict=True):
            self._known[id(utterance)] = utterance, label  # held, so that no other one takes its id
        return [self._known[id(utterance)][1] for utterance in utterances]

    def names(self, labels: Sequence[int]) -> list[str]:
        """Return the class names of class indices; of the number of classes, the name of a refusal."""
        return [self._name(label) for label in labels]

    @property
    def _predictor(self) -> Predictor:
        return Predictor(self.victim, len(self.task.classes), self.halving)

    def _name(self, label: int) -> str:
        return REFUSED if label == len(self.task.classes) else self.task.classes[label]

    def _sample_key(self, query: int) -> str:
        return f"{self.sample_key}/{query}"

    def run(
        self,
        attack_run: AttackRun,
        utterances: Sequence[Utterance],
        advance: Callable[[int], None] = no_steps,
        keep: Callable[[Candidate, Row], None] | None = None,
    ) -> list[Row]:
        """Attack every utterance: searches in lockstep, each candidate charged, measured, judged and written down.

        Args:
            attack_run: the attack, and what it may use.
            utterances: clean, labelled in the task.
            advance: told of every finished search.
            keep: told every candidate with its row, an utterance's in their order.

        Returns:
            For each utterance, in the given order, its clean row (query 0) and a row for every query.

        Raises:
            ComponentError: the attack raised, or yielded what is no recipe; or the victim gave what are not
                log-probabilities.
        """
        before = self._before(utterances)
        rows = {
            utterance.id: [self._clean_row(utterance, label)]
            for utterance, label in zip(utterances, before, strict=True)
        }
        order = sorted(range(len(utterances)), key=lambda index: (utterances[index].waveform.shape[-1], index))

        successes: list[Success] = []

        def note(search: Search, candidate: Candidate, row: Row) -> None:
            own = rows[row.utterance]
            own.append(row)
            if keep:
                keep(candidate, row)
            if self.examines and row.accepted:
                first = not any(before.accepted for before in own[:-1])
                successes.append(Success.of(search, candidate, len(own) - 1, first))

        attack_run.prepare()

        @torch.no_grad()
        def work(share: Sequence[int], stopped: threading.Event) -> None:
            searches = (Search(attack_run, self._placed(utterances[index]), before[index]) for index in share)
            self._lockstep(searches, note, advance, stopped)

        in_threads(work, order, self._threads())
        with torch.no_grad():
            examined(successes, rows, lambda some: self.names(self.labels(some)), self.min_snr_db)
        return [row for utterance in utterances for row in rows[utterance.id]]

    def _lockstep(
        self,
        searches: Iterator[Search],
        note: Callable[[Search, Candidate, Row], None],
        advance: Callable[[int], None],
        stopped: threading.Event,
    ) -> None:
        """Step searches side by side until all have ended: one batched victim call a step."""
        running: list[Search] = []
        while not stopped.is_set():
            going_on = [search for search in running if search.candidate is not None]
            advance(len(running) - len(going_on))
            running = [*going_on, *itertools.islice(searches, self.batch_size - len(going_on))]
            if not running:
                return
            self._step(running, note)

    def _step(self, running: Sequence[Search], note: Callable[[Search, Candidate, Row], None]) -> None:
        """Ask the victim about one candidate of each search, and tell the searches."""
        asking = [(search, search.candidate) for search in running if search.candidate is not None]
        if not asking:
            return
        for (search, candidate), (label, snr_db, gain) in zip(asking, self._asked(asking), strict=True):
            if gain == 0:  # an overlay that is silent here: there is no candidate
                search.answer(Answer(fooled=False, applied=False))
                continue
            verdict = search.verdict(candidate, snr_db, self.min_snr_db)
            row = self._row(search, candidate, label_of(label), verdict)
            note(search, candidate, self._measured(row, search.original.waveform, candidate.utterance.waveform))
            changed = fooled(row.label_before, row.label_after)
            search.answer(Answer(changed, counts=verdict.within_rules, snr_db=verdict.snr_db))

    def _asked(self, asking: Sequence[tuple[Search, Candidate]]) -> list[tuple[float, float, float]]:
        """Of each candidate the victim's answer, the SNR in dB, and the least gain of its overlays."""
        keys = [self._sample_key(search.queries + 1) for search, _ in asking]
        labels = self._predictor.labels(Batch.of([one.utterance for _, one in asking], self.device, keys))
        snrs = torch.stack([search.snr_db(candidate) for search, candidate in asking])
        some = torch.ones((), device=self.device)
        gains = torch.stack([some if one.rendered.gain is None else one.rendered.gain for _, one in asking])
        told = torch.stack([labels, snrs, gains.double()], dim=1)
        found: list[tuple[float, float, float]] = told.tolist()  # the step's one transfer from the device
        return found

    def _measured(self, row: Row, original: Tensor, candidate: Tensor) -> Row:
        """The row, with what is measured on an accepted candidate."""
        if not self.measures or not row.accepted:
            return row
        return replace(row, measures={name: MEASURES[name](original.cpu(), candidate.cpu()) for name in self.measures})

    def _row(self, search: Search, candidate: Candidate, label: int, verdict: Verdict) -> Row:
        before, after = self._name(search.label_before), self._name(label)
        done = candidate.rendered.done
        return Row(
            utterance=search.original.id,
            speaker=search.original.speaker,
            query=search.queries + 1,
            label_true=self._truth(search.original),
            label_before=before,
            label_after=after,
            snr_db=verdict.snr_db,
            perturbation=done.name,
            category=done.category,
            source=done.source,
            imperceptible=verdict.imperceptible,
            accepted=fooled(before, after) and verdict.within_rules,
            recipe=str(candidate.recipe),
            additive=verdict.additive,
        )

    def _clean_row(self, utterance: Utterance, label: int) -> Row:
        name = self._name(label)
        return Row(utterance.id, utterance.speaker, 0, self._truth(utterance), name, name)

    def _truth(self, utterance: Utterance) -> str:
        label = self.task.label_of(utterance)
        assert label is not None, "only labelled utterances reach the referee"
        return label

    def _placed(self, utterance: Utterance) -> Utterance:
        """The utterance on the device, with samples that nobody else has."""
        return replace(utterance, waveform=utterance.waveform.to(self.device, copy=True))

    def _threads(self) -> int:
        """A thread for each core where the victim allows it: on a CPU, whole batches side by side beat shared steps."""
        concurrent = traits_of(self.victim).concurrent
        return torch.get_num_threads() if concurrent and self.device.type == "cpu" else 1
