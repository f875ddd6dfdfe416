"""Which slow libraries a command has imported."""

from __future__ import annotations

import subprocess
import sys

BUILT_ON = ("torch", "torchaudio", "librosa", "foolbox", "art", "numpy", "pandas", "tabulate")
HEAVY = (*BUILT_ON, "scipy", "numba", "sklearn", "pyarrow", "soundfile", "jinja2", "matplotlib")
START = f"""
import atexit, sys
heavy = {HEAVY!r}
atexit.register(lambda: print("imported:", *(name for name in heavy if name in sys.modules), file=sys.stderr))
from bench.cli.main import main
sys.argv[0] = "bench"
main()
"""


def heavy_after(words: list[str]) -> str:
    """The last line of a process's standard error: which slow libraries it has imported."""
    said = subprocess.run([sys.executable, "-c", START, *words], check=False, capture_output=True, text=True)
    return said.stderr.splitlines()[-1]
