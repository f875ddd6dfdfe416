"""`bench reproduce p4_blocks`: P4's counts of utterances and blocks, from the corpus alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.cli.arguments import DATA, MACHINE, DryRun, Json, Offered, asking
from bench.cli.saying import say

if TYPE_CHECKING:
    from bench.evaluation.plans.options import Options

BLOCKS: Offered = {name: DATA[name] for name in ("corpus", "corpus_root")} | {"plugin": MACHINE["plugin"]}


@asking(BLOCKS, victims=("none",), device="cpu")
def p4_blocks(options: Options, dry_run: DryRun = False, json: Json = None) -> None:
    """Count utterances and one-second blocks, beside P4's Tables 2 and 3. Nothing is trained.

    With --corpus iemocap it says whether the counts are P4's; any other corpus is counted alone.
    """
    from bench.cli.report import check_json_target, write_json

    check_json_target(json)
    from bench.core.errors import DataError
    from bench.core.showing.progress import for_terminal
    from bench.evaluation.forecasts.forecast import Forecast
    from bench.evaluation.plans.isolating import registry_for
    from bench.evaluation.preparing.setup import read_corpus
    from leaderboards.reproduce.p4_blocks import TASKS, counts

    dataset = read_corpus(options, registry_for(options), for_terminal())
    if dry_run:
        if write_json(Forecast(()).to_json(), json):
            say("No cells: the corpus is there, and counting it trains nothing and asks nobody.")
        return
    found = counts(dataset)
    if not found:
        expected, remedy = f"the emotions of task {' or '.join(TASKS)}", "choose another corpus"
        raise DataError(f"corpus {dataset.name!r}", "none of P4's data sets", expected, remedy)
    if not write_json({"schema": 2, "counts": [one.to_json() for one in found]}, json):
        return
    for one in found:
        ours = f"{one.utterances:,} utterances, {one.blocks:,} blocks"
        beside = "" if one.published is None else f"; P4 {one.published[0]:,} and {one.published[1]:,}"
        word = {None: "", True: ": the same", False: ": not the same"}[one.same]
        say(f"{one.task} {one.emotion}: {ours}{beside}{word}")
