"""How reading a corpus scales: with workers, on a second start, and in memory.

    python -m benchmarks.reading
    python -m benchmarks.reading --files 1000 --repeats 5

Files are synthetic: stereo FLAC at 44.1 kHz, so that each has to be decoded, averaged and resampled. Every measurement
is a process of its own; times are of the reading alone, medians of several, the two numbers of workers in turn.
Memory is the peak of what the system cannot take back (anonymous memory) over what the process had before it read;
mapped samples are the file cache's, and given beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

CHILD = """
import json, sys, threading, time
from pathlib import Path
import numpy, soundfile, soxr, torch
from bench.audio.decoding import read_many

def memory(name):
    for line in open("/proc/self/status"):
        if line.startswith(name):
            return int(line.split()[1]) / 1024

folder, files, workers, look = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "look"
paths = sorted(Path(folder).iterdir())[:files]
torch.set_num_threads(1)
peak = {"RssAnon": memory("RssAnon"), "RssFile": memory("RssFile")}
before = dict(peak)
stopped = threading.Event()

def watch():
    while not stopped.wait(0.005):
        for name in peak:
            peak[name] = max(peak[name], memory(name))

watcher = threading.Thread(target=watch)
if look:
    watcher.start()
start = time.perf_counter()
waves = read_many(paths, workers=workers)
seconds = time.perf_counter() - start
if look:
    total = sum(float(wave.square().sum()) for wave in waves)
    stopped.set()
    watcher.join()
print(json.dumps({"seconds": seconds} | {name: peak[name] - before[name] for name in peak}
                 | {"all": peak["RssAnon"]}))
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        _write(home / "files", 4 * arguments.files)
        _times(home, arguments.files, arguments.repeats)
        _memory(home, 2 * arguments.files)


def _write(folder: Path, count: int) -> None:
    """Three seconds each of something like speech: noise whose level comes and goes."""
    import soundfile

    folder.mkdir()
    seconds = np.arange(3 * 44_100) / 44_100
    for number in range(count):
        rng = np.random.default_rng(number)
        level = 0.1 * (1 + np.sin(2 * np.pi * 4 * seconds + rng.uniform(0, 6)))
        sound = level[:, None] * rng.normal(0, 0.3, (len(seconds), 2))
        soundfile.write(folder / f"{number:05}.flac", sound.clip(-1, 1), 44_100)


def _child(home: Path, cache: str, files: int, workers: int, look: bool = False) -> dict[str, float]:
    command = [sys.executable, "-c", CHILD, str(home / "files"), str(files), str(workers), "look" if look else "-"]
    environment = os.environ | {"SERBENCH_CACHE": str(home / cache), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    told: dict[str, float] = json.loads(done.stdout)
    return told


def _times(home: Path, files: int, repeats: int) -> None:
    first: dict[int, list[float]] = {1: [], 2: []}
    second: list[float] = []
    for repeat in range(repeats):
        for workers, times in first.items():
            cache = f"cache-{workers}-{repeat}"
            times.append(_child(home, cache, files, workers)["seconds"])
            if workers == 2:
                second.append(_child(home, cache, files, workers)["seconds"])
    one, two, again = (statistics.median(times) for times in (first[1], first[2], second))
    print(f"{files} files: 1 worker {one:.2f} s, 2 workers {two:.2f} s, ratio {one / two:.2f} (asked: 1.7)")
    print(f"second start: {1000 * again:.0f} ms, {100 * again / two:.1f} % of the first (asked: at most 5 %)")


def _memory(home: Path, files: int) -> None:
    for start in ("first", "second"):
        told = {count: _child(home, f"memory-{count}", count, 2, look=True) for count in (files, 2 * files)}
        less, more = told[files], told[2 * files]
        growth = more["all"] / less["all"] - 1
        print(
            f"{start} start and one look at every sample: {files} files {less['all']:.0f} MB "
            f"({less['RssAnon']:+.0f} MB by reading), {2 * files} files {more['all']:.0f} MB "
            f"({more['RssAnon']:+.0f} MB), {100 * growth:+.1f} % (asked: less than 10 %); "
            f"mapped, which the system takes back at need: {less['RssFile']:.0f} and {more['RssFile']:.0f} MB"
        )


if __name__ == "__main__":
    main()
