"""The site's other formats: what they hold, and that names of others are text in each."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from bench.core.showing.lookalikes import seen_as
from leaderboards.outside_text import as_markdown, in_spreadsheet, in_tex
from leaderboards.site.formats import FOLDER, as_csv, as_json, as_table, as_tex, files
from leaderboards.site.tracks import Track, tracks
from tests.leaderboards.made_site import FORMULA, SCRIPT, made


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[Track]:
    results, gathered = made(tmp_path_factory.mktemp("formats"))
    return tracks(results, gathered.seen())


@pytest.fixture(scope="module")
def schema(found: list[Track]) -> dict[str, Any]:
    return dict(json.loads(files(found)[FOLDER / "leaderboard.schema.json"]))


KINDS = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}


def wrong(value: Any, rule: dict[str, Any], whole: dict[str, Any], where: str = "$") -> Iterator[str]:
    """What contradicts a JSON Schema, of the words that ours uses."""
    if "$ref" in rule:
        rule = whole["$defs"][rule["$ref"].rpartition("/")[2]]
    kinds = rule.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(
        isinstance(value, KINDS[kind]) and isinstance(value, bool) <= (kind == "boolean") for kind in kinds
    ):
        yield f"{where}: {value!r} is no {kinds}"
    if ("const" in rule and value != rule["const"]) or ("enum" in rule and value not in rule["enum"]):
        yield f"{where}: {value!r}"
    if "pattern" in rule and not re.search(rule["pattern"], value):
        yield f"{where}: {value!r}"
    if isinstance(value, int) and value < rule.get("minimum", value):
        yield f"{where}: {value!r}"
    if isinstance(value, dict):
        more = rule.get("additionalProperties", True)
        yield from (f"{where}: no {name}" for name in rule.get("required", ()) if name not in value)
        for name, one in value.items():
            inner = rule.get("properties", {}).get(name, more)
            yield from (
                [f"{where}: {name} too"]
                if inner is False
                else wrong(one, inner if inner is not True else {}, whole, f"{where}.{name}")
            )
    if isinstance(value, list):
        if not rule.get("minItems", 0) <= len(value) <= rule.get("maxItems", len(value)):
            yield f"{where}: {len(value)} items"
        for place, one in enumerate(value):
            yield from wrong(one, rule.get("items", {}), whole, f"{where}[{place}]")


def test_the_json_is_as_its_schema_says(found: list[Track], schema: dict[str, Any]) -> None:
    told = json.loads(files(found)[FOLDER / "leaderboard.json"])
    assert list(wrong(told, schema, schema)) == []
    assert len(told["tracks"][0]["entries"]) == 10
    entry = told["tracks"][0]["entries"][0]
    entry["speakers"], entry["id"], entry["more"] = 0, "../..", 1
    del entry["victim"]
    assert len(list(wrong(told, schema, schema))) == 4, "and the check can fail"


def test_csv_has_every_view_unrounded_and_no_formula(found: list[Track]) -> None:
    lines = list(csv.DictReader(io.StringIO(as_csv(found))))
    (track,) = found
    assert len(lines) == 10 * len(track.ks) * len(track.noises)
    assert {line["victim"] for line in lines} == {
        *("cnn_gru", SCRIPT, "'" + FORMULA, r"gpj\u202eexe", r"red\x1b[31m|$x_1$"),
    }
    best = next(line for line in lines if (line["k"], line["noises"], line["rank"]) == ("6", "all", "1"))
    worst = track.standings[0].worst
    assert worst is not None
    assert float(best["robust_accuracy"]) == worst.score.robust_accuracy.value
    assert best["limit"] == ""
    for line in as_csv(found).splitlines():
        for value in next(csv.reader([line])):
            assert value[:1] not in tuple("=+@")
            assert value[:1] != "-" or float(value) < 0


def test_markdown_and_tex_keep_their_shape_whatever_the_names(found: list[Track]) -> None:
    table = as_table(found[0]).splitlines()
    rows = [line for line in table if line.startswith("|")]
    assert len(rows) == 2 + 10
    assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) == 1
    assert "<" not in "".join(rows).replace("&lt;", "")
    tex = as_tex(found[0])
    body = tex[tex.index(r"\midrule") : tex.index(r"\bottomrule")].splitlines()[1:]
    assert len(body) == 10
    assert all(line.endswith(r" \\") and len(re.findall(r"(?<!\\)&", line)) == 8 for line in body)
    assert all(one.isprintable() for one in tex.replace("\n", ""))


def test_a_table_for_a_paper_says_whose_figures_are_doubtful_and_on_whom_they_rest(found: list[Track]) -> None:
    rung = [[ring.bell.name for ring in one.entry.bells] for one in found[0].standings]
    assert any(rung)
    body = as_tex(found[0]).split(r"\midrule")[1].split(r"\bottomrule")[0].strip().splitlines()
    last = [line.removesuffix(r" \\").split(" & ")[-2:] for line in body]
    assert [doubts.split(", ") if doubts else [] for _, doubts in last] == rung
    assert all(re.match(r"\d+, \d+ speakers", rests) for rests, _ in last)


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="there is no pdflatex")
def test_the_tex_is_set(found: list[Track], tmp_path: Path) -> None:
    whole = "\\documentclass{article}\\usepackage[utf8]{inputenc}\\usepackage[T1]{fontenc}\\usepackage{booktabs}"
    (tmp_path / "a.tex").write_text(f"{whole}\\begin{{document}}{as_tex(found[0])}\\end{{document}}")
    words = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "a.tex"]
    assert subprocess.run(words, cwd=tmp_path, check=False, capture_output=True).returncode == 0


def test_pictures_are_whole_files(found: list[Track]) -> None:
    drawn = {place: text for place, text in files(found).items() if place.suffix == ".svg"}
    assert {place.name.partition("-")[0] for place in drawn} == {"curves", "benefit", "heat", "effects"}
    for text in drawn.values():
        root = ElementTree.fromstring(text)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert not any(one.tag.endswith("script") for one in root.iter())
        assert any("<script>" in (one.text or "") for one in root.iter()), "a name that is text"
        assert root.find("{http://www.w3.org/2000/svg}desc") is not None


def test_what_acts_elsewhere_is_text() -> None:
    for text in ("=1", "+1", "-1", "@x", " =1", "\t=1", "＝1"):
        assert str(in_spreadsheet(text)).startswith("'")
    assert in_spreadsheet(-1.5) == -1.5
    assert (
        in_tex("\\input{/etc/passwd} ^~") == r"\textbackslash{}input\{/etc/passwd\} \textasciicircum{}\textasciitilde{}"
    )
    assert "\x1b" not in as_markdown("\x1b[31m")


@pytest.mark.parametrize("blank", ["\u3164", "\u115f", "\uffa0", "\u2800", "\ufe0f", "\U000e0100", "\ue000", "\u0378"])
def test_what_is_not_seen_is_written_out_and_tells_no_names_apart(blank: str) -> None:
    assert as_markdown(f"cnn_gru{blank}") == f"cnn_gru{blank.encode('ascii', 'backslashreplace').decode()}".replace(
        "\\", "\\\\"
    )
    assert seen_as(f"cnn_gru{blank}") == seen_as("cnn_gru")


def test_markdown_makes_no_link_of_a_name() -> None:
    """GitHub makes one of an address alone, and a mention, and a formula."""
    shown = as_markdown("http://evil.example WWW.evil.example me@evil.example $x$ ~~y~~ _z_")
    assert not re.search(r"://|www\.|@|(?<!\\)[$~]|(?<![\\\w])_|(?<!\\)_ ", shown, flags=re.IGNORECASE)
    assert (
        html.unescape(shown).replace("\\", "") == "http://evil.example WWW.evil.example me@evil.example $x$ ~~y~~ _z_"
    )


def test_an_empty_board_has_its_files_too() -> None:
    assert as_json([])["tracks"] == []
    assert files([])[FOLDER / "leaderboard.csv"].startswith("track,corpus")
