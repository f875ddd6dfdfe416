"""The names that published collections give their folders and files."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.data.noises.naming import (
    DEMAND,
    ESC50,
    category_of,
    demand_channel,
    demand_environment,
    esc50_class,
    esc50_numbered,
    recording_of,
)


@pytest.mark.parametrize(
    ("folder", "category"),
    [
        ("001 - Dog bark", "natural"),
        ("010 - Fire crackling", "natural"),
        ("crackling_fire", "natural"),
        ("Sea Waves", "natural"),
        ("108 - Insects (flying)", "natural"),
        ("310 - Drinking - sipping", "human"),
        ("Sneezing", "human"),
        ("006 - Person sneeze", "human"),
        ("clock_tick", "interior"),
        ("404 - Door - wood creaks", "interior"),
        ("Interior/domestic sounds", "interior"),
        ("510 - Hand saw", "exterior"),
        ("Nat", "natural"),
        ("Hum", "human"),
        ("Int", "interior"),
        ("crowd", "crowd"),
        ("Café", "crowd"),
        ("OMEETING", "meeting"),
        ("PSTATION", "station"),
        ("White noise", "white"),
        ("SCAFE_48k", "crowd"),
        ("laugh", "laugh"),
        ("Laughter", "laugh"),
        ("Crying, sobbing", "cry"),
        ("laughing", "human"),
        ("004 - Baby cry", "human"),
        ("my office", None),
        ("12", None),
    ],
)
def test_published_names(folder: str, category: str | None) -> None:
    assert category_of(folder) == category


def test_esc50s_classes() -> None:
    assert len(ESC50) == 50
    assert len(set(ESC50)) == 50
    assert Counter(category for _, category in ESC50) == {"natural": 20, "human": 10, "interior": 10, "exterior": 10}
    assert all(category_of(name) == category for name, category in ESC50)
    assert all(esc50_class(name) == name for name, _ in ESC50)
    numbered = [esc50_numbered(f"1-100032-A-{i}") for i in (0, 19, 20, 30, 40, 49)]
    wanted = ("natural", "natural", "human", "interior", "exterior", "exterior")
    assert tuple(found and found[1] for found in numbered) == wanted
    assert esc50_numbered("1-100032-A-50") is None


def test_demands_environments() -> None:
    assert len(DEMAND) == 18
    for name in DEMAND:
        for folder in (name, name.upper(), f"{name.upper()}_16k", f"{name.upper()}_48k"):
            assert demand_environment(folder) == name.upper()
            assert category_of(folder) == category_of(name) is not None
    assert demand_environment("DKITCHEN_96k") is demand_environment("DKITCHENS") is None
    assert [demand_channel(stem) for stem in ("ch01", "CH16", "ch17", "ch00", "ch1", "chime")] == [1, 16, *[None] * 4]


def test_clips_of_one_recording_share_their_source() -> None:
    assert recording_of("5-189212-A") == recording_of("5-189212-B") == recording_of("5-189212-C-12")
    assert recording_of("5-189213-A") != recording_of("5-189212-A")
    assert recording_of("kettle") == "kettle"


@given(st.text(max_size=40))
def test_any_name_has_a_category_or_none(name: str) -> None:
    assert category_of(name) in {
        None,
        "natural",
        "human",
        "interior",
        "exterior",
        "crowd",
        "meeting",
        "station",
        "white",
        "laugh",
        "cry",
    }
    assert esc50_numbered(name) is None or name.count("-") == 3
    recording_of(name)
