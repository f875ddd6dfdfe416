"""The measures on their way into the records: asked for on the command line, taken by the referee, written, read."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import pytest
import torch

from bench import AttackTools, Batch, Perturbation, Rng, Utterance
from bench.audio.signal import mix
from bench.evaluation.plans.options import Options
from bench.measures.catalogue import MEASURES, Measure, parse_measures
from bench.referee.referee import Referee
from bench.referee.search import AttackRun
from bench.scoring.record_files.rows import LATER, Row, as_table, optional_columns
from bench.scoring.records import Store
from bench.testing import CPU, TASK, sample_tools, sample_utterances

LIGHT = tuple(name for name, measure in MEASURES.items() if not measure.package)
UTTERANCES = sample_utterances(2, each=1)


@dataclass(frozen=True)
class LouderAndLouder:
    """Adds noise at 30, 20, 10.5 and 5 dB, then stretches: the last two are no successes by their SNR."""

    def search(self, original: Utterance, tools: AttackTools, rng: Rng) -> Generator[Utterance, bool, None]:
        noise = torch.from_numpy(rng.standard_normal(len(original.waveform)).astype("f4"))
        for snr_db in (30.0, 20.0, 10.5, 5.0):
            yield replace(original, waveform=mix(original.waveform, noise, snr_db))
        done = Perturbation("speed_utterance", "signal", "rate=1.25")
        yield replace(original, waveform=original.waveform[:-100], perturbation=done)


@dataclass(frozen=True)
class HearsAnyChange:
    """Says class 0 of the utterances as they were recorded, class 1 of all else."""

    def log_probs(self, batch: Batch) -> torch.Tensor:
        known = {float(utterance.waveform.sum()) for utterance in UTTERANCES}
        sums = [float(row[:length].sum()) for row, length in zip(batch.waveforms, batch.lengths, strict=True)]
        return (
            torch.nn.functional.one_hot(torch.tensor([s not in known for s in sums]).long(), 4).float().add(1e-6).log()
        )


def rows_with(measures: tuple[str, ...]) -> list[Row]:
    referee = Referee(HearsAnyChange(), TASK, CPU, measures=measures)
    return referee.run(AttackRun(LouderAndLouder(), "louder", sample_tools(max_queries=5), seed=0), UTTERANCES)


def test_the_columns_are_the_measures_in_their_order() -> None:
    names = tuple(column.name for column in optional_columns())
    assert names == (*MEASURES, *(column.name for column in LATER))


def test_a_measure_more_is_a_column_more_and_a_field_of_no_class(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, finished_run: tuple[Path, object]
) -> None:
    """One file of its own, and its line in the catalogue."""
    (tmp_path / "peak_change.py").write_text(
        "def peak_change(original, candidate):\n    return float(candidate.abs().max() - original.abs().max())\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    more = Measure("peak_change", "", -1.0, 1.0, "lower", "made up here", "peak_change:peak_change")
    catalogue = {**MEASURES, more.name: more}
    for module in ("measures.catalogue", "referee.examination", "scoring.record_files.rows"):
        monkeypatch.setattr(f"bench.{module}.MEASURES", catalogue)
    assert parse_measures("peak_change,seg_snr_db") == ("seg_snr_db", "peak_change")
    store = Store(tmp_path / "run")
    store.write("key", json.loads(next(Store(finished_run[0]).cells()).description.text), rows_with(("peak_change",)))
    found = store.read("key").rows
    assert found["peak_change"].notna().tolist() == found["accepted"].tolist()
    assert found["peak_change"].nunique() > 5


def test_accepted_candidates_alone_are_measured() -> None:
    rows = rows_with(LIGHT)
    assert {row.accepted for row in rows} == {True, False}
    for row in rows:
        if not row.accepted:
            assert row.measures == {}
        elif row.snr_db is None:
            assert row.measures == dict.fromkeys(LIGHT)
        else:
            assert tuple(row.measures) == LIGHT
            assert None not in row.measures.values()
    for utterance in UTTERANCES:
        own = [row.measures["nmr_db"] for row in rows if row.utterance == utterance.id and row.accepted]
        nmrs = [nmr for nmr in own if nmr is not None]
        assert len(nmrs) == 3
        assert nmrs == sorted(nmrs), "the more noise, the more is heard"


def test_measuring_changes_nothing_else() -> None:
    assert [replace(row, measures={}) for row in rows_with(LIGHT)] == rows_with(())


def test_those_not_asked_for_stay_null() -> None:
    table = as_table(rows_with(("nmr_db",))).to_pydict()
    assert any(value is not None for value in table["nmr_db"])
    assert set(table["seg_snr_db"]) == set(table["audible_share"]) == {None}


def test_they_are_read_as_they_were_written(tmp_path: Path, finished_run: tuple[Path, object]) -> None:
    cell = next(Store(finished_run[0]).cells())
    measures = {"seg_snr_db": 3.5, "nmr_db": -math.inf, "audible_share": 0.0, "pesq": None}
    rows = [Row("u", "s", 1, "a", "a", "b", 12.0, accepted=True, measures=measures)]
    Store(tmp_path).write("key", json.loads(cell.description.text), rows)
    table = Store(tmp_path).read("key").rows
    assert [str(table[name].dtype) for name in MEASURES] == ["float64"] * 5
    assert table.loc[0, ["seg_snr_db", "nmr_db", "audible_share"]].tolist() == [3.5, -math.inf, 0.0]
    assert table.loc[0, ["stoi", "pesq"]].isna().all()


@pytest.mark.slow
def test_a_run_keeps_them_and_scores_as_without(
    tmp_path: Path, bench_here: Callable, tiny_job: Callable, finished_run: tuple[Path, object]
) -> None:
    out = tmp_path / "run"
    said = bench_here(*tiny_job(out=out, json=tmp_path / "scores.json", measure=",".join(reversed(LIGHT))))
    assert said.code == 0, said.err
    plain = {cell.description.names.attack: cell for cell in Store(finished_run[0]).cells()}
    for cell in Store(out).cells():
        before = plain.pop(cell.description.names.attack)
        assert cell.key != before.key
        assert cell.description.measures == dict.fromkeys(LIGHT, "")
        assert before.description.measures == {}
        assert before.rows[list(MEASURES)].isna().all(axis=None)
        known = [column for column in cell.rows if column not in MEASURES]
        pd.testing.assert_frame_equal(cell.rows[known], before.rows[known])
        assert (cell.rows["nmr_db"].notna() == (cell.rows["accepted"] & cell.rows["snr_db"].notna())).all()
    assert not plain
    assert (tmp_path / "scores.json").read_text() == (finished_run[0].parent / "scores.json").read_text()


def test_a_name_that_is_not_known_is_refused_before_anything_is_read(bench_here: Callable, tmp_path: Path) -> None:
    said = bench_here("run", "--victim=cnn_gru", "--attack=boundary", "--measure=stoi,nmr", f"--out={tmp_path / 'new'}")
    assert said.code == 2
    assert "--measure: found 'nmr'; expected one of seg_snr_db" in said.err
    assert len(said.err.strip().splitlines()) == 1
    assert not (tmp_path / "new").exists()


def test_a_missing_package_is_refused_before_anything_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.measures.catalogue.find_spec", lambda name: None)
    with pytest.raises(Exception, match=r"serbench\[perceptual\]"):
        Options(("cnn_gru",), ("boundary",), measures=("stoi",))
