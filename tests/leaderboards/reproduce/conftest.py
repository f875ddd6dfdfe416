"""Records made by hand, of victims that are right as often as one says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
import pandas as pd
import pytest

from bench.scoring.record_files.descriptions import Description, RestsOn
from bench.scoring.record_files.names import CellNames, Setting
from bench.scoring.records import CellRecords

TRUTH = ("anger", "happiness", "sadness", "neutral")
SPEAKERS, EACH = 6, 100
RESTS = RestsOn("c", "n", "p1", 10.0, 1, "cpu", "code", {})


@cache
def asked(fold: int, each: int, classes: tuple[str, ...]) -> pd.DataFrame:
    """Who says what, and the true label: the same for every victim. `place` is its number of its class and speaker."""
    speaker, label, place = (grid.ravel() for grid in np.indices((SPEAKERS, len(classes), each)))
    truth, wrong = np.array(classes)[label], np.array(classes)[(label + 1) % len(classes)]
    told = pd.DataFrame({"speaker": [f"s{number}" for number in speaker], "label_true": truth})
    told["utterance"] = [f"{fold}-{one}-{name}-{at}" for one, name, at in zip(speaker, truth, place, strict=True)]
    return told.assign(number=speaker, wrong=wrong, place=place)


@pytest.fixture(scope="session")
def made() -> Callable[..., CellRecords]:
    """A finished cell of a victim that is right about `clean` of the utterances, and about `attacked` of them under the
    attack: of each class and speaker alike, but for `spread`, by which speakers differ under the attack."""

    def cell(
        defense: str,
        attack: str,
        clean: float,
        attacked: float | None,
        *,
        victim: str = "v",
        task: str = "ahsn",
        split: str = "k-fold",
        fold: int = 0,
        each: int = EACH,
        applied: float = 1.0,
        spread: float = 0.0,
        classes: Sequence[str] = TRUTH,
    ) -> CellRecords:
        names = CellNames(victim, defense, attack, Setting("c", "n", task, split, None), fold, seed=0)
        about = Description(names, attack, False, ("all",), {}, {}, RESTS, text="")
        everybody = asked(fold, each, tuple(classes))
        speaker, place = everybody["number"].to_numpy(), everybody["place"].to_numpy()
        truth, wrong = everybody["label_true"], everybody["wrong"]
        told = everybody[["speaker", "label_true", "utterance"]].assign(
            label_before=truth.where(place < round(clean * each), wrong)
        )
        rows = [told.assign(query=0, label_after=told["label_before"])]
        if attacked is not None:
            right = np.rint((attacked + spread * (speaker - (SPEAKERS - 1) / 2)) * each)
            heard = told.assign(query=1, label_after=truth.where(place < right, wrong))
            rows.append(heard[place < round(applied * each)])
        return CellRecords(f"{victim}/{defense}/{attack}", about, pd.concat(rows, ignore_index=True))

    return cell
