"""Grids on disks that are too small or that may not be written to, for results and for the cache.

    sudo env PATH="$PATH" python -m benchmarks.faults.full_disk

Mounts small file systems in memory, so it needs root on Linux. A grid is run on disks that grow from nothing: each
time it must end with exit code 2 and a line that names the folder, show no traceback, and keep what it has; the last
one is large enough, and its records must be those of an undisturbed run. Then results and cache are mounted
read-only: finished ones are shown, unfinished ones are refused.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.faults.tiny import finished, plan, records

SIZES_KB = (16, 64, 128, 256, 512, 1024, 2048, 3072, 4096, 65536)


@contextmanager
def disk(place: Path) -> Iterator[Path]:
    """Mount a file system of its own, 16 KB in size at first."""
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "serbench", str(place)], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def remount(place: Path, options: str) -> None:
    """Change a file system's size, or whether it may be written to."""
    subprocess.run(["mount", "-o", f"remount,{options}", str(place)], check=True)


def main() -> int:
    """Try every size for both, and say what came of it."""
    wrong = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        file = plan(folder)
        finished(file, folder / "alone", folder / "cache-alone")
        expected = records(folder / "alone")
        for which in ("results", "cache"):
            with disk(folder / which) as place:
                out, cache = (place / "run", folder / "c1") if which == "results" else (folder / "r2", place / "cache")
                for size in SIZES_KB:
                    remount(place, f"size={size}k")
                    wrong += _tried(f"{which} of {size} KB", finished(file, out, cache), size == SIZES_KB[-1])
                wrong += _said(f"{which}: records are those of an undisturbed run", records(out) == expected)
                remount(place, "ro")
                done = finished(file, out, cache)
                wrong += _said(f"{which} read-only and finished: exit code {done.returncode}", done.returncode == 0)
                if which == "cache":
                    done = finished(file, folder / "r3", cache, "--seeds", "7")
                    wrong += _tried("cache read-only, something to train", done, last=False)
    return int(wrong > 0)


def _tried(what: str, done: subprocess.CompletedProcess[str], last: bool) -> int:
    lines = done.stderr.splitlines()
    ending = next((line for line in reversed(lines) if line.startswith("bench: ")), "")
    fine = done.returncode == 0 if last else done.returncode in (0, 2)
    return _said(f"{what}: exit code {done.returncode} {ending[:150]}", fine and "Traceback" not in done.stderr)


def _said(what: str, fine: bool) -> int:
    print(f"{'ok   ' if fine else 'WRONG'} {what}", flush=True)
    return int(not fine)


if __name__ == "__main__":
    sys.exit(main())
