"""Grids that are stopped at a random moment, and begun again: what is different in the end?

    python -m benchmarks.faults.kills --runs 50 --signal KILL
    python -m benchmarks.faults.kills --runs 10 --signal TERM --workers 2
    python -m benchmarks.faults.kills --runs 10 --signal KILL --processes 4
    python -m benchmarks.faults.kills --runs 10 --signal KILL --ray
    python -m benchmarks.faults.kills --runs 10 --signal KILL --ray --working 10

Each run has a folder and a cache of its own, so that corpus, trainings and cells are all met. It is stopped somewhere
within the time that an undisturbed run takes, with its workers where it is not SIGKILL, one of several processes where
there are several; of Ray's, a worker that is at something, or all of it where none is yet. Ray starts for longer than
so small a grid takes: with --working it is stopped at most so many seconds after somebody is first at something. Then
the same command goes on. Exit code 1 where any records differ from those of a run that nobody stopped, a lease or a
temporary file stays behind, or a traceback is shown. What was under way is said of each: the last line before it was
stopped, or that it had come to its end.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.faults.tiny import COMMAND, begun, environment, left_behind, pids_of_leases, plan, records

Going = list["subprocess.Popen[str]"]
_POLL_S = 0.05


@dataclass(frozen=True)
class Kills:
    """How grids are stopped.

    Args:
        file: the plan.
        how: the signal.
        words: further words of the command.
        processes: commands at once in one folder.
        ray: whether Ray starts the workers.
        working: whether time counts from when somebody is first at something.
    """

    file: Path
    how: signal.Signals
    words: tuple[str, ...]
    processes: int
    ray: bool
    working: bool

    def whole(self, out: Path, cache: Path) -> subprocess.CompletedProcess[str]:
        """Run the command to its end."""
        (going,) = self._begun(out, cache, 1)
        said = going.communicate()
        return subprocess.CompletedProcess([], going.returncode, *said)

    def once(self, folder: Path, after: float, expected: dict[str, bytes]) -> tuple[str, str]:
        """Stop it after so many seconds and go on; return what is wrong then, and what was under way."""
        out, cache = folder / "run", folder / "cache"
        going = self._begun(out, cache, self.processes)
        while self.working and going[0].poll() is None and not pids_of_leases(out):
            time.sleep(_POLL_S)
        time.sleep(after)
        stopped = self._stop(going, out)
        said = [process.communicate()[1] for process in going]
        again = self.whole(out, cache)
        problems = [] if records(out) == expected else ["records differ"]
        if again.returncode or any(process.returncode for process in going[1:]):
            codes = [process.returncode for process in going]
            problems.append(f"exit codes {codes} and {again.returncode}: {again.stderr[-300:]}")
        if "Traceback" in "".join(said) + again.stderr:
            problems.append("a traceback")
        if self.how != signal.SIGKILL and going[0].returncode not in (0, 128 + self.how):
            problems.append(f"exit code {going[0].returncode} for {self.how.name}")
        if left := left_behind(out, cache):
            problems.append(f"left behind: {left}")
        shutil.rmtree(out)
        shutil.rmtree(cache)
        lines = [line.strip() for line in said[0].splitlines() if line.strip() and not line.startswith("bench: ")]
        ended = "its end" if going[0].returncode == 0 and not stopped else ""
        return "; ".join(problems), stopped or ended or (lines[-1][:60] if lines else "nothing said yet")

    def _begun(self, out: Path, cache: Path, count: int) -> Going:
        if self.ray:
            words, pipe = [*COMMAND, str(self.file), "--out", str(out), *self.words], subprocess.PIPE
            return [
                subprocess.Popen(words, stdout=pipe, stderr=pipe, text=True, env=environment(cache))
                for _ in range(count)
            ]
        return [begun(self.file, out, cache, *self.words) for _ in range(count)]  # type: ignore[misc]

    def _stop(self, going: Going, out: Path) -> str:
        """Send the signal; return whom it was sent to, if not the command itself."""
        others = pids_of_leases(out) - {process.pid for process in going} if self.ray else set[int]()
        for pid in sorted(others)[:1]:
            with suppress(ProcessLookupError):
                os.kill(pid, self.how)
            return f"worker {pid}"
        with suppress(ProcessLookupError):  # it has ended by then
            going[0].send_signal(self.how)
        return ""


def main() -> int:
    """Stop and go on, so many times, and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--signal", choices=("KILL", "TERM", "INT", "HUP"), default="KILL")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--processes", type=int, default=1, help="commands at once in one folder; one is stopped")
    parser.add_argument("--ray", action="store_true", help="let Ray start two workers on this machine")
    parser.add_argument(
        "--working", type=float, metavar="S", help="within S seconds of when a worker is first at something"
    )
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    rng, how, wrong, met = random.Random(asked.seed), signal.Signals[f"SIG{asked.signal}"], 0, Counter[str]()
    words = ("--ray", "local", "--workers", "2") if asked.ray else ("--workers", str(asked.workers))
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        kills = Kills(plan(folder), how, words, asked.processes, asked.ray, asked.working is not None)
        for _ in range(2):  # the first finds nothing imported
            begun = time.monotonic()
            whole = kills.whole(folder / "alone", folder / "cache-alone")
            took, expected = time.monotonic() - begun, records(folder / "alone")
            shutil.rmtree(folder / "alone")
            shutil.rmtree(folder / "cache-alone")
        print(f"undisturbed: {len(expected)} cells in {took:.1f} s, exit code {whole.returncode}", flush=True)
        for number in range(asked.runs):
            problems, doing = kills.once(folder, rng.uniform(0, asked.working or took), expected)
            met[" ".join(doing.split()[:2])] += 1
            print(f"{number + 1}: SIG{asked.signal} at {doing!r}: {problems or 'identical'}", flush=True)
            wrong += bool(problems)
    print(f"{asked.runs - wrong} of {asked.runs} ended identical; stopped at {dict(met)}")
    return int(wrong > 0 or not expected)


if __name__ == "__main__":
    sys.exit(main())
