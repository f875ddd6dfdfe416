"""`bench reproduce claims`: every claim that several tables judged, in one table, corrected as one family."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.arguments import Json
from bench.cli.saying import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leaderboards.reproduce.all_claims import JudgedClaims, StatedClaim

Files = Annotated[list[Path], typer.Argument(metavar="FILE...", help="Written by bench reproduce TABLE --json FILE.")]
Markdown = Annotated[bool, typer.Option("--markdown", help="Print the table as Markdown, for a page.")]
_HEAD = ("paper", "claim", "published", "ours", "p of its table", "p of all", "verdict of all")
_LEAST_WIDTH = 160


def claims(files: Files, markdown: Markdown = False, json: Json = None) -> None:
    """Put the claims of several tables into one, each with its figure, interval and verdict.

    Nothing is run. The p of all claims that have a test are adjusted together, and beside it those of each file: the
    more is claimed, the less is decided. Signs of speakers are flipped for all claims at once (Westfall and Young's
    step-down test); for files of versions that kept no sums of speakers it is Holm's rule.
    """
    from bench.cli.report import check_json_target, write_json

    check_json_target(json)

    from leaderboards.reproduce.all_claims import counted, read_all

    judged = read_all(files)
    found = judged.claims
    told = {"claims": [one.to_json() for one in found], "verdicts": counted(found), "corrected_by": judged.rule}
    if not write_json({"schema": 2, **told}, json):
        return
    for rests_on in dict.fromkeys(one.rests_on for one in found):
        _print([one for one in found if one.rests_on == rests_on], markdown)
    summary = " · ".join(f"{count} {word}" for word, count in counted(found).items())
    say(f"\n{summary}. {_corrected(judged)}")


def _corrected(judged: JudgedClaims) -> str:
    """Say how the verdicts are corrected, and what stood in the way of the better rule."""
    from bench.cli.reproduce_show import RULES

    tested = [one for one in judged.claims if one.p is not None]
    over = f"p {RULES[judged.rule]} over the {len(tested)} claims with a test"
    if judged.without_sums:
        names = ", ".join(str(path) for path in judged.without_sums)
        return f"{over}: an older version wrote {names}, without the sums of speakers. Run its command again."
    speakers = {name for one in tested if one.by_speaker is not None for name in one.by_speaker.speakers}
    return f"{over}, of {len(speakers)} speakers." if tested else f"{over}."


def _print(own: Sequence[StatedClaim], markdown: bool) -> None:
    from rich import box
    from rich.table import Table

    from bench.cli.tables import print_table
    from bench.core.showing.consoles import PlainConsole

    one = own[0]
    lists = [", ".join(map(str, numbers)) for numbers in (one.folds, one.seeds)]
    rests = f"{one.rests_on} · fold {lists[0]} · seed {lists[1]} · {one.n} utterances of {one.speakers} speakers"
    if markdown:
        from leaderboards.outside_text import as_markdown

        rows = [_HEAD, ("---",) * len(_HEAD), *(tuple(as_markdown(word) for word in _words(claim)) for claim in own)]
        say(f"\n{as_markdown(rests)}\n\n" + "\n".join(f"| {' | '.join(row)} |" for row in rows))
        return
    console = PlainConsole()
    if not console.is_terminal:
        console.width = max(console.width, _LEAST_WIDTH)
    console.print(f"\n{rests}", soft_wrap=True)
    grid = Table(*_HEAD, box=box.SIMPLE_HEAD)
    for claim in own:
        grid.add_row(*_words(claim))
    print_table(console, grid)


def _words(claim: StatedClaim) -> tuple[str, ...]:
    from bench.cli.reproduce_show import p_value

    ours = "–" if claim.ours is None else "{:+.2f} [{:+.2f}, {:+.2f}]".format(*claim.ours)
    published = "–" if claim.published is None else f"{claim.published:+.2f}"
    p = ("–" if one is None else p_value(one).removeprefix("= ") for one in (claim.p_own, claim.p_adjusted))
    verdict = claim.verdict if claim.why is None else f"{claim.verdict}: {claim.why}"
    return claim.paper, claim.text, published, ours, *p, verdict
