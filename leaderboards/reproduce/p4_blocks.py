"""P4's Tables 2 and 3: how many utterances and one-second blocks there are, as a check of the blocking.

Source: the paper's Tables 2 and 3 (`p4_blocks.csv`). Nothing is trained, and nothing is a sample: a count is the same
or it is not. The tables count four spectrograms for each block, the clean one and three noisy ones; 4,778 for anger
in Table 3 is a misprint of 4 · 1,197 = 4,788, which its total contains.

Reading: the blocks are those of `bench.data.segments.segments_of`: whole seconds from the start of an
utterance, the rest is dropped, and an utterance shorter than a second is one block.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from bench.core.types import Dataset
from bench.data.segments import segments_of
from bench.data.tasks import task_named
from leaderboards.reproduce.facts import facts

TASKS = ("ahsn", "aesn")
TOTAL = "total"
_CORPUS = "iemocap"


@dataclass(frozen=True)
class BlockCount:
    """Count one emotion of one of P4's data sets.

    Args:
        task: "ahsn" or "aesn".
        emotion: of the task, or "total".
        utterances: as many there are.
        blocks: cut from them.
        published: the same two counts in the paper; None for another corpus.
    """

    task: str
    emotion: str
    utterances: int
    blocks: int
    published: tuple[int, int] | None

    @property
    def same(self) -> bool | None:
        """Return whether both counts are the paper's; None where there is nothing to compare with."""
        return None if self.published is None else (self.utterances, self.blocks) == self.published

    def to_json(self) -> dict[str, object]:
        """Return the counts as plain values."""
        ours = {"utterances": self.utterances, "blocks": self.blocks}
        published = None if self.published is None else dict(zip(("utterances", "blocks"), self.published, strict=True))
        return {"task": self.task, "emotion": self.emotion, **ours, "published": published, "same": self.same}


def counts(dataset: Dataset) -> list[BlockCount]:
    """Count the utterances and blocks of P4's two data sets, of a corpus that has their emotions.

    Args:
        dataset: IEMOCAP, to compare with the paper; another one is counted alone.
    """
    found = []
    for name in TASKS:
        task = task_named(name)
        mine = [said for said in dataset.utterances if said.has_sound and task.label_of(said) is not None]
        utterances = Counter(task.label_of(said) for said in mine)
        blocks = Counter(task.label_of(said) for said in mine for _ in segments_of([said]))
        if not all(utterances[emotion] for emotion in task.classes):
            continue
        rows = [(emotion, utterances[emotion], blocks[emotion]) for emotion in task.classes]
        rows.append((TOTAL, utterances.total(), blocks.total()))
        known = dataset.name == _CORPUS
        found += [BlockCount(name, *row, published=_published(name, row[0]) if known else None) for row in rows]
    return found


def _published(task: str, emotion: str) -> tuple[int, int]:
    rows = facts("p4_blocks.csv")
    row = next(row for row in rows if (row["dataset"], row["emotion"]) == (task.upper(), emotion))
    return int(row["utterances"]), int(row["blocks"])
