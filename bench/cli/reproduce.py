"""`bench reproduce`: a paper's table from runs of one's own, with the published figures beside them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.arguments import Corpus, CorpusRoot, Defenses, Device, Fold, NoiseBanks, NoiseRoots, Seeds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leaderboards.reproduce.p1_table1 import Table

app = typer.Typer(help="A paper's table, ours beside the published one.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _group() -> None:
    """A paper's table, ours beside the published one."""


@app.command("p1_table1", short_help="What each noise costs a victim trained on clean speech.")
def p1_table1(
    victim: Annotated[list[str], typer.Option(metavar="SPEC", help="Who is tested.")] = ["cnn_gru"],  # noqa: B006
    defense: Defenses = ["none"],  # noqa: B006
    corpus: Corpus = "synthetic",
    corpus_root: CorpusRoot = None,
    noise_bank: NoiseBanks = ["embedded"],  # noqa: B006
    noise_root: NoiseRoots = [],  # noqa: B006
    task: Annotated[list[str], typer.Option(metavar="NAME", help="P1 has activation3 and valence3.")] = [  # noqa: B006
        "activation3",
        "valence3",
    ],
    split: Annotated[str, typer.Option(metavar="NAME", help="As in bench run.")] = "k-fold",
    fold: Fold = "all",
    seeds: Seeds = "0",
    device: Device = "auto",
    out: Annotated[Path, typer.Option(metavar="DIR", help="The run's folder; finished cells are kept.")] = Path(
        "bench-p1-table1"
    ),
    json: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write the tables as JSON to this file; - is standard output.")
    ] = None,
) -> None:
    """Run P1's 18 imperceptible noises and print its Table 1, ours beside the published figures.

    The same command goes on after an interruption.
    """
    from bench.options import Options, parse_folds, parse_seeds
    from leaderboards.reproduce.p1_table1 import published, tables

    options = Options(
        victims=tuple(victim),
        attacks=tuple(row.attack for row in published()),
        defenses=tuple(defense),
        ks=(1,),
        corpus=corpus,
        corpus_root=corpus_root,
        noise_banks=tuple(noise_bank),
        noise_roots=tuple(noise_root),
        tasks=tuple(task),
        split=split,
        folds=parse_folds(fold),
        seeds=parse_seeds(seeds),
        device=device,  # type: ignore[arg-type]  # checked by Options
        out=out,
    )

    from bench.api import execute
    from bench.cli.report import check_json_target, say_failures, write_json
    from bench.progress import for_terminal

    check_json_target(json)
    done = execute(options, for_terminal())
    found = tables(done.results)
    if write_json({"schema": 1, "tables": [table.to_json() for table in found]}, json):
        show(found)
    say_failures(done.failures, out)


def show(found: Sequence[Table]) -> None:
    """Print the tables, and in words where their order is the paper's."""
    from rich import box
    from rich.console import Console
    from rich.table import Table as Grid

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = max(console.width, 100)
    for table in found:
        about = table.about
        folds = ",".join(map(str, about["folds"]))
        console.print(
            f"\nP1, Table 1 · victim {about['victim']} · defense {about['defense']} · corpus {about['corpus']} · "
            f"noises {about['noise_bank']} · task {about['task']} · {about['split']} fold {folds} · "
            f"{about['speakers']} speakers · clean UAR {table.clean_uar:.2f}",
            markup=False,
            soft_wrap=True,
        )
        grid = Grid("noise", "SNR", "P1 Act", "P1 Val", f"ours, {about['task']}", "applied to", box=box.SIMPLE_HEAD)
        for row in table.rows:
            ours = (
                "-"
                if row.change is None or row.ci95 is None
                else f"{row.change:+.2f} [{row.ci95[0]:+.2f}, {row.ci95[1]:+.2f}]"
            )
            published = (f"{row.paper.activation:+.2f}", f"{row.paper.valence:+.2f}")
            grid.add_row(row.paper.noise, row.paper.snr_db, *published, ours, f"{row.applied} of {row.of}")
        console.print(grid)
        for claim, holds in table.claims():
            verdict = {True: "as in P1", False: "not as in P1", None: "not to be told"}[holds]
            console.print(f"{verdict}: {claim}", markup=False, soft_wrap=True)
        rho = table.rank_correlation()
        if rho is not None:
            console.print(f"rank correlation with P1's column for {table.column}: {rho:+.2f}", markup=False)
    if found:
        console.print(
            "\nChange of UAR from clean to noisy, over the utterances to which a noise applied; [95 % interval]."
        )
