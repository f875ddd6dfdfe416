"""Utterances have a sound in common where they were given the same one, and nothing by the setting of an effect."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.scoring.record_files.rows import Row
from bench.scoring.record_files.sounds import names_settings, sound_in
from bench.scoring.records import Store, pooled_rows
from bench.scoring.results import PooledScores, collect
from bench.scoring.statistics import difference_interval, proportion_interval
from leaderboards.reproduce.answers import level, read

SPEAKERS, EACH = 10, 12


def asked(sources: tuple[str, ...]) -> list[Row]:
    """Of each speaker some utterances, of which one in three is recognised no more, whatever the source."""
    rows = []
    for speaker in range(SPEAKERS):
        for place in range(EACH):
            said, source = (f"s{speaker}-{place}", f"s{speaker}"), sources[(place + speaker) % len(sources)]
            answer = "neutral" if (place + speaker // 2) % 3 == 0 else "anger"
            rows.append(Row(*said, 0, "anger", "anger", "anger"))
            rows.append(Row(*said, 1, "anger", "anger", answer, None, "x", "signal", source, False))
    return rows


def scored(folder: Path, about: dict[str, Any], attack: str, sources: tuple[str, ...]) -> PooledScores:
    """What is made of records of an attack that asked once with one of some sources."""
    told = {**about, "attack": attack, "attack_base": attack, "max_queries": 1}
    store = Store(folder / attack.replace(":", "_").replace(" ", ""))
    store.write("key", told, asked(sources))
    (pooled,) = collect([*store.cells()], [1]).pooled
    return pooled


@pytest.mark.parametrize(
    ("attack", "sources"),
    [
        ("pitch_semitone", ("+1 semitones", "-1 semitones")),
        ("mask_nouns:control=true", ("textblob: 1 of 8 words, at random", "textblob: 2 of 8 words, at random")),
        (
            "pitch_semitone+mask_nouns",
            ("+1 semitones + textblob: 1 of 8 words", "-1 semitones + textblob: 1 of 8 words"),
        ),
        ("drop_letters:rules=h+nd", ("HH", "D HH")),
    ],
)
def test_a_setting_is_no_sample_of_sounds(
    tmp_path: Path, about: dict[str, Any], attack: str, sources: tuple[str, ...]
) -> None:
    """Of UAR 0.67 over 120 utterances, half of them moved up and half down, it said "0.00 to 1.00"."""
    found = scored(tmp_path, about, attack, sources).perturbed
    assert found is not None
    assert found.uar is not None
    told = [row for row in asked(sources) if row.query]
    speakers, hits = [row.speaker for row in told], [row.label_after == row.label_true for row in told]
    assert found.uar.after.ci95 == pytest.approx(proportion_interval(hits, speakers), abs=1e-9)
    assert found.uar.change.ci95 == pytest.approx(difference_interval(hits, np.ones(len(hits)), speakers), abs=1e-9)


def test_a_setting_is_none_that_an_effect_of_somebody_else_declares(tmp_path: Path, about: dict[str, Any]) -> None:
    told = {**about, "found": {"settings": ["turned"]}}
    declared, silent = (
        scored(tmp_path / name, one, "turned", ("up", "down")).perturbed for name, one in (("d", told), ("s", about))
    )
    speakers = [row.speaker for row in asked(("up", "down")) if row.query]
    hits = [row.label_after == row.label_true for row in asked(("up", "down")) if row.query]
    assert declared is not None
    assert silent is not None
    assert declared.war.after.ci95 == pytest.approx(proportion_interval(hits, speakers), abs=1e-9)
    assert silent.war.after.low < declared.war.after.low < declared.war.after.high < silent.war.after.high
    assert sound_in("up + rain-03", "turned+environmental", ("turned",)) == "rain-03"
    assert not names_settings("turned")


def test_a_sound_beside_a_setting_is_one(tmp_path: Path, about: dict[str, Any]) -> None:
    sources = tuple(f"{way} semitones + rain-0{sound}" for sound in range(3) for way in ("+1", "-1"))
    found = scored(tmp_path, about, "pitch_semitone+environmental", sources).perturbed
    assert found is not None
    assert found.uar is not None
    told = [row for row in asked(sources) if row.query]
    speakers, hits = [row.speaker for row in told], [row.label_after == row.label_true for row in told]
    sounds = [str(row.source).partition(" + ")[2] for row in told]
    wanted = proportion_interval(hits, speakers, crossed=[sounds])
    assert found.uar.after.ci95 == pytest.approx(wanted, abs=1e-9)
    assert wanted != pytest.approx(proportion_interval(hits, speakers), abs=1e-3)


@pytest.mark.parametrize("attack", ["environmental", "pitch_semitone", "pitch_semitone+environmental"])
def test_tables_of_papers_and_scores_of_runs_print_the_same_interval(
    tmp_path: Path, about: dict[str, Any], attack: str
) -> None:
    """UAR under a noise, of the same records: tables heeded no sounds."""
    sources = tuple(f"+1 semitones + rain-0{sound}" if "+" in attack else f"rain-0{sound}" for sound in range(3))
    told = scored(tmp_path, about, attack, sources).perturbed
    (answers,) = read(Store(tmp_path / attack).cells())
    rows = answers.get("cnn_gru", "none", attack)
    assert told is not None
    assert told.uar is not None
    assert level(rows, "attacked") == told.uar.after
    assert level(rows, "attacked", "war") == told.war.after


def test_rows_that_are_put_together_say_which_sound(tmp_path: Path, about: dict[str, Any]) -> None:
    attack = "pitch_semitone+environmental"
    scored(tmp_path, about, attack, ("+1 semitones + rain-01", "-1 semitones + rain-01"))
    (cell,) = Store(tmp_path / attack).cells()
    rows = pooled_rows([cell])
    assert rows.loc[rows["query"] == 1, "sound"].unique().tolist() == ["rain-01"]
    assert rows.loc[rows["query"] == 0, "sound"].isna().all()
    plain = replace(cell, description=replace(cell.description, names=replace(cell.description.names, attack="reverb")))
    assert "sound" not in pooled_rows([plain])


def test_isolated_effects_and_those_given_with_parameters_are_known_by_their_names() -> None:
    assert names_settings("isolated:mask_nouns:control=true")
    assert names_settings("pitch:factor=0.75 + pitch_semitone:semitones=2.0")
    assert not names_settings("boundary:categories=natural+human")
    assert sound_in("factor=0.75 + +2 semitones", "pitch:factor=0.75 + pitch_semitone:semitones=2.0") == "factor=0.75"
