"""Several grids at once, from nothing, in one empty folder and one empty cache: is anything done twice?

    python -m benchmarks.faults.together --runs 5 --processes 4

Exit code 1 where a victim was trained twice, a cell measured twice, records are not those of one process alone, or a
lease or a temporary file stays behind. Counts what the processes say that they begin.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

from benchmarks.faults.tiny import begun, finished, left_behind, plan, records

_TRAINED, _VICTIMS = "Training cnn_gru", 3


def once(file: Path, folder: Path, processes: int, expected: dict[str, bytes]) -> tuple[str, str]:
    """Start them, wait for all; return what is wrong, and who did how much.

    Args:
        file: the plan.
        folder: for the run and the cache, both removed in the end.
        processes: how many.
        expected: the records of one process alone.
    """
    out, cache = folder / "run", folder / "cache"
    going = [begun(file, out, cache) for _ in range(processes)]
    said = [process.communicate()[1].splitlines() for process in going]
    trained = Counter(line for lines in said for line in lines if line.startswith(_TRAINED))
    measured = Counter(line.partition("] ")[2] for lines in said for line in lines if "] victim" in line)
    problems = [f"exit codes {[one.returncode for one in going]}"] if any(one.returncode for one in going) else []
    problems += [] if records(out) == expected else ["records differ"]
    problems += [f"trained {count} times: {line}" for line, count in trained.items() if count > 1]
    problems += [f"measured {count} times: {cell}" for cell, count in measured.items() if count > 1]
    problems += (
        [] if (len(trained), len(measured)) == (_VICTIMS, len(expected)) else [f"{len(trained)}, {len(measured)}"]
    )
    problems += [f"left behind: {one}" for one in left_behind(out, cache)]
    shutil.rmtree(out)
    shutil.rmtree(cache)
    shares = [sum("] victim" in line for line in lines) for lines in said]
    return "; ".join(problems), f"{len(trained)} trained, cells of each {shares}"


def main() -> int:
    """Print what came of each; return whether anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--processes", type=int, default=4)
    asked = parser.parse_args()
    wrong = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        file = plan(folder)
        finished(file, folder / "alone", folder / "cache-alone")
        expected = records(folder / "alone")
        for number in range(asked.runs):
            problems, told = once(file, folder, asked.processes, expected)
            print(f"{number + 1}: {told}: {problems or 'each once, identical'}", flush=True)
            wrong += bool(problems)
    print(f"{asked.runs - wrong} of {asked.runs}: nothing twice, records of {len(expected)} cells those of one process")
    return int(wrong > 0 or not expected)


if __name__ == "__main__":
    sys.exit(main())
