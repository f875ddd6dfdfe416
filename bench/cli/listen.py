"""`bench listen`: hear and see what attacks do to single utterances."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

LIMIT = 3

Several = list[str]


def listen(
    attack: Annotated[
        Several,
        typer.Option(metavar="SPEC", help="What is heard: NAME or NAME:KEY=VALUE,...; may be given several times."),
    ],
    utterance: Annotated[Several, typer.Option(metavar="ID", help="Of the corpus; may be given several times.")] = [],  # noqa: B006
    limit: Annotated[
        int | None, typer.Option(metavar="N", help=f"In place of ids: so many, drawn by their ids; {LIMIT} by default.")
    ] = None,
    corpus: Annotated[str, typer.Option(metavar="SPEC", help="The speech.")] = "synthetic",
    corpus_root: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The corpus's folder, where it is not embedded.")
    ] = None,
    noise_bank: Annotated[
        Several, typer.Option(metavar="SPEC", help="The noises: of one bank, or of several put together.")
    ] = ["embedded"],  # noqa: B006
    noise_root: Annotated[
        list[Path], typer.Option(metavar="DIR", help="Their folder; of several banks, in their order.")
    ] = [],  # noqa: B006
    noise_map: Annotated[
        Path | None, typer.Option(metavar="FILE", help="CSV folder,category: which folder is which category.")
    ] = None,
    perception: Annotated[
        Path | None, typer.Option(metavar="FILE", help="CSV: which noises people hear as another emotion; else P1's.")
    ] = None,
    task: Annotated[
        str, typer.Option(metavar="NAME", help="Of the run that is listened to: fillers come from what it labels.")
    ] = "ahsn",
    seed: Annotated[int, typer.Option(metavar="N", help="Of the run that is listened to.")] = 0,
    plugin: Annotated[list[Path], typer.Option(metavar="FILE", help="A Python file with components of yours.")] = [],  # noqa: B006
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where index.html and the sounds go.")] = Path(
        "bench-listen"
    ),
) -> None:
    """Hear what attacks do: original, perturbed and difference as WAV, and a page that shows them side by side.

    What is heard is what a run would put before its victim first; of a search, its first candidate. Needs no victim.
    """
    from bench.errors import UsageError
    from bench.options import Options

    if utterance and limit is not None:
        found = f"{limit} beside --utterance"
        raise UsageError("--limit", found, "one of the two", "leave --limit out to hear what you name")
    if seed < 0:
        raise UsageError("--seed", str(seed), "a whole number of at least 0", "for example --seed 0")
    options = Options(
        victims=("none",),
        attacks=tuple(attack),
        corpus=corpus,
        corpus_root=corpus_root,
        noise_banks=tuple(noise_bank),
        noise_roots=tuple(noise_root),
        noise_map=noise_map,
        perception=perception,
        tasks=(task,),
        seeds=(seed,),
        limit=LIMIT if limit is None else limit,
        device="cpu",
        plugins=tuple(plugin),
        out=out,
    )

    from bench.progress import for_terminal
    from leaderboards.listening_page import listen_to

    page, effects = listen_to(options, utterance, for_terminal())
    for effect in effects:
        heard, left_out = len(effect.examples), len(effect.left_out)
        typer.echo(f"{effect.spec}: applies to {heard} of {heard + left_out} utterances")
    typer.echo(str(page))
