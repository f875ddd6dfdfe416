"""The measures on their way into the records: asked for on the command line, taken by the referee, written, read."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from dataclasses import dataclass, fields, replace
from pathlib import Path

import pandas as pd
import pytest
import torch

from bench import AttackTools, Batch, Perturbation, Rng, Utterance
from bench.audio.signal import mix
from bench.core.result_code import code_of_module
from bench.evaluation.options import Options
from bench.measures.catalogue import MEASURES
from bench.referee.referee import Referee
from bench.referee.search import AttackRun
from bench.scoring.records import Row, Store
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


def without_measures(row: Row) -> Row:
    return replace(row, **dict.fromkeys(MEASURES))


def test_the_columns_are_the_measures_in_their_order() -> None:
    assert tuple(field.name for field in fields(Row))[-len(MEASURES) :] == tuple(MEASURES)


def test_accepted_candidates_alone_are_measured() -> None:
    rows = rows_with(LIGHT)
    assert {row.accepted for row in rows} == {True, False}
    for row in rows:
        found = [getattr(row, name) for name in LIGHT]
        if row.accepted and row.snr_db is not None:
            assert None not in found
        else:
            assert found == [None] * len(LIGHT)
    for utterance in UTTERANCES:
        nmrs = [row.nmr_db for row in rows if row.utterance == utterance.id and row.nmr_db is not None]
        assert len(nmrs) == 3
        assert nmrs == sorted(nmrs), "the more noise, the more is heard"


def test_measuring_changes_nothing_else() -> None:
    assert list(map(without_measures, rows_with(LIGHT))) == rows_with(())


def test_those_not_asked_for_stay_null() -> None:
    rows = rows_with(("nmr_db",))
    assert any(row.nmr_db is not None for row in rows)
    assert all(row.seg_snr_db is None and row.audible_share is None for row in rows)


def test_they_are_read_as_they_were_written(tmp_path: Path, finished_run: tuple[Path, object]) -> None:
    cell = next(Store(finished_run[0]).cells())
    rows = [Row("u", "s", 1, "a", "a", "b", 12.0, accepted=True, seg_snr_db=3.5, nmr_db=-math.inf, audible_share=0.0)]
    Store(tmp_path).write("key", cell.description, rows)
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
    plain = {cell.description["attack"]: cell for cell in Store(finished_run[0]).cells()}
    for cell in Store(out).cells():
        before = plain.pop(cell.description["attack"])
        assert cell.key != before.key
        told = {name: {"version": "", "digest": code_of_module(MEASURES[name].place.split(":")[0])} for name in LIGHT}
        assert cell.description["measures"] == told
        assert "measures" not in before.description
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
