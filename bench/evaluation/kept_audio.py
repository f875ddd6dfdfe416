"""Adversarial sounds of finished cells as WAV files, to hear and to hand on."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from bench.audio.writing import wav_of
from bench.core.errors import BenchError
from bench.core.storage.cache import appearing_file
from bench.core.storage.files import read_file
from bench.evaluation.cell.descriptions import cell_key
from bench.evaluation.cell.experiment import Experiment
from bench.evaluation.plans.planned import Planned
from bench.evaluation.replay import rendered_again

if TYPE_CHECKING:
    import pandas as pd
    from torch import Tensor

    from bench.core.types import Utterance
    from bench.scoring.records import Store

FOLDER, TABLE = "audio", "sounds.csv"
_COLUMNS = ("utterance", "speaker", "label_true", "label_before", "label_after", "query", "snr_db", "source", "recipe")


def keep_audio(experiment: Experiment, planned: Sequence[Planned], store: Store, out: Path, most: int) -> None:
    """Write the first successes of every finished cell as WAV files, and their originals: 16 bits, the corpus's rate.

    They are rendered again from the records, so that cells that were finished before have them too. Files that are
    there are left as they are.

    Args:
        experiment: data and machine.
        planned: the cells.
        store: their records.
        out: the run's folder; a cell's sounds lie in `audio/KEY`, with a table of what they are.
        most: of so many utterances of each cell.
    """
    for plan in planned:
        key = cell_key(experiment, plan.cell)
        if store.has(key):
            speech = experiment.split(plan.cell.fitted).test
            count = _keep(experiment, speech, store, key, out / FOLDER / key, most)
            experiment.progress.say(f"kept {count} adversarial sounds in {out / FOLDER / key} ({plan.cell})")


def first_successes(rows: pd.DataFrame, most: int) -> pd.DataFrame:
    """Select the first success that lives on as a file, of each of the first utterances that have one.

    Args:
        rows: a cell's, as docs/records.md has them.
        most: of so many utterances.
    """
    won = rows[rows["accepted"] & (rows["survives_pcm"] != False)]  # noqa: E712  # None is not known
    firsts = won.sort_values("query", kind="stable").groupby("utterance", sort=False).head(1)
    order = {name: place for place, name in enumerate(rows["utterance"].unique())}
    return firsts.sort_values("utterance", key=lambda column: column.map(order), kind="stable").head(most)


def _keep(experiment: Experiment, speech: Sequence[Utterance], store: Store, key: str, folder: Path, most: int) -> int:
    """Write one cell's sounds, and count them."""
    by_id = {one.id: one for one in speech}
    told: list[dict[str, object]] = []
    for row in first_successes(store.read(key).rows, most).to_dict("records"):
        utterance = by_id[row["utterance"]]
        try:
            attacked = rendered_again(experiment, utterance, row["recipe"], speech, store.samples(key))
        except BenchError as error:
            experiment.progress.say(f"{utterance.id}: not rendered again: {error}")
            continue
        if attacked is None:
            continue
        name = f"{len(told) + 1:03d}-{re.sub(r'[^A-Za-z0-9._-]+', '_', utterance.id)[:80]}"
        _write(folder / f"{name}-original.wav", utterance.waveform, utterance.rate_hz)
        _write(folder / f"{name}-attacked.wav", attacked.waveform, utterance.rate_hz)
        told.append({"file": f"{name}-attacked.wav", **{column: _text(row[column]) for column in _COLUMNS}})
    if told:
        with appearing_file(folder / TABLE) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, ("file", *_COLUMNS))
            writer.writeheader()
            writer.writerows(told)
    return len(told)


def _text(value: object) -> object:
    """A cell of the table: nothing for a number that is not defined."""
    return "" if value is None or value != value else value  # noqa: PLR0124  # NaN is not itself


def _write(file: Path, waveform: Tensor, rate_hz: int) -> None:
    """A WAV file, where it is not there yet or says something else."""
    content = wav_of(waveform, rate_hz)
    with suppress(OSError):
        if read_file(file) == content:
            return
    with appearing_file(file) as temporary:
        temporary.write_bytes(content)
