"""What people hear: P1's table, and a table of the user's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.contracts.perception import P1_TABLES, p1, read_perception
from bench.core.errors import DataError
from bench.core.storage.json_objects import JsonObject
from bench.scoring.record_files.descriptions import Description
from tests.bench.scoring.conftest import ABOUT

HEAD = "noise,activation_changed,valence_changed"


def written(tmp_path: Path, *lines: str, name: str = "mine.csv") -> Path:
    (tmp_path / name).write_text("\n".join(lines) + "\n")
    return tmp_path / name


def test_p1_found_these_perceptible() -> None:
    assert dict(p1().perceptible) == pytest.approx(
        {"filler": 0.10, "laugh": 0.17, "cry": 0.22, "speed_utterance": 0.28, "pitch": 0.29}
    )
    assert all(p1().is_imperceptible(name) for name in ("noise", "reverb", "drop_words", "speed_segment"))
    assert not p1().covers("mask_nouns")


def test_another_setting_than_the_one_that_was_studied_is_not_imperceptible() -> None:
    assert not p1().is_imperceptible("fade_in:percent_per_s=90.0")
    assert p1().covers("fade_in")
    assert p1().is_imperceptible("reverb:room=measured"), "P1 says no more of the room"


def test_a_study_of_one_s_own(tmp_path: Path) -> None:
    mine = read_perception(
        written(tmp_path, HEAD, "Reverb,0.2,0.01", "fade_in,0.01,0.02", "NatCo,0.04,0.00", "HumCo,0,0", "hiss,0.05,0")
    )
    assert mine.name == "mine"
    assert dict(mine.perceptible) == {"reverb": 0.2, "hiss": 0.05}
    assert mine.imperceptible == {"fade_in", "noise"}
    assert not mine.covers("pitch"), "it was not studied"
    assert mine.fingerprint != p1().fingerprint


def test_one_s_own_word_goes_before_the_share(tmp_path: Path) -> None:
    mine = read_perception(written(tmp_path, HEAD + ",perceptible", "reverb,0.2,0.1,no", "noise,0,0,YES", "cry,0.2,0,"))
    assert mine.imperceptible == {"reverb"}
    assert set(mine.perceptible) == {"noise", "cry"}


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ((HEAD,), "no rows"),
        (("noise,changed", "reverb,0.2"), "activation_changed"),
        ((HEAD, "reverb,0.2,1.2"), "line 2.*valence_changed.*'1.2'"),
        ((HEAD, "reverb,much,0"), "line 2.*activation_changed.*'much'"),
        ((HEAD, "reverb,nan,0"), "'nan'"),
        ((HEAD, ",0,0"), "no name"),
        ((HEAD + ",perceptible", "reverb,0,0,perhaps"), "'perhaps'.*yes or no"),
    ],
)
def test_a_table_that_is_none_is_named(tmp_path: Path, lines: tuple[str, ...], said: str) -> None:
    with pytest.raises(DataError, match=said):
        read_perception(written(tmp_path, *lines))


def test_a_table_of_ones_own_takes_nobodys_name(tmp_path: Path) -> None:
    """Whatever its file is called: results say which table they rest on, and never mix two."""
    mine = read_perception(written(tmp_path, HEAD, "noise,0.9,0.9", name="p1.csv"))
    assert mine.name == "p1"
    assert mine.called == f"p1 ({mine.fingerprint[:8]})"
    assert p1().called == "p1"
    assert p1().fingerprint == P1_TABLES[-1], "put a changed table's fingerprint after the others"
    about = ABOUT | {"perception": "p1"}
    named = [
        Description.of(JsonObject.of(tmp_path, about | {"perception_fingerprint": digest}, "")).rests_on.perception
        for digest in (p1().fingerprint, P1_TABLES[0], mine.fingerprint)
    ]
    assert named == ["p1", "p1", mine.called]
