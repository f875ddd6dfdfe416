"""`bench listen`: hear and see what attacks do to single utterances."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.arguments import Corpus, CorpusRoot, NoiseBanks, NoiseMap, NoiseRoots, Perception, Plugins, Several

LIMIT = 3


def listen(
    attack: Annotated[
        Several,
        typer.Option(metavar="SPEC", help="What is heard: NAME or NAME:KEY=VALUE,...; may be given several times."),
    ],
    utterance: Annotated[Several, typer.Option(metavar="ID", help="Of the corpus; may be given several times.")] = [],  # noqa: B006
    limit: Annotated[
        int | None, typer.Option(metavar="N", help=f"In place of ids: so many, drawn by their ids; {LIMIT} by default.")
    ] = None,
    corpus: Corpus = "synthetic",
    corpus_root: CorpusRoot = None,
    noise_bank: NoiseBanks = ["embedded"],  # noqa: B006
    noise_root: NoiseRoots = [],  # noqa: B006
    noise_map: NoiseMap = None,
    perception: Perception = None,
    task: Annotated[
        str, typer.Option(metavar="NAME", help="Of the run that is listened to: fillers come from what it labels.")
    ] = "ahsn",
    seed: Annotated[int, typer.Option(metavar="N", help="Of the run that is listened to.")] = 0,
    plugin: Plugins = [],  # noqa: B006
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
