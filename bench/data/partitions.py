"""Utterances in three parts, no speaker in two of them; speakers dealt into groups."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from bench.core.errors import DataError
from bench.core.types import Utterance

FOLDS = 5


@dataclass(frozen=True)
class Partition:
    """Three parts of a corpus with no speaker in common, and in no case an utterance.

    Args:
        train: what the victim learns from.
        valid: what chooses its epoch, and what an informed attacker knows.
        test: what is attacked.
        leaks: whether speakers may stand in several parts; true of the protocols that say so in their names.
        elsewhere: whether the test part is of another corpus, whose speakers are others whatever they are called.
    """

    train: tuple[Utterance, ...]
    valid: tuple[Utterance, ...]
    test: tuple[Utterance, ...]
    leaks: bool = False
    elsewhere: bool = False

    def __post_init__(self) -> None:
        parts = (self.train, self.valid, () if self.elsewhere else self.test)
        speakers = [{utterance.speaker for utterance in part} for part in parts]
        shared = (speakers[0] & speakers[1]) | (speakers[0] & speakers[2]) | (speakers[1] & speakers[2])
        if shared and not self.leaks:
            raise DataError("split", f"{_some(shared)} in two parts", "no speaker in two parts", "correct the split")
        ids = [{utterance.id for utterance in part} for part in parts]
        if twice := (ids[0] & ids[1]) | (ids[0] & ids[2]) | (ids[1] & ids[2]):
            raise DataError("split", f"{_some(twice)} in two parts", "no utterance in two parts", "correct the split")


def _some(names: set[str]) -> str:
    ordered = sorted(names)
    return ", ".join(ordered[:5]) + (f" and {len(ordered) - 5} more" if len(ordered) > 5 else "")


def speaker_groups(utterances: Sequence[Utterance], folds: int, corpus: str) -> list[set[str]]:
    """Deal speakers into `folds` groups: by session where the corpus has exactly that many, else in order of names.

    Args:
        utterances: those with a label.
        folds: how many groups.
        corpus: its name, for the message.

    Raises:
        DataError: there are fewer speakers than folds.
    """
    sessions = {utterance.speaker: utterance.session for utterance in utterances}
    speakers = sorted(sessions)
    if len(speakers) < folds:
        expected = f"at least {folds} for {folds} subject-independent folds"
        raise _too_few(corpus, len(speakers), "speaker", expected, len(speakers))
    named = sorted({session for session in sessions.values() if session is not None})
    if len(named) == folds and None not in sessions.values():
        return [{speaker for speaker in speakers if sessions[speaker] == session} for session in named]
    return [set(speakers[fold::folds]) for fold in range(folds)]


def _sessions(utterances: Sequence[Utterance], corpus: str) -> list[set[str]]:
    groups: dict[str, set[str]] = defaultdict(set)
    for utterance in utterances:
        if utterance.session is not None:
            groups[utterance.session].add(utterance.speaker)
    if len(groups) < 3:
        speakers = len({one.speaker for one in utterances})
        raise _too_few(corpus, len(groups), "session", _THREE, speakers)
    homeless = {u.speaker for u in utterances} - set().union(*groups.values())
    if homeless:
        raise DataError(f"corpus {corpus!r}", f"{_some(homeless)} in no session", "a session for everyone", _OTHER)
    return [groups[session] for session in sorted(groups)]


def _speakers(utterances: Sequence[Utterance], corpus: str) -> list[set[str]]:
    speakers = sorted({utterance.speaker for utterance in utterances})
    if len(speakers) < 3:
        raise _too_few(corpus, len(speakers), "speaker", _THREE, len(speakers))
    return [{speaker} for speaker in speakers]


_OTHER = "choose another --split, or a corpus with more speakers"
_THREE = "at least 3: to train on, to choose the epoch, to test"


def _too_few(corpus: str, count: int, what: str, expected: str, speakers: int) -> DataError:
    found = f"{count} {what}{'s' * (count != 1)} with labels in this task"
    split = "k-fold" if speakers >= 5 else f"k-fold:{speakers}"
    if speakers < 3:
        split = "random-blocks, which tests speakers that it was trained on"
    return DataError(f"corpus {corpus!r}", found, expected, f"--split {split}; or a corpus with more {what}s")
