"""Remove the run's folder, then the cache, while a grid works in them: what is gone is made again, and is the same.

    python -m benchmarks.faults.removed

Compares the records with those of an undisturbed run, and ends with 1 where any differs. What was in a folder that is
removed is gone, and nothing else: the same command, or the same process, makes it anew.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.faults.tiny import COMMAND, environment, finished, plan, records


def disturbed(file: Path, out: Path, cache: Path, removed: Path) -> int:
    """Run a grid, and remove a folder as soon as a cell is done; return the exit code.

    Args:
        file: the plan.
        out: the run's folder.
        cache: empty.
        removed: which of both goes.
    """
    words = [*COMMAND, str(file), "--out", str(out)]
    with subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.PIPE, env=environment(cache)) as going:
        while going.poll() is None and not records(out):
            time.sleep(0.005)
        for _ in range(2):  # what is written meanwhile goes too
            shutil.rmtree(removed, ignore_errors=True)
        going.communicate()
        return going.returncode


def main() -> int:
    """Print what came of each; return whether anything was lost."""
    lost = False
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        file = plan(folder)
        finished(file, folder / "whole", folder / "cache")
        expected = records(folder / "whole")
        for name in ("run", "cache"):
            out, cache = folder / f"{name}-out", folder / f"{name}-cache"
            code = disturbed(file, out, cache, out if name == "run" else cache)
            again = finished(file, out, cache).returncode
            same = records(out) == expected
            lost |= not same
            print(f"{name} removed: exit code {code}, then {again}; {len(records(out))} records, identical: {same}")
    return int(lost)


if __name__ == "__main__":
    sys.exit(main())
