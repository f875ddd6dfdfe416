"""`bench listen`: hear and see what attacks do to single utterances."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.arguments import ATTACK, DATA, LIMIT, MACHINE, ONE, OUT, PERCEPTION, Offered, Several, asking
from bench.cli.saying import say

if TYPE_CHECKING:
    from bench.evaluation.plans.options import Options

FEW = 3
_TASK = "Of the run that is listened to: fillers come from what it labels."
LISTEN: Offered = {
    "attack": replace(ATTACK, help="What is heard: " + ATTACK.help),
    **DATA,
    "perception": PERCEPTION,
    "task": replace(ONE["task"], help=_TASK),
    "limit": replace(LIMIT, help=f"In place of --utterance: so many, drawn by their ids; {FEW} by default."),
    "plugin": MACHINE["plugin"],
    "out": replace(OUT, help="Where index.html and the sounds go.", default=Path("bench-listen")),
}


@asking(LISTEN, victims=("none",), device="cpu")
def listen(
    options: Options,
    utterance: Annotated[Several, typer.Option(metavar="ID", help="Of the corpus; may be given several times.")] = [],  # noqa: B006
    seed: Annotated[int, typer.Option(metavar="N", help="Of the run that is listened to.")] = 0,
    study: Annotated[bool, typer.Option(help="Make a page for raters instead: does the emotion change?")] = False,
) -> None:
    """Hear what attacks do: original, perturbed and difference as WAV, and a page that shows them side by side.

    What is heard is what a run would put before its victim first; of a search, its first candidate. Needs no victim.
    """
    from bench.core.errors import UsageError

    if utterance and options.limit is not None:
        found = f"{options.limit} beside --utterance"
        raise UsageError("--limit", found, "one of the two", "leave --limit out to hear what you name")
    if seed < 0:
        raise UsageError("--seed", str(seed), "a whole number of at least 0", "for example --seed 0")
    from bench.core.showing.progress import for_terminal
    from bench.studies.listening.page import listen_to
    from bench.studies.listening.study import refuse_another

    options = replace(options, seeds=(seed,), limit=FEW if options.limit is None else options.limit)
    if study:
        _study(options, utterance)
        return
    refuse_another(options.out)
    page, effects = listen_to(options, utterance, for_terminal())
    for effect in effects:
        heard, left_out = len(effect.examples), len(effect.left_out)
        say(f"{effect.spec}: applies to {heard} of {heard + left_out} utterances")
    say(str(page))


def _study(options: Options, ids: list[str]) -> None:
    """Make a perception study, and say what it has."""
    from bench.core.showing.progress import for_terminal
    from bench.studies.listening.study import KEY, make_study

    page, pairs = make_study(options, ids, for_terminal())
    checks = sum(pair.check for pair in pairs)
    say(f"{len(pairs)} pairs, {checks} of them the original twice; {KEY} is the key, and not for raters")
    say(str(page))
