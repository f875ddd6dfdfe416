"""`bench verify`: what somebody submitted, checked and run again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.arguments import Json
from bench.cli.saying import say

if TYPE_CHECKING:
    from bench.isolation.limits import Limits
    from bench.sharing.entry.rounds import Round, RoundSecret
    from bench.sharing.entry.verified import Verification

_CELLS = "Run so many cells again, drawn at random."
_SEED = "Draw the cells by this seed, to make a receipt again; by default by one that nobody knows beforehand."
_ROUND = "The round that the entry is in: the public file of bench leaderboard round."
_SECRET = "The round's secret, once you have it: the held-out part is run too."  # noqa: S105
_TRUSTED = "Run the entry's code in this process: for what you wrote yourself."
_MINUTES = "How long a cell may take."
_RECEIPT = "Where the receipt goes; beside the entry by default."


def verify(
    file: Annotated[Path, typer.Argument(help="What bench submit wrote.", metavar="FILE")],
    cells: Annotated[int, typer.Option(metavar="N", help=_CELLS)] = 3,
    all_cells: Annotated[bool, typer.Option("--all", help="Run all cells again.")] = False,
    seed: Annotated[int | None, typer.Option(metavar="N", help=_SEED)] = None,
    round_file: Annotated[Path | None, typer.Option("--round", metavar="FILE", help=_ROUND)] = None,
    secret: Annotated[Path | None, typer.Option(metavar="FILE", help=_SECRET)] = None,
    corpus_root: Annotated[Path | None, typer.Option(metavar="DIR", help="Your copy of the corpus.")] = None,
    noise_root: Annotated[list[Path] | None, typer.Option(metavar="DIR", help="Your copy of the noises.")] = None,
    noise_map: Annotated[Path | None, typer.Option(metavar="FILE", help="CSV folder,category.")] = None,
    perception: Annotated[Path | None, typer.Option(metavar="FILE", help="CSV, where it is not P1's.")] = None,
    device: Annotated[str, typer.Option(metavar="auto|cpu|cuda", help="Where victims compute.")] = "cpu",
    trusted: Annotated[bool, typer.Option("--trusted", help=_TRUSTED)] = False,
    cell_minutes: Annotated[float, typer.Option(metavar="N", help=_MINUTES)] = 60.0,
    receipt: Annotated[Path | None, typer.Option(metavar="FILE", help=_RECEIPT)] = None,
    json: Json = None,
) -> None:
    """Check what somebody submitted, and run a sample of its cells again, its code in a sandbox.

    Exit code 0: what was run came out again; 1: something did not, or could not be run; 2: refused as it is.
    """
    from bench.cli.report import check_json_target, write_json
    from bench.core.errors import UsageError
    from bench.core.showing.progress import for_terminal
    from bench.evaluation.plans.options import check_choice, check_writable
    from bench.sharing.entry.receipt import receipt_of
    from bench.sharing.entry.rerunning import Conditions
    from bench.sharing.entry.verification import VerificationAsked
    from bench.sharing.entry.verification import verify as verified

    check_json_target(json)
    check_choice("--device", device, ("auto", "cpu", "cuda"))
    target = receipt or receipt_of(file)
    check_writable(target.parent, "--receipt")
    if cells < 1 or not 0 < cell_minutes < float("inf"):
        raise UsageError("--cells", str(cells), "at least 1, of some minutes each", "leave it out for 3")
    of, known = _round(round_file, secret)
    data = (corpus_root, tuple(noise_root or ()), noise_map, perception)
    where = Conditions(*data, device, trusted, _limits(), 60 * cell_minutes)
    asked = VerificationAsked(where, None if all_cells else cells, seed, of, known)
    found = verified(file, asked, for_terminal())
    found.write(target)
    if write_json(found.to_json(), json):
        _print(found)
        say(f"receipt: {target}")
    if found.outcome != "verified":
        raise typer.Exit(1)


def _round(public: Path | None, secret: Path | None) -> tuple[Round | None, RoundSecret | None]:
    from bench.core.errors import UsageError
    from bench.sharing.entry.rounds import Round, RoundSecret

    if public is None:
        if secret is not None:
            raise UsageError("--secret", "it without --round", "the public file too", "give --round FILE")
        return None, None
    of = Round.read(public)
    return of, None if secret is None else RoundSecret.read(secret, of)


def _limits() -> Limits:
    """A machine's own, but for what keeps a stranger's code from taking long."""
    from dataclasses import replace

    from bench.isolation.limits import Limits

    usual = Limits.of_this_machine()
    return replace(usual, answer_s=min(usual.answer_s, 60.0), scratch=min(usual.scratch, 1 << 28))


def _print(found: Verification) -> None:
    from bench.cli.tables import narrow_table, print_table
    from bench.core.showing.consoles import PlainConsole
    from bench.sharing.entry.verified import widest

    console = PlainConsole()
    if not console.is_terminal:
        console.width = max(console.width, 120)
    table = narrow_table("victim", "defence", "attack", "fold", "n", "submitted", "again", "differ", "p", "verdict")
    for cell in found.cells:
        one = widest(cell)
        figures = ["–"] * 4
        if one is not None:
            figures = [f"{one.submitted:.3f}", f"{one.again:.3f}", f"+{one.gained} −{one.lost}", f"{one.p:.2g}"]
        names = [str(cell.names[name]) for name in ("victim", "defense", "attack", "fold")]
        table.add_row(*names, str(cell.n), *figures, cell.verdict)
    print_table(console, table)
    for cell in found.cells:
        if cell.reason:
            say(f"{cell.verdict}: {cell.names['victim']} under {cell.names['defense']}: {cell.reason}")
    _print_sums(found)


def _print_sums(found: Verification) -> None:
    from bench.scoring.inference.mcnemar import LEVEL, POWER, smallest_share_seen

    pooled = found.pooled
    ties = sum(cell.ties for cell in found.cells)
    say("Robust accuracy at the greatest k. Differ: utterances that came out more robust, and less, than submitted.")
    say(f"p: McNemar's exact test; below {LEVEL:g} is different. {ties} utterances were ties and are left out.")
    say(f"All {pooled.n} outcomes together: +{pooled.gained} −{pooled.lost}, p = {pooled.p:.2g}.")
    share = smallest_share_seen(pooled.n)
    seen = "no lie would have been seen: run more cells" if share is None else f"{share:.1%} of them altered one way"
    say(f"What would have been seen with {POWER:.0%} power: {seen}.")
    for one in found.held_out:
        figure = one.robust_accuracy
        told = one.reason if figure is None else f"{figure[0]:.3f} [{figure[1]:.3f}, {figure[2]:.3f}], n = {one.n}"
        say(f"held out: {one.names['victim']} under {one.names['defense']}, {one.names['attack']}: {told}")
    if found.round and not found.held_out:
        say(f"Round {found.round['name']} is open: the public part alone was looked at.")
    part = "public part verified" if found.round and not found.held_out else "verified"
    said = part if found.outcome == "verified" else found.outcome
    say(f"{said}: {len(found.cells)} of {found.of} cells were run again (seed {found.seed}).")
