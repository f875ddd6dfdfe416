"""Files of a finished grid that are damaged, one of each kind: does anybody believe them, and what is lost?

    python -m benchmarks.faults.damage

Of every kind of file in the run's folder and in the cache one is changed in a bit, cut short, emptied or replaced by
somebody else's, by another one of ours, by a link to nothing or by a pipe; then the command is given again, without
records where the damage is in the cache. Strangers' files are put beside ours too. Each time it must end with exit code
0, or with 2, the file's name and that it is to be deleted, which is done; and then with the same records, a bit that
changes nothing in them apart. It must show no traceback. What it says of the damage is printed.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from bench.scoring.records import Store
from benchmarks.faults.tiny import finished, left_behind, plan

_RNG = random.Random(0)


def _flipped(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[_RNG.randrange(len(content))] ^= 1 << _RNG.randrange(8)
    file.write_bytes(content)


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def _emptied(file: Path) -> None:
    file.write_bytes(b"")


def _foreign(file: Path) -> None:
    file.write_bytes(b"Dear Sir,\n" * 99)


def _another(file: Path) -> None:
    """Whole, and of another cell, victim, shard or key, where there is one."""
    others = (one for one in file.parents[1].rglob(f"*{file.suffix}") if one != file and one.is_file())
    file.write_bytes(next(others, file).read_bytes())


def _linked(file: Path) -> None:
    file.unlink()
    file.symlink_to("nowhere")


def _piped(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


DAMAGES: Mapping[str, Callable[[Path], None]] = {
    "a bit": _flipped,
    "cut": _cut,
    "empty": _emptied,
    "foreign": _foreign,
    "another": _another,
    "link": _linked,
    "pipe": _piped,
}


def kinds(root: Path) -> dict[str, Path]:
    """Return one file of each kind below a folder, by its path without what names a victim, a cell or a key."""
    found: dict[str, Path] = {}
    for file in sorted(root.rglob("*")):
        if file.is_file() and file.stat().st_size:
            found.setdefault(re.sub(r"[0-9a-z]{16,}", "*", str(file.relative_to(root))), file.relative_to(root))
    return found


def tried(file: Path, whole: Path, where: str, change: Callable[[Path], object]) -> str:
    """Damage a copy of a finished run or of its cache, go on; return what is wrong, and before it what was said.

    Args:
        file: the plan.
        whole: with `run` and `cache`, both finished.
        where: which of both is damaged.
        change: gets the copy's folder.
    """
    copy = whole.with_name("damaged")
    shutil.copytree(whole / "cache", copy / "cache")
    if where == "run":
        shutil.copytree(whole / "run", copy / "run")
    change(copy / where)
    done = finished(file, copy / "run", copy / "cache")
    lines = done.stderr.splitlines()
    named = [line for line in lines if re.search(r"set aside|passed over|damaged|not what|delete the file", line)]
    if done.returncode == 2 and named and named[-1].endswith("delete the file"):
        Path(named[-1].removeprefix("bench: ").partition(": found")[0]).unlink()
        done = finished(file, copy / "run", copy / "cache")
    problems = [] if _same(copy / "run", whole / "run") else ["RECORDS DIFFER"]
    problems += [f"EXIT CODE {done.returncode}: {done.stderr[-300:]}"] if done.returncode else []
    problems += ["TRACEBACK"] if "Traceback" in done.stderr else []
    problems += [f"LEFT BEHIND {left}"] if (left := left_behind(copy)) else []
    told = [
        re.sub(r".*: found", "found", line.replace(str(copy), ""))[:110] for line in named if "exit code" not in line
    ]
    shutil.rmtree(copy)
    return " | ".join([told[0] if told else "nothing said", *problems])


def _same(run: Path, whole: Path) -> bool:
    """Whether what is read of a run is what is read of another; strangers beside its records do not count."""

    def equal(file: Path) -> bool:
        if not (run / "cells" / file.name).is_file():
            return False
        one, other = (Store(folder).read(file.stem) for folder in (run, whole))
        return one.rows.equals(other.rows) and one.description.text == other.description.text

    return all(map(equal, sorted((whole / "cells").glob("*.parquet"))))


def main() -> int:
    """Print what came of each; return whether anything was believed or lost."""
    wrong = 0
    with tempfile.TemporaryDirectory() as temporary:
        whole = Path(temporary) / "whole"
        whole.mkdir()
        file = plan(whole)
        finished(file, whole / "run", whole / "cache")
        count = len(list((whole / "run" / "cells").glob("*.parquet")))
        for where in ("run", "cache"):
            changes = {
                f"{kind}, {name}": (lambda root, place=place, damage=damage: damage(root / place))
                for kind, place in kinds(whole / where).items()
                for name, damage in DAMAGES.items()
            }
            strange = "cells/stranger.parquet" if where == "run" else "victims/stranger.txt"
            changes[f"{strange}, added"] = lambda root, strange=strange: (root / strange).write_text("Dear Sir,")
            for name, change in changes.items():
                told = tried(file, whole, where, change)
                bad = any(word in told for word in ("DIFFER", "EXIT CODE", "TRACEBACK", "LEFT BEHIND"))
                wrong += bad
                print(f"{'WRONG' if bad else 'ok   '} {where}/{name}: {told}", flush=True)
    print(f"{wrong} wrong, {count} records")
    return int(wrong > 0 or not count)


if __name__ == "__main__":
    sys.exit(main())
