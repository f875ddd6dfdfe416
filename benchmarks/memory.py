"""How the peak of a run's memory grows with the corpus: 2,500 and 10,000 utterances of about a second.

    python -m benchmarks.memory                        # two trainings of two epochs and an attack each; minutes
    python -m benchmarks.memory --utterances 500 2000

Writes the sounds into a temporary folder, with a cache of its own. Prints the peak of the memory in hand (what the
system counts for the process), and the ratio, which is to be 1.2 at most for four times as many utterances.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile

RATE = 16_000
EMOTIONS = {"anger": 260, "happiness": 230, "sadness": 120, "neutral": 150}
SPEAKERS = 50
VICTIM = "cnn_gru:max_epochs=2"


def corpus(folder: Path, count: int) -> Path:
    """Write sounds and the table that lists them.

    Args:
        folder: for both.
        count: of utterances.
    """
    (folder / "wav").mkdir(parents=True)
    rows = ["path,speaker,emotion"]
    for number in range(count):
        emotion, rng = list(EMOTIONS)[number % len(EMOTIONS)], np.random.default_rng(number)
        speaker = number // len(EMOTIONS) % SPEAKERS
        time = np.arange(round(RATE * rng.uniform(0.8, 1.2))) / RATE
        voice = np.sin(2 * np.pi * EMOTIONS[emotion] * (0.7 + 0.012 * speaker) * time)
        sound = 0.2 * voice + 1e-3 * rng.standard_normal(len(time))
        soundfile.write(folder / "wav" / f"{number:05d}.wav", sound, RATE, subtype="PCM_16")
        rows.append(f"wav/{number:05d}.wav,s{speaker:02d},{emotion}")
    (folder / "table.csv").write_text("\n".join(rows) + "\n")
    return folder / "table.csv"


def peak(table: Path, folder: Path) -> float:
    """Run in a process of its own, and return the most memory that it had, in MB.

    Args:
        table: of `corpus`.
        folder: for the run and its cache.
    """
    words = ["--victim", VICTIM, "--attack", "gain", "--corpus", "manifest", "--corpus-root", str(table)]
    words += ["--limit", "20", "--k", "1", "--device", "cpu", "--out", str(folder / "run")]
    settings = os.environ | {"SERBENCH_CACHE": str(folder / "cache")}
    process = subprocess.Popen([sys.executable, "-m", "bench", "run", *words], env=settings, stdout=subprocess.DEVNULL)
    _, code, used = os.wait4(process.pid, 0)
    if code:
        raise SystemExit(os.waitstatus_to_exitcode(code))
    return used.ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--utterances", type=int, nargs=2, default=(2_500, 10_000))
    found = []
    for count in parser.parse_args().utterances:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            found.append(peak(corpus(folder / "corpus", count), folder))
            print(f"{count:,} utterances: {found[-1]:,.0f} MB", flush=True)
    print(f"× {found[1] / found[0]:.2f} (expected 1.2 at most)")


if __name__ == "__main__":
    main()
