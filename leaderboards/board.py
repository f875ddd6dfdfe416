"""A leaderboard: scores of runs, ranked, as Markdown, CSV and plain HTML."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from bench.core.cache import appearing_file
from bench.data.splits import split_named
from bench.scoring.conditions import Score
from bench.scoring.descriptions import Counted, RestsOn
from bench.scoring.estimates import Estimate
from bench.scoring.names import Setting
from bench.scoring.results import PooledScores, Results

BOARD = ("attack", "corpus", "noise_bank", "task", "split", "limit", "corr", "noises", "k", "data")
"""Victims are ranked against each other only where all of these agree."""


@dataclass(frozen=True)
class BoardLine:
    """One ranked victim under one defence.

    Args:
        rank: 1 is best: the lowest Acc_att; equal figures share a rank.
        victim: spec.
        defense: spec, or "none".
        acc_att: share attacked successfully, of so many attacked utterances.
        clean_uar: UAR without an attack.
        speakers: whose utterances these are.
        folds: how many were put together.
        seeds: likewise.
    """

    rank: int
    victim: str
    defense: str
    acc_att: Estimate
    clean_uar: Estimate
    speakers: int
    folds: int
    seeds: int


@dataclass(frozen=True)
class BoardSetting:
    """Name what all lines of a board share: victims are ranked against each other only where all of it agrees.

    Args:
        attack: spec without corr and noises.
        setting: corpus, noise bank, task, split and limit.
        corr: whether the attacker is informed.
        noises: which successes are counted.
        k: queries allowed.
        data: which speech, noises and rules, in words.
    """

    attack: str
    setting: Setting
    corr: bool
    noises: Counted
    k: int
    data: str

    def columns(self) -> dict[str, object]:
        """Return the first columns of the CSV, by the names in `BOARD`."""
        condition = {"corr": self.corr, "noises": self.noises, "k": self.k, "data": self.data}
        return {"attack": self.attack, **self.setting.to_json(), **condition}


@dataclass(frozen=True)
class Board:
    """One ranking.

    Args:
        setting: what all lines share.
        lines: best first.
    """

    setting: BoardSetting
    lines: tuple[BoardLine, ...]

    @property
    def title(self) -> str:
        """Return the setting as one line."""
        about, of = self.setting, self.setting.setting
        limit = "" if of.limit is None else f", {of.limit} utterances a fold"
        leaks = " (speakers shared)" if split_named(of.split).leaks else ""
        return (
            f"{about.attack}, Corr {'yes' if about.corr else 'no'}, "
            f"{about.noises} noises, k = {about.k}: {of.task} on {of.corpus}, "
            f"{of.split}{leaks}, noises {of.noise_bank}{limit} ({about.data})"
        )


def boards(results: Results) -> list[Board]:
    """Rank victims and defences within each setting.

    Args:
        results: of one or more runs; folds and seeds are pooled.
    """
    groups: dict[BoardSetting, list[tuple[PooledScores, Score]]] = {}
    for entry in results.pooled:
        data = _data(entry.rests_on)
        for score in entry.scores:
            setting = BoardSetting(entry.attack, entry.setting, score.corr, score.noises, score.k, data)
            groups.setdefault(setting, []).append((entry, score))
    return [Board(setting, _ranked(entries)) for setting, entries in groups.items()]


def _data(rests_on: RestsOn) -> str:
    """Which speech, noises and rules: figures of others are not compared."""
    speech, noises = rests_on.corpus_fingerprint[:8], rests_on.noise_fingerprint[:8]
    return f"corpus {speech}, noises {noises}, above {rests_on.min_snr_db:g} dB, {rests_on.perception}"


def _ranked(entries: Sequence[tuple[PooledScores, Score]]) -> tuple[BoardLine, ...]:
    ordered = sorted(entries, key=lambda e: (e[1].acc_att.value, -e[0].clean.uar.value, e[0].victim, e[0].defense))
    figures = [score.acc_att.value for _, score in ordered]
    return tuple(
        BoardLine(
            rank=1 + figures.index(score.acc_att.value),
            victim=entry.victim,
            defense=entry.defense,
            acc_att=score.acc_att,
            clean_uar=entry.clean.uar,
            speakers=entry.speakers,
            folds=len(entry.folds),
            seeds=len(entry.seeds),
        )
        for entry, score in ordered
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
            figures = [bound for one in (line.acc_att, line.clean_uar) for bound in (one.value, *one.ci95)]
            rests_on = [line.acc_att.n, line.speakers, line.folds, line.seeds]
            shared = board.setting.columns().values()
            writer.writerow([*shared, line.rank, line.victim, line.defense, *figures, *rests_on])
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
