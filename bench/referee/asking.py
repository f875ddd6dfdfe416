"""How a referee asks one victim: which instance about what, and with what to draw from."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import torch

from bench.core.batch import batches
from bench.core.computing.halving import Halving
from bench.core.computing.threads import in_threads
from bench.core.rng import key_of
from bench.core.types import Task, Utterance
from bench.referee.blinding import Instance
from bench.referee.clean_answers import CleanAnswer, KnownClean
from bench.referee.comparing import check_unforeseen, compared
from bench.referee.inaudible import check_draws, heard_among, softer
from bench.referee.prediction import Filling, Predictor, Said, Told
from bench.referee.rechecks import CANARIES, SAMPLED, Kept, Question, asked, canaries, drawn_again, said_again
from bench.referee.search import Candidate
from bench.referee.side_by_side import asked_side_by_side, threads_for
from bench.scoring.record_files.rows import Row

CHUNK = 16
"""Utterances of similar lengths that a core computes on at a time: little is padded, and what is computed on stays in
its cache. `cnn_gru` needs half of the time that it needs for 64 of all lengths."""


@dataclass(frozen=True)
class Asking:
    """How one victim is asked.

    Args:
        instance: the one that is attacked.
        another: loads and enrols a further instance, by its name; None where there is the one alone.
        task: names the output columns, or the scale.
        device: where waveforms go.
        batch_size: how many clean utterances are asked about at a time.
        halving: fewer once so many did not fit into memory.
        sample_key: names this look at the victim.
        draws: further answers of a randomised victim that say what is chance; None where it does not draw.
        sessions: whether the victim remembers within a session: each search has one for each of its identities, and
            clean speech is in none.
        identities: under so many names a search asks, in turn; 0 for one who rehearses, whose every question is in
            none: who prepares has as many names as it likes.
        closely: whether the attack is told probabilities: then they have to be the same when it is asked again.
    """

    instance: Instance
    another: Callable[[str], Instance] | None
    task: Task
    device: torch.device
    batch_size: int
    halving: Halving
    sample_key: str
    draws: int | None
    sessions: bool = False
    identities: int = 1
    closely: bool = False

    def told(
        self,
        utterances: Sequence[Utterance],
        queries: Sequence[int],
        fill: Filling | None = None,
    ) -> Told:
        """Ask the instance that is attacked, see `bench.referee.prediction.Predictor.told`.

        Args:
            utterances: candidates as they are heard, each with the id and the speaker of its original.
            queries: the number of each one's query.
            fill: renders them, see `bench.referee.prediction.Predictor.told`.
        """
        asked = zip(utterances, queries, strict=True)
        sessions = [self._session(one, query) for one, query in asked] if self.sessions else ()
        return self._own.told(utterances, self._sample_keys(utterances, queries), sessions, fill)

    def as_file(self, one: Utterance, said: Said, before: float | None) -> Question:
        """Note a success as it is heard from a file, and what was said of it.

        Args:
            one: as it was asked about.
            said: what was said.
            before: in a dimensional task, what was answered about the clean speech.
        """
        return Question(one, 0, self._key_or_none(one, 0), said, before=before, further=True)

    def answers(self, utterances: Sequence[Utterance], before: Sequence[float | None] = ()) -> list[Said]:
        """Ask the instance that is attacked about utterances as they stand, as query 0.

        Args:
            utterances: any number.
            before: in a dimensional task, what was answered about each one's clean speech; none where this is that.
        """
        return self._of(self.instance, utterances, before)

    @torch.no_grad()
    def clean(self, known: KnownClean, utterances: Sequence[Utterance]) -> list[CleanAnswer]:
        """Ask about clean speech that the victim has not been asked about: an instance of its own, canaries first.

        Args:
            known: takes the canaries.
            utterances: clean.
        """
        instance = self.instance if self.another is None else self.another("clean")
        threads = threads_for(instance, self.device)
        if self.another is not None:
            self.meet(known, utterances, instance)
        answers = self._of(instance, utterances)
        drawn: list[list[Said]] = [[] for _ in utterances]

        @torch.no_grad()
        def work(share: Sequence[list[int]], _: threading.Event) -> None:
            for group in share:
                some = [utterances[index] for index in group]
                before = [answers[index].value for index in group]
                for index, draws in zip(group, self.drawn(some, [0] * len(some), before, instance), strict=True):
                    drawn[index] = draws

        if self.draws:
            in_threads(work, batches(utterances, self.batch_size), threads)
        return [
            CleanAnswer(answer, tuple(one.label for one in draws), draws[0] if draws else None)
            for answer, draws in zip(answers, drawn, strict=True)
        ]

    @torch.no_grad()
    def meet(self, known: KnownClean, utterances: Sequence[Utterance], instance: Instance) -> None:
        """Ask an instance about canaries, which a further one is asked about again at the end.

        Args:
            known: takes them.
            utterances: clean, of which a few are made noisy.
            instance: who has not been asked about these.
        """
        noisy = canaries(self.sample_key, utterances)
        keys = self._sample_keys(noisy, ["canary"] * len(noisy))
        known.canaries.extend(asked(self._predictor(instance), noisy, keys, threads_for(instance, self.device)))

    def drawn(
        self,
        utterances: Sequence[Utterance],
        queries: Sequence[int],
        before: Sequence[float | None],
        instance: Instance | None = None,
    ) -> list[list[Said]]:
        """Ask a randomised victim about utterances again: what further draws about each say.

        Args:
            utterances: as they were heard.
            queries: the number of each one's query.
            before: of each one, the number that was answered about the clean speech; None in a task of classes.
            instance: which is asked; by default the one that is attacked.
        """
        further = range(1, (self.draws or 0) + 1)
        pairs = list(zip(utterances, queries, strict=True))
        keys = [[self._sample_key(one, query, n) for n in further] for one, query in pairs]
        return drawn_again(self._predictor(instance or self.instance), utterances, keys, before)

    def read(self, answer: Sequence[float], before: float | None) -> Said:
        """Read what `told` gives of one utterance, see `bench.referee.prediction.Predictor.read`.

        Args:
            answer: as it was fetched.
            before: in a dimensional task, what was answered about the clean speech.
        """
        return self._own.read(answer, before)

    def questions(self, candidate: Candidate, row: Row, answers: Sequence[Said]) -> list[Question]:
        """Note a candidate and what was said of it.

        Args:
            candidate: as it was asked about.
            row: what is written down of it.
            answers: what was said, and after it what the first further draw said, where there was one.
        """
        one, (said, *further) = candidate.utterance, answers
        session = self._session(one, row.query) if self.sessions else ""
        first = Question(one, row.query, self._key_or_none(one, row.query), said, session, row.value_before)
        return [first, *(self._drawn_once(first, draw) for draw in further)]

    def _drawn_once(self, question: Question, draw: Said) -> Question:
        """The question of the first further draw, which is in no session."""
        key = self._sample_key(question.utterance, question.query, 1)
        return replace(question, sample_key=key, answer=draw, session="", further=True)

    @torch.no_grad()
    def again(
        self,
        kept: Kept,
        unforeseen: Kept,
        noisy: Sequence[Question],
        clean: Sequence[tuple[Utterance, CleanAnswer]],
        refuses: bool,
        others: Sequence[Question] = (),
    ) -> set[tuple[str, int]]:
        """Ask a fresh instance some of what was asked.

        Args:
            kept: the candidates among it.
            unforeseen: others, which change no record: they have to be the same, and ties among them stay answers.
            noisy: the canaries among it.
            clean: utterances, and what was said of them.
            refuses: whether a candidate was refused: then clean speech is asked about a little softer too.
            others: what else is asked about, in no session: looks through the defence, and successes as files.

        Returns:
            Utterance and number of the queries that are ties, of those that `kept` has.

        Raises:
            ComponentError: an answer is another one, and no tie.
        """
        if self.another is None:
            return set()
        pairs = sorted(clean, key=lambda pair: key_of("clean", kept.key, pair[0].id))
        asked_clean = [self._of_clean(one, said) for one, said in pairs[:CANARIES]]
        drawn = [(one, said.further) for one, (_, said) in zip(asked_clean, pairs, strict=False)]
        asked_clean += [self._drawn_once(one, further) for one, further in drawn if further is not None]
        asked_before, more = kept.questions(), unforeseen.questions(but=kept)
        questions = [*asked_before, *self._alone(asked_before), *noisy, *asked_clean]
        fresh = self.another("again")
        predictor, threads = self._predictor(fresh), threads_for(fresh, self.device)
        ties = compared(self.task, said_again(predictor, questions, kept.key, threads), self.closely)
        check_draws([said for _, said in clean], len(self.task.classes))
        heard = self._softer(pairs) if refuses else []
        # where few candidates stand beside them, those of before do: who counts would know which they are
        beside = asked_before if (heard or others) and len(more) < SAMPLED and not self.sessions else []
        if more or heard or others:
            questions = [*heard, *beside, *self._alone(beside), *more, *self._alone(more), *others]
            check_unforeseen(self.task, said_again(predictor, questions, unforeseen.key, threads), self.closely)
        return ties

    def _softer(self, pairs: Sequence[tuple[Utterance, CleanAnswer]]) -> list[Question]:
        """Clean speech that was answered, made softer: first what a fresh instance is not asked about as it is."""
        heard = heard_among(pairs[CANARIES:], pairs[:CANARIES], refusal=len(self.task.classes))
        return softer([self._of_clean(one, said) for one, said in heard], self._key_or_none)

    def _of_clean(self, one: Utterance, said: CleanAnswer) -> Question:
        """What was asked of a clean utterance, with the answer that stands in the records."""
        placed, answer = replace(one, waveform=one.waveform.to(self.device)), said.answer
        return Question(placed, 0, self._key_or_none(one, 0), answer, before=answer.value)

    def _alone(self, questions: Sequence[Question]) -> list[Question]:
        """The first ones of sessions, as if in none: a session opens empty."""
        opening = [one for one in questions if one.session and one.query <= max(self.identities, 1)]
        return [replace(one, session="", further=True) for one in opening]

    def _of(
        self, instance: Instance, utterances: Sequence[Utterance], before: Sequence[float | None] = ()
    ) -> list[Said]:
        found, predictor = [Said(0)] * len(utterances), self._predictor(instance)

        @torch.no_grad()
        def work(share: Sequence[list[int]], _: threading.Event) -> None:
            for group in share:
                some = [utterances[index] for index in group]
                keys = self._sample_keys(some, [0] * len(some))
                known = [before[index] for index in group] if before else ()
                for index, answer in zip(group, predictor.answers(some, keys, before=known), strict=True):
                    found[index] = answer

        in_threads(work, batches(utterances, self.batch_size), threads_for(instance, self.device))
        return found

    @cached_property
    def _own(self) -> Predictor:
        """Of the instance that is attacked; what its victim declares is slow to ask for each candidate."""
        return self._predictor(self.instance)

    def _predictor(self, instance: Instance) -> Predictor:
        chunk = CHUNK if asked_side_by_side(instance, self.device) else None
        return Predictor(instance, self.task, self.device, self.halving, chunk)

    def _sample_keys(self, utterances: Sequence[Utterance], queries: Sequence[object]) -> list[str]:
        if self.draws is None:
            return []
        return [self._sample_key(one, query) for one, query in zip(utterances, queries, strict=True)]

    def _key_or_none(self, utterance: Utterance, query: int) -> str:
        return "" if self.draws is None else self._sample_key(utterance, query)

    def _session(self, utterance: Utterance, query: int) -> str:
        if not self.identities:
            return ""
        name = (query - 1) % self.identities
        return f"{key_of('session', self.sample_key, utterance.id, *((name,) if name else ())):016x}"

    def _sample_key(self, utterance: Utterance, *query: object) -> str:
        """What a randomised victim draws from: it tells neither which utterance it is nor which query."""
        return f"{key_of('draws', self.sample_key, utterance.id, *query):016x}"
