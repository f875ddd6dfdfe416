"""Options that several commands have, each written once: the speech, the noises, the machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Several = list[str]

Corpus = Annotated[str, typer.Option(metavar="SPEC", help="The speech.")]
CorpusRoot = Annotated[Path | None, typer.Option(metavar="DIR", help="The corpus's folder, where it is not embedded.")]
NoiseBanks = Annotated[
    Several, typer.Option(metavar="SPEC", help="The noises: of one bank, or of several put together.")
]
NoiseRoots = Annotated[list[Path], typer.Option(metavar="DIR", help="Their folder; of several banks, in their order.")]
NoiseMap = Annotated[
    Path | None, typer.Option(metavar="FILE", help="CSV folder,category: which folder is which category.")
]
Perception = Annotated[
    Path | None, typer.Option(metavar="FILE", help="CSV: which noises people hear as another emotion; else P1's.")
]
Defenses = Annotated[
    Several, typer.Option(metavar="SPEC", help='"none" is the bare victim; may be given several times.')
]
Fold = Annotated[str, typer.Option(metavar="N", help="Which fold of the split: 0, several (0,1), or all.")]
Seeds = Annotated[str, typer.Option(metavar="N,N", help="Seeds of training and search.")]
Repeats = Annotated[
    int | None,
    typer.Option(metavar="N", help="Measure each cell so often, with other draws; 3 under a randomised defence."),
]
Device = Annotated[str, typer.Option(metavar="auto|cpu|cuda", help="auto (a GPU where there is one), cpu, cuda.")]
Plugins = Annotated[list[Path], typer.Option(metavar="FILE", help="A Python file with components of yours.")]
