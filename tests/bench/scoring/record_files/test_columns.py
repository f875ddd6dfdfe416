"""Records as arrays: the same answers as tables give, which are slower and plainer."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench.contracts.threat_models import COUNTED
from bench.scoring.figures.answers import ClassAnswers
from bench.scoring.figures.dependence import crossed_with_speakers, crossing_ways
from bench.scoring.figures.searches import quietest_of
from bench.scoring.record_files.cell_records import unpacked
from bench.scoring.record_files.columns import TEXTS, USED, Columns, Texts, in_order, numbered
from bench.scoring.record_files.fast_reading import plain_schema, read_columns
from bench.scoring.record_files.pooled import PooledRecords
from bench.scoring.record_files.rows import Row, as_table, columns_of
from bench.scoring.scores import cell_numbers, first_successes, recognised, survives

LABELS = ("anger", "sadness", "neutral")


def drawn(seed: int, most: int) -> pd.DataFrame:
    """Records of three cells that share some utterances, whose every column has values and gaps."""
    rng = np.random.default_rng(seed)
    parts = []
    for fold, number in ((0, 0), (1, 0), (1, 1)):
        rows = []
        for one in rng.permutation(12)[:9]:
            truth, before = rng.choice(LABELS, 2).tolist()
            speaker = f"s{one % 4}"
            rows.append(Row(f"u{one}", speaker, 0, truth, before, before, survives_pcm=None))
            for query in range(1, int(rng.integers(1, most + 1)) + 1):
                won, some = bool(rng.random() < 0.4), bool(rng.random() < 0.5)
                about = {"snr_db": float(rng.integers(8, 30)) if some else None, "source": "a" if some else None}
                about |= {"imperceptible": [None, True, False][rng.integers(3)], "additive": [None, True][one % 2]}
                after = str(rng.choice(LABELS))
                rows.append(
                    Row(f"u{one}", speaker, query, truth, before, after, accepted=won, survives_pcm=won, **about)
                )
        parts.append(as_table(rows).to_pandas().assign(fold=fold, seed=number, repeat=0))
    return pd.concat(parts, ignore_index=True)


@pytest.mark.parametrize("most", [1, 6])
def test_arrays_say_what_tables_say(most: int) -> None:
    rows = drawn(most, most)
    records = PooledRecords.of(rows)
    for counted in COUNTED:
        found = first_successes(rows, counted)
        assert records.first(counted).tolist() == found["first"].tolist()
        assert records.listed().equals(found.drop(columns="first"))
        assert records.right.tolist() == recognised(rows, found).tolist()
        assert np.array_equal(records.quietest(3, counted), quietest_of(rows, 3, counted)["snr_db"], equal_nan=True)
        ways = crossed_with_speakers(found, rows)
        assert [way.tolist() for way in crossing_ways(records, "fitted")] == [
            numbered(Texts.of(np.asarray(way, dtype=object)).codes).tolist() for way in ways
        ]
    survived, known = survives(rows), records.survivors()
    assert survived is not None
    assert known is not None
    assert known.tolist() == survived.tolist()


def test_weights_of_answers_are_those_of_tables() -> None:
    rows = drawn(3, 2).query("query == 0").reset_index(drop=True)
    cell, label = cell_numbers(rows), rows.groupby("label_true", sort=False).ngroup()
    uar, war = ClassAnswers.in_table(rows).means()
    part = rows.groupby(["fold", "seed", "label_true"], sort=False).ngroup()
    share = 1 / part.groupby(cell).transform("nunique") / part.groupby(part).transform("size") / cell.nunique()
    assert (uar[1].tolist(), uar[2].tolist()) == (label.tolist(), share.tolist())
    assert war[2].tolist() == (1 / cell.groupby(cell).transform("size") / cell.nunique()).tolist()


def written(table: pa.Table, **how: object) -> bytes:
    into = io.BytesIO()
    pq.write_table(table, into, write_page_checksum=True, **how)
    return into.getvalue()


def test_files_are_read_as_tables_are() -> None:
    """Also one of several groups of rows, each with a dictionary of its own, and one without later columns."""
    table = as_table([Row(f"u{one // 3}", "s", one % 3, "anger", "anger", "sadness") for one in range(60)])
    table = table.set_column(7, "perturbation", pa.array(["x", None] * 30, pa.string()))
    for file in (table, table.drop_columns(["additive", "turn", "recipe"])):
        assert plain_schema(columns_of(file.schema))
        for how in ({}, {"row_group_size": 7}, {"use_dictionary": False}):
            found = read_columns([unpacked(written(one, **how), TEXTS, USED) for one in (file, table)])
            assert found is not None
            wanted = pd.concat([Columns.of(table.to_pandas()).frame()] * 2, ignore_index=True)
            assert found.frame()[[*wanted]].equals(wanted)
    assert not plain_schema(columns_of(table.drop_columns(["speaker"]).schema))
    assert not plain_schema([*columns_of(table.schema), ["query", "int32"]])
    assert read_columns([table, table.slice(0, 0)]) is None


def test_equal_texts_have_one_number() -> None:
    """A dictionary with a text twice would make two utterances of one."""
    twice = Texts.distinct(["a", "b", "a", None], np.array([0, 1, 2, 3, -1]))
    assert (twice.names.tolist(), twice.codes.tolist()) == (["a", "b"], [0, 1, 0, -1, -1])
    joined = Texts.joined([Texts.of(["b", None]), Texts.of(["a", "b"])])
    assert joined.spelt().tolist() == ["b", None, "a", "b"]
    assert [found.tolist() for found in in_order(np.array([], dtype=np.intp))] == [[], []]
