"""Who is trained on, who chooses the epoch, who is attacked: speakers never stand on two sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.errors import DataError, UsageError
from bench.types import Utterance


@dataclass(frozen=True)
class Split:
    """Three parts of a corpus with no speaker in common."""

    train: tuple[Utterance, ...]
    valid: tuple[Utterance, ...]
    test: tuple[Utterance, ...]

    def __post_init__(self) -> None:
        speakers = [{utterance.speaker for utterance in part} for part in (self.train, self.valid, self.test)]
        shared = (speakers[0] & speakers[1]) | (speakers[0] & speakers[2]) | (speakers[1] & speakers[2])
        if shared:
            raise DataError("split", f"{sorted(shared)} in two parts", "no speaker in two parts", "mend the split")


def speaker_groups(utterances: Sequence[Utterance], folds: int, corpus: str) -> list[set[str]]:
    """Deal speakers into `folds` groups: by session where the corpus has exactly that many, else in order of names.

    Raises:
        DataError: there are fewer speakers than folds.
    """
    sessions = {utterance.speaker: utterance.session for utterance in utterances}
    speakers = sorted(sessions)
    if len(speakers) < folds:
        raise DataError(
            f"corpus {corpus!r}",
            f"{len(speakers)} speaker{'s' * (len(speakers) != 1)} with labels in this task",
            f"at least {folds} for {folds} subject-independent folds",
            "use a corpus with more speakers",
        )
    named = sorted({session for session in sessions.values() if session is not None})
    if len(named) == folds and None not in sessions.values():
        return [{speaker for speaker in speakers if sessions[speaker] == session} for session in named]
    return [set(speakers[fold::folds]) for fold in range(folds)]


def subject_independent(utterances: Sequence[Utterance], fold: int, folds: int, corpus: str) -> Split:
    """One fold of P1's protocol: group `fold` is the test set, the next group chooses the epoch, the others train.

    Args:
        utterances: those with a label.
        fold: from 0 to folds − 1.
        folds: number of folds, at least 3.
        corpus: its name, for messages.
    """
    if not 0 <= fold < folds:
        raise UsageError("--fold", str(fold), f"0 to {folds - 1}, or all", "count folds from 0")
    groups = speaker_groups(utterances, folds, corpus)
    test, valid = groups[fold], groups[(fold + 1) % folds]
    return Split(
        train=tuple(u for u in utterances if u.speaker not in test | valid),
        valid=tuple(u for u in utterances if u.speaker in valid),
        test=tuple(u for u in utterances if u.speaker in test),
    )
