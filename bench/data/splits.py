"""Who is trained on, who chooses the epoch, who is attacked: the protocols of `--split`.

No speaker ever stands in two parts of one split, which is checked every time. Two protocols are exceptions, since the
literature uses them: they are offered under names of their own, and everything that is scored with them says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.core.errors import DataError, UsageError
from bench.core.rng import key_of
from bench.core.types import Utterance
from bench.data.partitions import _OTHER, FOLDS, Partition, _sessions, _speakers, speaker_groups
from bench.data.segments import segments_of

PART = "official_part"
"""The metadata field in which a corpus says where its official split puts an utterance: train, valid or test."""

LEAKS = "speakers stand in training and in test: figures are higher than for voices never heard"


def subject_independent(utterances: Sequence[Utterance], fold: int, groups: Sequence[set[str]]) -> Partition:
    """Split by one fold of P1's protocol: group `fold` is the test set, the next chooses the epoch, the others train.

    Args:
        utterances: those with a label.
        fold: from 0.
        groups: of speakers, at least 3.
    """
    _check_fold(fold, len(groups))
    test, valid = groups[fold], groups[(fold + 1) % len(groups)]
    return Partition(
        train=tuple(u for u in utterances if u.speaker not in test | valid),
        valid=tuple(u for u in utterances if u.speaker in valid),
        test=tuple(u for u in utterances if u.speaker in test),
    )


def _check_fold(fold: int, folds: int) -> None:
    if not 0 <= fold < folds:
        expected = f"0 to {folds - 1}, or all" if folds > 1 else "0: there is one"
        raise UsageError("--fold", str(fold), expected, "count folds from 0")


def official(utterances: Sequence[Utterance], corpus: str, shared: bool = False) -> Partition:
    """Take the split that a corpus was published with.

    Where it has no validation part, every fifth speaker of the training part, in order of names, chooses the epoch.

    Args:
        utterances: those with a label, with "train", "valid" or "test" in their metadata's `official_part`; those of
            another part or none are left out.
        corpus: its name, for messages.
        shared: take it although speakers stand in several parts.

    Raises:
        DataError: the corpus has none, or speakers stand in several parts.
    """
    parts = {name: [u for u in utterances if u.metadata.get(PART) == name] for name in ("train", "valid", "test")}
    if not parts["train"] or not parts["test"]:
        raise DataError(f"corpus {corpus!r}", "no official split", "one with training and test speakers", _OTHER)
    if not parts["valid"]:
        choosing = set(sorted({u.speaker for u in parts["train"]})[::FOLDS])
        parts["valid"] = [u for u in parts["train"] if u.speaker in choosing]
        parts["train"] = [u for u in parts["train"] if u.speaker not in choosing]
    try:
        return Partition(tuple(parts["train"]), tuple(parts["valid"]), tuple(parts["test"]), leaks=shared)
    except DataError as error:
        remedy = "choose another --split, or official-shared, which takes it as it is and says so in every result"
        raise DataError(f"official split of corpus {corpus!r}", error.found, error.expected, remedy) from error


def random_blocks(utterances: Sequence[Utterance], fold: int) -> Partition:
    """Deal blocks at random, whoever speaks: P4's split, 80 % to train on and 20 % to test.

    Speakers and even utterances stand on both sides. An eighth of the training blocks chooses the epoch. The order is
    that of a hash of the blocks' ids; another fold is another fifth.

    Args:
        utterances: one-second blocks with a label.
        fold: from 0 to 4.
    """
    _check_fold(fold, FOLDS)
    ordered = sorted(utterances, key=lambda block: (key_of("blocks", block.id), block.id))
    test = {block.id for block in ordered[fold::FOLDS]}
    rest = [block.id for block in ordered if block.id not in test]
    valid = set(rest[::8])
    return Partition(
        train=tuple(u for u in utterances if u.id not in test | valid),
        valid=tuple(u for u in utterances if u.id in valid),
        test=tuple(u for u in utterances if u.id in test),
        leaks=True,
    )


SPLITS: Mapping[str, str] = {
    "k-fold": "speakers dealt into five groups (k-fold:10 into ten), by session where there are as many",
    "leave-one-session-out": "each session is tested once",
    "leave-one-speaker-out": "each speaker is tested once",
    "official": "the split the corpus was published with",
    "official-shared": "the same where speakers stand in several parts (MELD); results say so",
    "blocks": "one-second blocks as in P4, speakers dealt into five groups",
    "random-blocks": "P4's own: one-second blocks dealt at random, so that speakers are shared; results say so",
}
"""What `--split` takes."""


@dataclass(frozen=True)
class SplitProtocol:
    """One of the protocols.

    Args:
        name: as given, and as it stands in records: "k-fold", "k-fold:10".
        kind: one of `SPLITS`.
        k: folds, of the kinds whose speakers are dealt.
    """

    name: str
    kind: str
    k: int = FOLDS

    @property
    def leaks(self) -> bool:
        """Say whether speakers may stand in several parts."""
        return self.kind in ("official-shared", "random-blocks")

    def folds(self, utterances: Sequence[Utterance], corpus: str) -> int:
        """Count the folds of a corpus.

        Args:
            utterances: those with a label.
            corpus: its name, for messages.

        Raises:
            DataError: the corpus has too few speakers or sessions.
        """
        if self.kind == "random-blocks":
            return FOLDS
        return 1 if self.kind.startswith("official") else len(self._groups(utterances, corpus))

    def split(self, utterances: Sequence[Utterance], fold: int, corpus: str) -> Partition:
        """Split a corpus by one fold.

        Args:
            utterances: those with a label.
            fold: from 0.
            corpus: its name, for messages.

        Raises:
            DataError: the corpus cannot be split so.
            UsageError: there is no such fold.
        """
        if self.kind.endswith("blocks"):
            utterances = segments_of(utterances)
        if self.kind == "random-blocks":
            return random_blocks(utterances, fold)
        if self.kind.startswith("official"):
            _check_fold(fold, 1)
            return official(utterances, corpus, shared=self.leaks)
        return subject_independent(utterances, fold, self._groups(utterances, corpus))

    def _groups(self, utterances: Sequence[Utterance], corpus: str) -> list[set[str]]:
        """Speakers in groups, one of which is tested in each fold."""
        if self.kind == "leave-one-session-out":
            return _sessions(utterances, corpus)
        if self.kind == "leave-one-speaker-out":
            return _speakers(utterances, corpus)
        return speaker_groups(utterances, self.k, corpus)


def split_named(text: str) -> SplitProtocol:
    """Find the protocol of this name.

    Raises:
        UsageError: there is none, or its number of folds is none.

    >>> split_named("k-fold:10").k
    10
    """
    from bench.core.specs import did_you_mean

    kind, colon, number = text.partition(":")
    if kind not in SPLITS:
        either = "leave-one-session-out or leave-one-speaker-out?"
        remedy = f"did you mean {either}" if kind.casefold() in ("loso", "loo") else did_you_mean(kind, SPLITS)
        raise UsageError("--split", repr(text), "one of " + ", ".join(SPLITS), remedy)
    if not colon:
        return SplitProtocol(text, kind)
    if kind not in ("k-fold", "blocks"):
        raise UsageError("--split", repr(text), kind, "leave the number out: it follows from the corpus")
    if not (number.isascii() and number.isdecimal()) or int(number) < 3:
        raise UsageError("--split", repr(text), "at least 3 folds", f"for example {kind}:10")
    k = int(number)
    return SplitProtocol(kind if k == FOLDS else f"{kind}:{k}", kind, k)
