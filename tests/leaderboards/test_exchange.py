"""Figures in others' formats: what each of them asks for is there, the same as on the page, and names are text."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from huggingface_hub import EvalResultEntry, parse_eval_result_entries
from huggingface_hub.repocard_data import model_index_to_eval_results

from bench.core.errors import UsageError
from leaderboards.site.build import build_site
from leaderboards.site.exchange.evidence import evidence_page
from leaderboards.site.exchange.figures import rendered
from leaderboards.site.exchange.files import SiteOptions
from leaderboards.site.exchange.headline import Headline
from leaderboards.site.formats import files
from leaderboards.site.pages import environment
from leaderboards.site.plots import pictures
from leaderboards.site.tracks import Track, tracks
from tests.leaderboards.made_site import SCRIPT, made

DAY = date(2026, 11, 29)
CHOSEN = SiteOptions(("png", "pdf"), DAY, "serbench/robustness")


@pytest.fixture(scope="module")
def track(tmp_path_factory: pytest.TempPathFactory) -> Track:
    results, gathered = made(tmp_path_factory.mktemp("exchange"))
    (found,) = tracks(results, gathered.seen())
    return found


@pytest.fixture(scope="module")
def heads(track: Track) -> list[Headline]:
    return [Headline(track, standing) for standing in track.standings]


@pytest.fixture(scope="module")
def written(track: Track) -> dict[str, str]:
    """What the site has beside pictures, by its place in `files`."""
    found = files([track], SiteOptions((), DAY, "serbench/robustness"))
    return {place.relative_to("files").as_posix(): text for place, text in found.items() if isinstance(text, str)}


def test_a_model_card_takes_the_figures(heads: list[Headline], written: dict[str, str]) -> None:
    for head in heads:
        told: dict[str, Any] = yaml.safe_load(written[f"hub/{head.name}.yaml"])
        name, results = model_index_to_eval_results(told["model-index"])
        assert "\u202e" not in name
        figures = {one.metric_type: one.metric_value for one in results}
        worst = head.standing.worst
        assert worst is not None
        assert figures == {
            "recall": head.entry.clean.value,
            "robust_accuracy": worst.score.robust_accuracy.value,
            "attack_success_rate": worst.score.acc_att.value,
        }
        assert {one.dataset_name for one in results} == {"emodb (ahsn, k-fold)"}
        lines = parse_eval_result_entries(yaml.safe_load(written[f"hub/{head.name}.eval_results.yaml"]))
        assert [type(one) for one in lines] == [EvalResultEntry] * 3
        assert [one.value for one in lines] == list(figures.values())


def test_every_eval_ever_gets_what_it_requires(heads: list[Headline], written: dict[str, str]) -> None:
    for head in heads:
        told = json.loads(written[f"every_eval_ever/{head.name}.json"])
        assert {*told} == {
            *("schema_version", "evaluation_id", "retrieved_timestamp", "source_metadata", "eval_library"),
            *("model_info", "evaluation_results"),
        }
        assert told["retrieved_timestamp"] == "1795910400"
        assert re.fullmatch(r"[\w.\-]+/[\w.\-]+", told["model_info"]["id"])
        for one in told["evaluation_results"]:
            assert {*one} >= {"evaluation_name", "source_data", "metric_config", "score_details"}
            inside = one["score_details"]["uncertainty"]["confidence_interval"]
            assert inside["lower"] <= one["score_details"]["score"] <= inside["upper"]
            assert one["metric_config"]["lower_is_better"] == one["metric_config"]["metric_id"].startswith("attack")
            parameters = one["metric_config"].get("metric_parameters")
            assert (parameters is None) == (one["metric_config"]["metric_id"] == "recall")


def test_croissant_describes_the_table_as_it_is(written: dict[str, str]) -> None:
    told, table = json.loads(written["croissant.json"]), written["leaderboard.csv"]
    (file,), (records,) = told["distribution"], told["recordSet"]
    assert file["sha256"] == hashlib.sha256(table.encode()).hexdigest()
    assert told["datePublished"] == "2026-11-29"
    columns = {one["source"]["extract"]["column"]: one["dataType"] for one in records["field"]}
    lines = list(csv.DictReader(io.StringIO(table)))
    assert list(columns) == list(lines[0])
    reads = {"sc:Integer": int, "sc:Float": float, "sc:Text": str, "sc:Boolean": {"True": 1, "False": 0}.__getitem__}
    for line in lines:
        for column, value in line.items():
            if value:
                reads[columns[column]](value)


def test_pictures_are_drawn_again_whatever_the_names(track: Track) -> None:
    drawn = pictures(track)
    assert len(drawn) == 4
    for one in drawn[1:3]:
        pdf = rendered(one, "pdf")
        assert pdf.startswith(b"%PDF")
        assert b"CreationDate" not in pdf
    smallest = min(drawn, key=lambda one: one.width * one.height)
    png = rendered(smallest, "png")
    assert png.startswith(b"\x89PNG")
    assert png == rendered(smallest, "png")
    assert int.from_bytes(png[16:20]) == 2 * smallest.width


def test_evidence_says_conditions_figures_and_what_is_missing(heads: list[Headline]) -> None:
    for head in heads:
        page = evidence_page(environment(), head)
        assert str(head.entry.clean) in page
        assert "not a\nstatement of conformity" in page
        assert "Nobody in the test is among the people that it was trained on" in page
        assert SCRIPT not in page
        assert "Data poisoning" in page


def test_the_site_links_what_was_asked_for(tmp_path: Path) -> None:
    results, gathered = made(tmp_path / "run")
    build_site(results, gathered, tmp_path / "plain")
    build_site(results, gathered, tmp_path / "site", SiteOptions((), DAY, "serbench/robustness"))
    for site, forms in (("plain", 2), ("site", 4)):
        for entry in (tmp_path / site / "entries").iterdir():
            linked = re.findall(r'href="(\.\./(?:files|evidence)/[^"]+)"', entry.read_text(encoding="utf-8"))
            assert len(linked) == forms
            assert all((entry.parent / place).is_file() for place in linked)
    assert not (tmp_path / "plain" / "files" / "every_eval_ever").exists()


@pytest.mark.parametrize(
    ("figures", "dated", "dataset", "where"),
    [
        ("svg", None, None, "--figures"),
        ("", "29.11.2026", None, "--dated"),
        ("", None, "no slash", "--hub-dataset"),
        ("", None, "a/../b", "--hub-dataset"),
        ("", None, "ä/b", "--hub-dataset"),
    ],
)
def test_what_is_no_format_day_or_dataset_is_named(
    figures: str, dated: str | None, dataset: str | None, where: str
) -> None:
    with pytest.raises(UsageError, match=where):
        SiteOptions.of(figures, dated, dataset)


def test_what_is_typed_is_read() -> None:
    assert SiteOptions.of("PNG, pdf,png", "2026-11-29", "serbench/robustness") == CHOSEN
