"""What an attack says of itself that its rows cannot show: that it searches, and that its sources are settings."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from bench.scoring.records import Store, pooled_rows

PLUGIN = '''
from dataclasses import dataclass, replace
from typing import ClassVar

from bench import Perturbation, Traits


@dataclass(frozen=True)
class Turned:
    """The sound upside down or not, as it is drawn."""

    traits: ClassVar[Traits] = Traits(asks_once=True, settings=True)

    def apply(self, original, tools, rng):
        way = -1.0 if rng.random() < 0.5 else 0.5
        done = Perturbation("turned", "signal", f"{way}")
        return replace(original, waveform=original.waveform * way, perturbation=done)


COMPONENTS = {"attacks": {"turned": Turned}}
'''


def test_a_search_with_one_query_is_no_effect_and_a_declared_setting_is_no_sound(
    tmp_path: Path, bench_here: Callable, tiny_job: Callable
) -> None:
    (tmp_path / "mine.py").write_text(PLUGIN)
    attacks, plugin = ["boundary", "turned", "turned+environmental", "fade_in"], tmp_path / "mine.py"
    said = bench_here(
        *tiny_job(attack=attacks, k="1", out=tmp_path / "run", plugin=plugin, json=tmp_path / "scores.json")
    )
    assert said.code == 0, said.err
    told = {one["attack"]: one for one in json.loads((tmp_path / "scores.json").read_text())["pooled"]}
    assert told["boundary"]["perturbed"] is None, "UAR after it would be that after its first try alone"
    assert {one["median"] for one in told["boundary"]["queries"]} <= {1.0, None}
    assert told["boundary"]["queries"]
    for effect in attacks[1:]:
        assert told[effect]["perturbed"] is not None
        assert told[effect]["queries"] == []
    cells = {cell.description.names.attack: cell for cell in Store(tmp_path / "run").cells()}
    assert [name for name, cell in cells.items() if cell.description.search] == [
        name for name in cells if name.startswith("boundary")
    ]
    assert "search" not in cells["fade_in"].description.text
    for name in ("turned", "turned+environmental"):
        assert cells[name].description.settings == ("turned",)
        rows = pooled_rows([cells[name]])
        asked = rows[rows["query"] == 1]
        assert asked["source"].str.partition(" + ")[0].nunique() == 2
        beside = asked["source"].str.partition(" + ")[2]
        assert asked["sound"].isna().all() if name == "turned" else (asked["sound"] == beside).all()
