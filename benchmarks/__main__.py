"""What this checkout costs, against a baseline: counts that are the same every time, and ratios of processor time.

    python -m benchmarks                     # counts and ratios, about two minutes on one core
    python -m benchmarks --small             # counts alone, in seconds; CI runs this as a test
    python -m benchmarks --write-baseline    # what is found is the baseline from now on; with --small the counts alone
    python -m benchmarks --json FILE         # all figures, as baseline.json has them

Less is better in every line. Exit code 1 where something got slower than `benchmarks/baseline.json` says, or is no
longer measured; what got faster is told, so that the baseline can be written anew.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.costs.counts import SEARCHES, counts
from benchmarks.costs.figures import BASELINE, Figure, compared, read, told, worse
from benchmarks.costs.ratios import ratios
from benchmarks.gpu_checks.recognisers import CPU, Setting, checkout
from benchmarks.gpu_checks.speech import utterances


def small_setting(folder: Path) -> Setting:
    """Make the speech that is counted on: never other numbers or lengths, or the counts would be others.

    Args:
        folder: for weights.
    """
    said, known = utterances(SEARCHES, "asked", 1.0), utterances(16, "asked", 1.0, first=SEARCHES)
    return Setting(CPU, True, said, known, utterances(16, "train", 1.0), folder, checkout())


def large_setting(folder: Path) -> Setting:
    """Make the speech that ratios are measured on.

    Args:
        folder: for weights.
    """
    said, known = utterances(24, "asked", 3.0), utterances(16, "asked", 3.0, first=24)
    return Setting(CPU, False, said, known, utterances(64, "train", 2.0), folder, checkout())


def measured(small: bool) -> tuple[list[Figure], list[Figure]]:
    """Measure counts, and ratios too where it need not be small."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        found = counts(small_setting(Path(one)), Path(one))
        return found, [] if small else list(ratios(large_setting(Path(other))))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, compare, and print; 1 where something got slower."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="counts alone: no clock")
    parser.add_argument("--baseline", type=Path, default=BASELINE, help="what is compared with")
    parser.add_argument("--write-baseline", action="store_true", help="write it in place of comparing")
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    given = parser.parse_args(arguments)
    known = read(given.baseline) if given.baseline.exists() else {"counts": [], "ratios": []}
    found, times = measured(given.small)
    if given.json:
        given.json.write_text(json.dumps(told(found, times), indent=1) + "\n", encoding="utf-8")
    if given.write_baseline:
        kept = told(found, known["ratios"] if given.small else times)
        given.baseline.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    lines = compared(found, known["counts"]) + ([] if given.small else compared(times, known["ratios"]))
    print(f"{'':44}{'now':>12}{'baseline':>12}")
    print(*lines, sep="\n")
    slower = worse(lines)
    print(f"{len(slower)} of {len(lines)} got slower or are gone")
    return int(bool(slower) and not given.write_baseline)


if __name__ == "__main__":
    sys.exit(main())
