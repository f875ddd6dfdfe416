"""Whether answers are the victim's own: asked again of a fresh instance, in another order; and which hold over chance.

A victim that answers from memory, whether of clean speech or of what it was asked before, gives another answer to an
instance that has seen neither. What it may give another answer for is a tie, and then there was none.
"""

from __future__ import annotations

import heapq
import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import torch

from bench.audio.signal import mix
from bench.core.computing.threads import in_threads
from bench.core.rng import key_of, keyed
from bench.core.types import REFUSED, Utterance
from bench.referee.prediction import Predictor, Said
from bench.scoring.record_files.rows import Row

_T = TypeVar("_T")
SAMPLED = 8
"""Candidates that are asked about again, whatever came of them; so many accepted ones beside them."""
CANARIES = 8
"""Noisy utterances that are asked about before anything else, and again at the end; so many clean ones likewise."""
CANARY_DB = 5.0
"""Signal-to-noise ratio of a canary: near enough for a memory to know it, far enough for an answer of its own."""
SEARCHES = 2
"""Searches of which everything is asked again, where the victim remembers within each."""
_TOGETHER = 7
"""How many are asked about at a time: another number than that of searches side by side."""


@dataclass(frozen=True)
class Question:
    """Something that was asked, and what was said.

    Args:
        utterance: as it was heard.
        query: its number; 0 of clean speech and of a canary.
        sample_key: what a randomised victim drew from.
        answer: the victim's.
        session: in which it was asked; "" for none.
        before: in a dimensional task, the number that was answered about the clean speech.
        further: whether it is a further draw of a randomised victim, which confirmed another answer.
        softer: whether it is clean speech made a little softer, of which the answer was said as it is.
        looked: whether it would be refused, as who looked through the defence was shown; None of what was asked.
    """

    utterance: Utterance
    query: int
    sample_key: str
    answer: Said
    session: str = ""
    before: float | None = None
    further: bool = False
    softer: bool = False
    looked: bool | None = None


@dataclass(frozen=True)
class Kept:
    """Some of the candidates of a run, chosen by hash: the same ones whatever the order and the threads.

    Args:
        key: names the run; or is a secret.
        searches: of a victim that remembers, the utterances whose every candidate is kept; None for any other.
        most: so many accepted ones are kept, and so many of all.
    """

    key: str
    searches: frozenset[str] | None = None
    most: int = SAMPLED
    _heaps: tuple[list[tuple[int, str, int, Sequence[Question]]], ...] = field(
        default_factory=lambda: ([], []), repr=False
    )
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @classmethod
    def of(cls, key: str, utterances: Sequence[Utterance], sessions: bool) -> Kept:
        """Keep candidates of a run.

        Args:
            key: names the run.
            utterances: that are attacked.
            sessions: whether the victim remembers within a search: then a few searches are kept whole.
        """
        ids = sorted((one.id for one in utterances), key=lambda id: key_of("recheck", key, id))
        return cls(key, frozenset(ids[:SEARCHES]) if sessions else None)

    @classmethod
    def both(cls, key: str, utterances: Sequence[Utterance], sessions: bool) -> tuple[Kept, Kept]:
        """Keep those that the run's name chooses, and others that nobody can work out beforehand, as that is public.

        Args:
            key: names the run.
            utterances: that are attacked.
            sessions: as in `of`.
        """
        return cls.of(key, utterances, sessions), cls.of(secrets.token_hex(16), utterances, sessions)

    def note(self, row: Row, questions: Callable[[], Sequence[Question]]) -> None:
        """Keep a candidate, if it is one of those.

        Args:
            row: what is written down of it.
            questions: gives what was asked about the candidate; called where it is kept.
        """
        rank = -key_of("recheck", self.key, row.utterance, row.query)
        with self._lock:
            if self.searches is not None:
                if row.utterance in self.searches:
                    self._heaps[0].append((rank, row.utterance, row.query, questions()))
                return
            for heap in self._heaps if row.accepted else self._heaps[1:]:
                if len(heap) < self.most or rank > heap[0][0]:
                    heapq.heappush(heap, (rank, row.utterance, row.query, questions()))
                    if len(heap) > self.most:
                        heapq.heappop(heap)

    def questions(self, but: Kept | None = None) -> list[Question]:
        """Return those that were kept, each once.

        Args:
            but: without those that these are.
        """
        left_out = set() if but is None else {place[1:3] for heap in but._heaps for place in heap}
        found = {(name, query): some for heap in self._heaps for _, name, query, some in heap}
        return [one for place in sorted(set(found) - left_out) for one in found[place]]


def canaries(key: str, utterances: Sequence[Utterance]) -> list[Utterance]:
    """Make noisy copies of a few utterances, chosen by hash.

    Args:
        key: draws which, and the noise.
        utterances: clean, on one device.
    """
    heard = [one for one in utterances if one.has_sound]
    chosen = sorted(heard, key=lambda one: key_of("canary", key, one.id))[:CANARIES]
    found = []
    for one in chosen:
        drawn = keyed("canary", key, one.id).standard_normal(one.waveform.shape[-1], dtype="float32")
        noise = torch.from_numpy(drawn).to(one.waveform.device)
        found.append(replace(one, waveform=mix(one.waveform, noise, CANARY_DB).clamp(-1.0, 1.0)))
    return found


def asked(
    predictor: Predictor, utterances: Sequence[Utterance], sample_keys: Sequence[str], threads: int
) -> list[Question]:
    """Ask about clean speech, or canaries, all at a time, and keep what was said.

    Args:
        predictor: of an instance.
        utterances: any number.
        sample_keys: one for each; none for a victim that does not draw.
        threads: that the instance is asked by.
    """
    if not utterances:
        return []
    [answers] = _answered([[utterances]], lambda some: predictor.answers(some, sample_keys), threads)
    keys = sample_keys or ("",) * len(utterances)
    told = zip(utterances, keys, answers, strict=True)
    return [Question(one, 0, key, answer, before=answer.value) for one, key, answer in told]


def said_again(
    predictor: Predictor, questions: Sequence[Question], key: str, threads: int
) -> list[tuple[Question, Said]]:
    """Ask a fresh instance questions in another order, a few at a time.

    Args:
        predictor: of the fresh instance.
        questions: with the answers of before.
        key: draws the order.
        threads: that the instance is asked by; questions in sessions are asked one after the other.

    Returns:
        Each question with what is said now.
    """

    def answers(some: Sequence[Question]) -> list[Said]:
        keys = [one.sample_key for one in some] if some[0].sample_key else ()
        sessions = [one.session for one in some] if any(one.session for one in some) else ()
        return predictor.answers([one.utterance for one in some], keys, sessions, [one.before for one in some])

    groups = list(_groups(questions, key))
    in_order = any(one.session for one in questions)
    found = _answered([groups] if in_order else [[group] for group in groups], answers, threads)
    return [pair for some, said in zip(groups, found, strict=True) for pair in zip(some, said, strict=True)]


def _answered(
    shares: Sequence[Sequence[Sequence[_T]]], answers: Callable[[Sequence[_T]], list[Said]], threads: int
) -> list[list[Said]]:
    """What is said of each group, in their order; the groups of a share are asked about one after the other."""
    said: list[list[list[Said]]] = [[] for _ in shares]

    @torch.no_grad()
    def work(places: Sequence[int], stopped: threading.Event) -> None:
        for place in places:
            if not stopped.is_set():
                said[place] = [answers(group) for group in shares[place]]

    in_threads(work, range(len(shares)), threads)
    return [one for share in said for one in share]


def no_answer(row: Row) -> Row:
    """Return the row of a candidate that turned out to be a tie: it is no success, and nothing is measured on it."""
    found = replace(row, label_after=REFUSED, tied=True, accepted=False, measures={})
    return replace(found, burst_snr_db=None, peak_ratio=None, survives_pcm=None)


def _groups(questions: Sequence[Question], key: str) -> Iterator[list[Question]]:
    """Questions in another order, but for those of one session, of which no two are asked at once."""

    def place(one: Question) -> tuple[int, int]:
        return one.query if one.session else 0, key_of("again", key, one.utterance.id, one.query, one.answer.label)

    group: list[Question] = []
    for one in sorted(questions, key=place):
        if len(group) == _TOGETHER or (one.session and one.session in {other.session for other in group}):
            yield group
            group = []
        group.append(one)
    if group:
        yield group


def drawn_again(
    predictor: Predictor,
    utterances: Sequence[Utterance],
    sample_keys: Sequence[Sequence[str]],
    before: Sequence[float | None],
) -> list[list[Said]]:
    """Ask a randomised victim about the same utterances again, with further draws.

    Args:
        predictor: of an instance.
        utterances: any number.
        sample_keys: of each utterance, one for each further draw.
        before: of each one, the number that was answered about the clean speech; None in a task of classes.

    Returns:
        Of each utterance, what each draw says.
    """
    asked = [one for one, keys in zip(utterances, sample_keys, strict=True) for _ in keys]
    if not asked:
        return [[] for _ in utterances]
    known = [own for own, keys in zip(before, sample_keys, strict=True) for _ in keys]
    answers = iter(predictor.answers(asked, [key for keys in sample_keys for key in keys], before=known))
    return [[next(answers) for _ in keys] for keys in sample_keys]
