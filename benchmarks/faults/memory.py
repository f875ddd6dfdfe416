"""Grids that get little memory on a CPU: what is said, and what is lost?

    python -m benchmarks.faults.memory

Each command is given so much address space beyond what it has when it begins, from very little to plenty. It must end
with exit code 0 (done), 1 (a cell failed) or 2 (refused) and show no traceback; afterwards the same command without a
bound goes on, and its records must be those of an undisturbed run. Linux.
"""

from __future__ import annotations

import resource
import sys
import tempfile
from pathlib import Path

from benchmarks.faults.tiny import begun, finished, plan, records

EXTRA_MB = (4, 16, 32, 64, 128, 256, 512, 2048)


def bounded(file: Path, out: Path, cache: Path, extra_mb: int) -> tuple[int, str]:
    """Run a grid that gets no more than so much memory; return its exit code and what it said.

    Args:
        file: the plan.
        out: the run's folder.
        cache: its cache.
        extra_mb: MB beyond what it has at its start.
    """
    with begun(file, out, cache) as going:
        pages = int(Path(f"/proc/{going.pid}/statm").read_text().split()[0])
        bound = pages * resource.getpagesize() + (extra_mb << 20)
        resource.prlimit(going.pid, resource.RLIMIT_AS, (bound, bound))
        _, err = going.communicate()
    return int(going.returncode), err


def main() -> int:
    """Print what came of each; return whether anything was lost."""
    wrong = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        file = plan(folder)
        finished(file, folder / "alone", folder / "cache-alone")
        expected = records(folder / "alone")
        out, cache = folder / "run", folder / "cache"
        for extra_mb in EXTRA_MB:
            code, err = bounded(file, out, cache, extra_mb)
            fine = code in (0, 1, 2) and "Traceback" not in err
            last = err.strip().splitlines()[-1] if err.strip() else ""
            wrong += not fine
            told = f"exit code {code}, {len(records(out))} cells by now: {last[-140:]}"
            print(f"{'ok   ' if fine else 'WRONG'} {extra_mb} MB more: {told}", flush=True)
        again = finished(file, out, cache)
        same = records(out) == expected and again.returncode == 0
        print(f"without a bound: exit code {again.returncode}, records identical: {same}")
    return int(wrong > 0 or not same)


if __name__ == "__main__":
    sys.exit(main())
