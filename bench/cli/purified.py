"""`bench purified`: see what a purifier makes of an utterance's features."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.arguments import Corpus, CorpusRoot, Device, NoiseBanks, NoiseMap, NoiseRoots, Plugins
from bench.cli.victims_options import OneFold, OneSeed, OneTask, OneVictim, SplitName


def purified(
    victim: OneVictim = "cnn_gru",
    defense: Annotated[
        str, typer.Option(metavar="SPEC", help="One that cleans features: gan_purification.")
    ] = "gan_purification",
    attack: Annotated[str, typer.Option(metavar="SPEC", help="What is cleaned; it keeps the length.")] = "real_noise",
    utterance: Annotated[
        str | None, typer.Option(metavar="ID", help="Of the fold's test speakers; else one drawn by their ids.")
    ] = None,
    corpus: Corpus = "synthetic",
    corpus_root: CorpusRoot = None,
    noise_bank: NoiseBanks = ["embedded"],  # noqa: B006
    noise_root: NoiseRoots = [],  # noqa: B006
    noise_map: NoiseMap = None,
    task: OneTask = "ahsn",
    split: SplitName = "k-fold",
    fold: OneFold = "0",
    seed: OneSeed = "0",
    device: Device = "auto",
    plugin: Plugins = [],  # noqa: B006
    out: Annotated[Path, typer.Option(metavar="FILE", help="The picture: .png, .svg or .pdf (extra: plots).")] = Path(
        "purified.png"
    ),
) -> None:
    """See what a purifier makes of an utterance: its features clean, noisy and purified, and how they differ.

    The defended victim is trained where it is not yet, and kept: bench run with the same options finds it.
    """
    from bench.cli.victims_options import options_of
    from bench.options import check_writable

    asked = options_of(
        [victim],
        [defense],
        [task],
        corpus=corpus,
        corpus_root=corpus_root,
        noise_bank=noise_bank,
        noise_root=noise_root,
        noise_map=noise_map,
        split=split,
        fold=fold,
        seeds=seed,
        device=device,
        plugin=plugin,
    )
    check_writable(out.parent)

    from dataclasses import replace

    from bench.errors import UsageError
    from bench.progress import for_terminal
    from leaderboards.curve_plot import check_plot_target

    check_plot_target(out)
    if len(asked.folds) != 1 or len(asked.seeds) != 1:
        raise UsageError("--fold and --seed", f"{fold} and {seed}", "one of each", "for example --fold 0 --seed 0")

    from leaderboards.purified import compare, draw

    compared = compare(replace(asked, attacks=(attack,)), utterance, for_terminal())
    draw(compared, out)
    for name, distance in compared.distances().items():
        typer.echo(f"{name}: mean difference to the clean features {distance:.3f}")
    typer.echo(str(out))
