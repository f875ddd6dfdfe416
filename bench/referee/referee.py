"""The referee: runs many searches in lockstep, counts their queries, measures, judges, and writes everything down.

An attack is a generator that yields recipes. The referee takes one from each of up to `batch_size` searches, renders
them, asks the victim once about all of them, notes a row for each, and sends each search its answer; when a search
ends, the next utterance takes its place, so that batches stay full to the end. Nobody else makes a candidate's samples,
measures an SNR, counts a query or decides what a success is. Clean speech is asked about before anything else, of an
instance of its own; what is attacked has never heard it. Of what was asked, a sample is asked again of a third one.

Charging: every candidate is charged, repeats too; the one clean query of each utterance is not, nor is a recipe that
does not apply, about which nobody is asked, nor what the referee asks to find out whether an answer is the victim's own
(`bench.referee.rechecks`).
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import torch

from bench.contracts.attacks import Answer
from bench.contracts.protocols import Victim
from bench.core.computing.halving import Halving
from bench.core.devices import copied
from bench.core.showing.progress import no_steps
from bench.core.specs import bare
from bench.core.types import REFUSED, Task, Utterance
from bench.referee.asking import Asking
from bench.referee.blinding import NAMES_KEPT, Blinding, Instance
from bench.referee.clean_answers import CleanAnswer, KnownClean
from bench.referee.examination import TOGETHER, distorted, examined
from bench.referee.judgement import Verdict, convinced, fooled, snr_db_of
from bench.referee.minutes import Minutes
from bench.referee.prediction import Said
from bench.referee.rechecks import Kept, Question, no_answer
from bench.referee.rounds import in_rounds, with_turns
from bench.referee.row_writing import candidate_row, clean_row, name_of
from bench.referee.search import AttackRun, Candidate, Search, first_candidate
from bench.referee.sitting import Sitting
from bench.referee.stepping import step_of
from bench.referee.telling import answer_for, as_told
from bench.scoring.record_files.rows import Row

_ALL = 1 << 30


@dataclass(frozen=True)
class Referee:
    """Judges attacks on one fitted victim.

    Args:
        victim: fitted, and enrolled with the speakers that are attacked: the instance that is attacked.
        task: names the victim's output columns.
        device: where waveforms go.
        batch_size: how many searches run side by side.
        min_snr_db: a candidate counts only above this SNR, over the original's own samples, after clipping to [-1, 1].
        halving: how many utterances the victim is asked about at a time: fewer once a batch did not fit into memory.
        sample_key: names this look at the victim: by it is drawn what is asked again; a randomised victim draws anew
            for another name and for every query.
        measures: names in `bench.measures.catalogue`, of what is measured on accepted candidates; they judge nothing.
        examines: whether successes are looked at further, see `bench.referee.examination`.
        blinding: how the victim was shown the speech that it was enrolled with.
        another: loads and enrols a further instance, by its name; None where there is the one alone, as in training:
            then it is asked about clean speech too, and nothing is asked again.
        randomised: whether the victim draws anew for every query.
        draws: how many further answers of a randomised victim say whether a changed label is chance; 0 asks for none.
        sessions: whether the victim remembers what it is asked, within one search.
        order_key: draws the order in which searches begin; by length where it is "". It changes no row.
        known: what the victim has said of clean speech.
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
    blinding: Blinding = NAMES_KEPT
    another: Callable[[str], Instance] | None = None
    randomised: bool = False
    draws: int = 5
    sessions: bool = False
    order_key: str = ""
    known: KnownClean = field(default_factory=KnownClean, repr=False, compare=False)

    def labels(self, utterances: Sequence[Utterance]) -> list[int]:
        """Ask for the victim's class index of each utterance as it stands; nothing is charged.

        Where the victim refuses, the index is the number of classes.
        """
        return [answer.label for answer in self._asking.answers(utterances)]

    def values(self, utterances: Sequence[Utterance]) -> list[float]:
        """Ask for the number that the victim of a dimensional task answers about each utterance; nothing is charged."""
        return [answer.value for answer in self._asking.answers(utterances) if answer.value is not None]

    def names(self, labels: Sequence[int]) -> list[str]:
        """Return the class names of class indices; of the number of classes, the name of a refusal."""
        return [name_of(self.task, label) for label in labels]

    def meet_early(self, utterances: Sequence[Utterance]) -> None:
        """Ask a further instance about canaries, before anybody else is loaded who knows these utterances.

        Args:
            utterances: clean, of those that are asked about later.
        """
        if self.another is not None and not self.known.canaries:
            self._asking.meet(self.known, utterances, self.another("early"))

    @cached_property
    def _asking(self) -> Asking:
        return Asking(
            Instance(self.victim, self.blinding),
            self.another,
            self.task,
            self.device,
            self.batch_size,
            self.halving,
            self.sample_key,
            self.draws if self.randomised else None,
            self.sessions,
        )

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
                log-probabilities, or answered otherwise when it was asked again.
        """
        sitting = self.open(attack_run, utterances, advance, keep)
        turns = in_rounds(attack_run, utterances, sitting.search)
        return with_turns(sitting.finish(), turns)

    def open(
        self,
        attack_run: AttackRun,
        utterances: Sequence[Utterance],
        advance: Callable[[int], None] = no_steps,
        keep: Callable[[Candidate, Row], None] | None = None,
    ) -> Sitting:
        """Ask about the clean speech, and make ready to attack it, in one part or in several.

        Args:
            attack_run: as for `run`.
            utterances: likewise.
            advance: likewise.
            keep: likewise.
        """
        closely = attack_run.granted.tells("probabilities")
        asking = replace(self._asking, identities=attack_run.identities, closely=closely)
        before = self.known.of(utterances, partial(asking.clean, self.known))
        pairs = list(zip(utterances, before, strict=True))
        key = f"{self.sample_key}/{bare(attack_run.name)}/{attack_run.seed}"
        kept = None if self.another is None else Kept.both(key, utterances, self.sessions)
        rows = {utterance.id: [clean_row(self.task, utterance, said)] for utterance, said in pairs}
        minutes = Minutes(rows, keep, kept or (), asking.questions, self.examines)
        attack_run.prepare()

        def begin(utterance: Utterance, said: CleanAnswer, plan: str) -> Search:
            own, value = said.answer.label, said.answer.value
            label = None if own == len(self.task.classes) else name_of(self.task, own)
            return Search(attack_run, self._placed(utterance), own, said.settled, plan=plan, label=label, value=value)

        def finish() -> list[Row]:
            with torch.no_grad():
                self._look(minutes)
            found = [row for utterance in utterances for row in rows[utterance.id]]
            refuses = any(row.query and row.label_after == REFUSED for row in found)
            others = [*minutes.files.kept, *self._looks(attack_run)]
            ties = asking.again(*kept, self.known.canaries, pairs, refuses, others) if kept else set()
            return [no_answer(row) if row.query and (row.utterance, row.query) in ties else row for row in found]

        lockstep = partial(self._lockstep, minutes, advance)
        known = {pair[0].id: pair for pair in pairs}
        return Sitting(asking, minutes, known, begin, lockstep, finish, self.order_key)

    def _lockstep(
        self,
        minutes: Minutes,
        advance: Callable[[int], None],
        searches: Iterator[Search],
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
            self._step(running, minutes)
            self._look(minutes, at_least=TOGETHER)

    def _look(self, minutes: Minutes, at_least: int = 0) -> None:
        """Look at successes: not all at the end, for each holds the samples of its search."""
        if some := minutes.taken(at_least):
            examined(some, minutes.rows, partial(self._names_after, minutes), self.min_snr_db)

    def _names_after(
        self, minutes: Minutes, utterances: Sequence[Utterance], before: Sequence[float | None]
    ) -> list[str]:
        """Ask for labels of changed speech; in a dimensional task, beside what was answered about the clean speech."""
        answers = self._asking.answers(utterances, before)
        for one in zip(utterances, answers, before, strict=True):
            minutes.files.note(self._asking.as_file(*one))
        return self.names([answer.label for answer in answers])

    def _looks(self, attack_run: AttackRun) -> list[Question]:
        """What was looked at through the defence; of a randomised one two looks may differ."""
        looked = [] if attack_run.view is None or self.randomised else attack_run.view.looked.kept
        return [Question(one, 0, "", Said(0), looked=no) for one, no in looked]

    def _step(self, running: Sequence[Search], minutes: Minutes) -> None:
        """Ask the victim about one candidate of each search, and tell the searches."""
        if self.sessions:  # what is silent costs nothing, and a session would remember it
            for search in running:
                first_candidate(search)
        step = step_of(running, self.device)
        if step is None:
            return
        seat = self._seat(running[0])
        judged: list[tuple[Search, Candidate, Verdict, dict[str, float], Row]] = []
        answers: list[list[Said]] = []
        queries = [search.queries + 1 for search, _ in step.asking]
        told = seat.told([one.outline for _, one in step.asking], queries, step.fill)
        likely = running[0].granted.tells("probabilities")  # one attack runs: all searches are granted the same
        for (search, candidate), (answer, signal, noise, gain) in zip(step.asking, step.fetched(told), strict=True):
            if gain == 0:  # an overlay that is silent here: there is no candidate
                search.answer(Answer(fooled=False, applied=False))
                continue
            verdict = search.verdict(candidate, snr_db_of(signal, noise), self.min_snr_db)
            said = seat.read(answer, search.value_before)
            row = candidate_row(self.task, minutes.rows[search.original.id][0], search, candidate, said, verdict)
            known = likely and not self.task.dimensional and said.label < len(self.task.classes)
            judged.append((search, candidate, verdict, as_told(self.task.classes, answer) if known else {}, row))
            answers.append([said])
        rows = self._confirmed([(search, candidate, row) for search, candidate, *_, row in judged], answers)
        for (search, candidate, verdict, probabilities, _), row, told_all in zip(judged, rows, answers, strict=True):
            minutes.note(search, candidate, distorted(row, self.measures, candidate), told_all)
            search.answer(answer_for(search.granted, row, _convinced(search, row), verdict.within_rules, probabilities))

    def _seat(self, search: Search) -> Asking:
        """How the victim is asked by a search, as all of one attack are."""
        same = search.identities == self._asking.identities
        return self._asking if same else replace(self._asking, identities=search.identities)

    def _confirmed(self, judged: Sequence[tuple[Search, Candidate, Row]], answers: Sequence[list[Said]]) -> list[Row]:
        """The rows, where a randomised victim's label has changed with how often it does so in further draws.

        Of each the first draw is added to its answers.
        """
        found = [row for _, _, row in judged]
        changed = [place for place, (search, _, row) in enumerate(judged) if _convinced(search, row)]
        if not (self.randomised and self.draws and changed):
            return found
        some = [judged[place][1].utterance for place in changed]
        before = [judged[place][0].value_before for place in changed]
        drawn = self._asking.drawn(some, [found[place].query for place in changed], before)
        for place, draws in zip(changed, drawn, strict=True):
            search = judged[place][0]
            answers[place].append(draws[0])
            first, wanted = name_of(self.task, search.label_before), search.granted.target
            share = sum(fooled(first, name_of(self.task, one.label), wanted) for one in draws) / len(draws)
            row = replace(found[place], flip_share=share)
            found[place] = replace(row, accepted=row.accepted and _convinced(search, row))
        return found

    def _placed(self, utterance: Utterance) -> Utterance:
        """The utterance on the device, with samples that nobody else has."""
        return replace(utterance, waveform=copied(utterance.waveform, self.device))


def _convinced(search: Search, row: Row) -> bool:
    target = search.granted.target
    return convinced(row.label_before, row.label_after, row.tied, row.flip_share, search.settled, target)
