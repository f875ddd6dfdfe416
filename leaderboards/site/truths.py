"""Whether runs on one board agree on the speech that they were attacked with: who speaks it, and how it is labelled."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING

from bench.core.errors import DataError

if TYPE_CHECKING:
    from leaderboards.site.facts import CellFacts

Known = dict[str, tuple[str, str, "CellFacts"]]


def check_truths(cells: Iterable[CellFacts]) -> None:
    """Refuse two records that have another speaker or true label for one utterance of the same corpus and task.

    One of them is of labels that the corpus does not have, whatever its fingerprint says: a victim that is always right
    can be made of any records so. In a task of numbers labels follow from answers, and speakers alone are compared.

    Args:
        cells: of one board.

    Raises:
        DataError: there are such; it names both.
    """
    by: dict[Hashable, Known] = {}
    seen: set[Hashable] = set()
    for cell in cells:
        about = cell.about
        of = about.rests_on.corpus_fingerprint, about.names.setting.task, about.names.setting.defined
        truths = cell.truths.tolist() if about.dimension is None else [""] * len(cell.utterances)
        told = tuple(zip(cell.utterances.tolist(), cell.speakers.tolist(), truths, strict=True))
        if (of, told) not in seen:
            seen.add((of, told))
            known = by.setdefault(of, {})
            for utterance, speaker, truth in told:
                _check(utterance, (speaker, truth), known.setdefault(utterance, (speaker, truth, cell)), cell)


def _check(utterance: str, own: tuple[str, str], other: tuple[str, str, CellFacts], cell: CellFacts) -> None:
    if own != other[:2]:
        found, expected = (" · ".join(filter(None, one)) for one in (own, other[:2]))
        found, where = f"utterance {utterance!r:.80} as {found!r:.80}", f"{expected!r:.80}, as {other[2].file} has it"
        raise DataError(cell.file, found, where, "leave out the run that you do not trust")
