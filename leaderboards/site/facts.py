"""What the site needs of records beside their scores: which utterances fell, and at which query."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.contracts.threat_models import COUNTED, Counted
from bench.core.computing.collecting import collected_seldom
from bench.core.specs import NO_DEFENSE, Spec, bare
from bench.scoring.entries.fates import NEVER as NEVER
from bench.scoring.entries.fates import Fates, Names, NotedFates
from bench.scoring.entries.kept_scores import kept_fates
from bench.scoring.entries.sources import sources_in
from bench.scoring.entries.units import FinishedCell, units
from bench.scoring.record_files.descriptions import Description
from bench.scoring.record_files.same_models import named_alike
from bench.sharing.entry.receipt import Receipt
from leaderboards.receipts import card_in, check_cells, receipt_in
from leaderboards.site.track_names import TrackName
from leaderboards.site.tracks import Verified, who
from leaderboards.site.truths import check_truths

NOT_DRAWN = "not drawn"
"""What is said of an entry where others of its file were run again, and no cell of its own."""
KEPT_AUDIO = "audio"
"""Where runs keep sounds (`--keep-audio`)."""


@dataclass(frozen=True)
class CellFacts:
    """Hold what became of a cell's utterances, in the order of their ids.

    Args:
        about: the cell's description.
        fates: of its utterances.
        sounds: where its run keeps the cell's sounds, if it does.
        receipt: how the entry that it is of was verified; None where it was not.
        card: who made that entry, in one line.
        file: its records.
    """

    about: Description
    fates: Fates
    sounds: Path | None = None
    receipt: Receipt | None = None
    card: str = ""
    file: Path = Path()

    @property
    def key(self) -> str:
        """Return the key of the cell, by which its file is named."""
        return self.file.stem

    @property
    def utterances(self) -> Names:
        """Return their ids, shape (n,)."""
        return self.fates.utterances

    @property
    def speakers(self) -> Names:
        """Return who speaks each."""
        return self.fates.speakers

    @property
    def truths(self) -> Names:
        """Return the corpus's label of each."""
        return self.fates.truths

    @property
    def answers(self) -> Names:
        """Return what the victim says of each when nobody attacks."""
        return self.fates.answers

    @property
    def fell(self) -> Mapping[Counted, NDArray[np.int32]]:
        """Return by kind of noises that is counted the query at which each fell; 0 where it did not."""
        return self.fates.fell


@dataclass(frozen=True)
class Gathered:
    """Gather the facts of all cells that a site is made of.

    Args:
        cells: in the order of their descriptions.
    """

    cells: tuple[CellFacts, ...] = ()

    @classmethod
    @collected_seldom()
    def of(cls, folders: Iterable[Path], noted: NotedFates | None = None) -> Gathered:
        """Gather them from runs; a cell that several runs have counts once, halves of a bank and what fails do not.

        Args:
            folders: the runs, whose records have been read for their scores.
            noted: what was noted then; without it, they are read again.

        Raises:
            DataError: a receipt is none, or not that of the records beside it; or two runs do not agree on who speaks
                an utterance, or on its label.
        """
        known = NotedFates() if noted is None else noted
        found: dict[str, CellFacts] = {}
        for folder in folders:
            receipt, card = receipt_in(folder), card_in(folder)
            listed = known.sources[folder] if folder in known.sources else sources_in(folder, {})
            whole = {key: one for key, one in listed.items() if one.description.names.half is None}
            if receipt is not None:
                check_cells(folder, {key: one.file for key, one in listed.items()})
            fates = _fates([*whole.values()], known)
            for key, source in whole.items():
                own = fates.get(source.file or "")
                if key not in found and own is not None:
                    sounds, file = folder / KEPT_AUDIO / key, folder / "cells" / f"{key}.parquet"
                    found[key] = CellFacts(source.description, own, sounds, receipt, card, file)
        check_truths(found.values())
        order = sorted(found.values(), key=lambda one: one.about.text)
        return cls(tuple(named_alike(order, lambda one: one.about, lambda one, about: replace(one, about=about))))

    def by_entry(self) -> Mapping[tuple[TrackName, tuple[str, ...]], Sequence[CellFacts]]:
        """Return cells by their track and by who was attacked."""
        return self._by_entry

    @cached_property
    def _by_entry(self) -> dict[tuple[TrackName, tuple[str, ...]], list[CellFacts]]:
        """What `by_entry` returns: two ask for it."""
        found: dict[tuple[TrackName, tuple[str, ...]], list[CellFacts]] = {}
        for cell in self.cells:
            about, names = cell.about, cell.about.names
            track = TrackName.of(names.setting, about.rests_on, about.shared, about.corr)
            found.setdefault((track, who(names.victim, names.defense, about.rests_on)), []).append(cell)
        return found

    def verified(self) -> dict[tuple[TrackName, tuple[str, ...]], Verified]:
        """Return by track and entry how it was verified, in a word and in a line; without those that were not."""
        found: dict[tuple[TrackName, tuple[str, ...]], Verified] = {}
        for whose, cells in self.by_entry().items():
            receipts = list(dict.fromkeys(cell.receipt for cell in cells if cell.receipt is not None))
            if receipts and all(cell.receipt is not None for cell in cells):
                public = any(one.round and not one.held_out for one in receipts)
                again = sum(cell.receipt is not None and cell.key in cell.receipt.same for cell in cells)
                word = "public part verified" if public else "verified"
                says = [f"{again} of its {len(cells)} cells", *(one.says for one in receipts)]
                cards = dict.fromkeys(cell.card for cell in cells)
                found[whose] = word if again else NOT_DRAWN, "; ".join(says), "; ".join(cards)
        return found

    def seen(self) -> dict[str, frozenset[str]]:
        """Return by each defence's spec the names of the attacks and effects that it was made with."""
        found: dict[str, frozenset[str]] = {}
        for cell in self.cells:
            defense = cell.about.names.defense
            if defense != NO_DEFENSE and defense not in found:
                found[defense] = frozenset(_made_of(json.loads(cell.about.text)["fitting"].get("defense")))
        return found


def _fates(sources: Sequence[FinishedCell], noted: NotedFates) -> dict[str, Fates]:
    """What became of the utterances of some cells, by the digests of their files."""
    found: dict[str, Fates] = {}
    for places in units(sources):
        found |= kept_fates([sources[place] for place in places], noted)
    return found


def _made_of(told: object) -> Iterator[str]:
    """The names of all components within a defence, however deep."""
    if not isinstance(told, Mapping):
        return
    parts = told.get("made_of")
    for part in parts if isinstance(parts, list) else ():
        if isinstance(part, Mapping) and isinstance(spec := part.get("spec"), str):
            yield Spec.parse(bare(spec)).name
            yield from _made_of(part)


KINDS: tuple[Counted, ...] = tuple(reversed(COUNTED))
"""Kinds of noises, the widest first, as tables show them."""
