"""A leaderboard: scores of runs, ranked, as Markdown, CSV and plain HTML."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from bench.core.cache import appearing_file
from bench.data.splits import split_named
from bench.scoring.results import Results

BOARD = ("attack", "corpus", "noise_bank", "task", "split", "limit", "corr", "noises", "k", "data")
"""Victims are ranked against each other only where all of these agree."""


@dataclass(frozen=True)
class BoardLine:
    """One ranked victim under one defence.

    Args:
        rank: 1 is best: the lowest Acc_att; equal figures share a rank.
        victim: spec.
        defense: spec, or "none".
        acc_att: share attacked successfully.
        acc_att_ci95: its 95 % interval, clustered by speaker.
        clean_uar: UAR without an attack.
        clean_uar_ci95: its 95 % interval, clustered by speaker.
        n: utterances attacked.
        speakers: how many say them.
        folds: in how many folds.
        seeds: with how many seeds.
    """

    rank: int
    victim: str
    defense: str
    acc_att: float
    acc_att_ci95: tuple[float, float]
    clean_uar: float
    clean_uar_ci95: tuple[float, float]
    n: int
    speakers: int
    folds: int
    seeds: int


@dataclass(frozen=True)
class Board:
    """One ranking.

    Args:
        setting: attack, corpus, task, split, corr, noises, k: what all lines share.
        lines: best first.
    """

    setting: Mapping[str, Any]
    lines: tuple[BoardLine, ...]

    @property
    def title(self) -> str:
        """Write the setting as one line."""
        about = self.setting
        limit = "" if about["limit"] is None else f", {about['limit']} utterances a fold"
        leaks = " (speakers shared)" if split_named(about["split"]).leaks else ""
        return (
            f"{about['attack']}, Corr {'yes' if about['corr'] else 'no'}, "
            f"{about['noises']} noises, k = {about['k']}: {about['task']} on {about['corpus']}, "
            f"{about['split']}{leaks}, noises {about['noise_bank']}{limit} ({about['data']})"
        )


def boards(results: Results) -> list[Board]:
    """Rank victims and defences within each setting.

    Args:
        results: of one or more runs; folds and seeds are pooled.
    """
    groups: dict[tuple[str, ...], tuple[dict[str, Any], list[dict[str, Any]]]] = {}
    for entry in results.pooled:
        for score in entry["scores"]:
            setting = {name: {**entry, **score, "data": _data(entry["rests_on"])}[name] for name in BOARD}
            groups.setdefault(tuple(map(str, setting.values())), (setting, []))[1].append({**entry, **score})
    return [Board(setting, _ranked(entries)) for setting, entries in groups.values()]


def _data(rests_on: Mapping[str, Any]) -> str:
    """Which speech, noises and rules: figures of others are not compared."""
    speech, noises = rests_on["corpus_fingerprint"][:8], rests_on["noise_fingerprint"][:8]
    return f"corpus {speech}, noises {noises}, above {rests_on['min_snr_db']:g} dB, {rests_on['perception']}"


def _ranked(entries: Sequence[dict[str, Any]]) -> tuple[BoardLine, ...]:
    ordered = sorted(entries, key=lambda e: (e["acc_att"], -e["clean"]["uar"], e["victim"], e["defense"]))
    figures = [entry["acc_att"] for entry in ordered]
    return tuple(
        BoardLine(
            rank=1 + figures.index(entry["acc_att"]),
            victim=entry["victim"],
            defense=entry["defense"],
            acc_att=entry["acc_att"],
            acc_att_ci95=tuple(entry["ci95"]),
            clean_uar=entry["clean"]["uar"],
            clean_uar_ci95=tuple(entry["clean"]["uar_ci95"]),
            n=entry["n"],
            speakers=entry["speakers"],
            folds=len(entry["folds"]),
            seeds=len(entry["seeds"]),
        )
        for entry in ordered
    )


def write_board(results: Results, folder: Path) -> list[Path]:
    """Write `leaderboard.md`, `leaderboard.csv` and `index.html` into a folder, each whole or not at all.

    Args:
        results: of one or more runs; folds and seeds are pooled.
        folder: made where it is missing.

    Returns:
        The files.
    """
    found = boards(results)
    texts = {"leaderboard.md": _rendered("leaderboard.md.jinja"), "leaderboard.csv": as_csv}
    written = []
    for name, render in (texts | {"index.html": _rendered("index.html.jinja")}).items():
        with appearing_file(folder / name) as temporary:
            temporary.write_text(render(found), encoding="utf-8")
        written.append(folder / name)
    return written


def as_csv(found: Sequence[Board]) -> str:
    """Write every line of every board as CSV, the setting repeated in each; figures unrounded."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    interval = ("acc_att", "acc_att_low", "acc_att_high", "clean_uar", "clean_uar_low", "clean_uar_high")
    writer.writerow([*BOARD, "rank", "victim", "defense", *interval, "n", "speakers", "folds", "seeds"])
    for board in found:
        for line in board.lines:
            figures = [line.acc_att, *line.acc_att_ci95, line.clean_uar, *line.clean_uar_ci95]
            rests_on = [line.n, line.speakers, line.folds, line.seeds]
            writer.writerow([*board.setting.values(), line.rank, line.victim, line.defense, *figures, *rests_on])
    return text.getvalue()


def as_markdown(value: object) -> str:
    """Escape text for a line of Markdown: no mark-up of its own, neither Markdown nor HTML, and no second line.

    >>> as_markdown("a|b <i> [c](d)")
    'a\\\\|b &lt;i&gt; \\\\[c\\\\](d)'
    """
    line = " ".join(str(value).split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*|\[\]])", r"\\\1", line)


def _rendered(template: str) -> Callable[[Sequence[Board]], str]:
    environment = Environment(
        loader=PackageLoader("leaderboards"),
        autoescape=select_autoescape(["html", "html.jinja"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["figure"] = lambda value: f"{value:.2f}"
    environment.filters["cell"] = as_markdown
    loaded = environment.get_template(template)
    version = metadata.version("serbench")
    return lambda found: loaded.render(boards=found, version=version)
