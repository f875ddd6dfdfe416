"""Everything that there is to check on a GPU, in one command of at most 8 minutes; a table, and JSON.

    python -m benchmarks.gpu --out gpu.json                      # on the GPU, in the checkout; nothing is installed
    python -m benchmarks.gpu --out cpu.json --tiny --device cpu  # the same checks in small, in seconds

The CPU's labels and log-probabilities against the GPU's for every built-in victim that needs no download (fitted on
the CPU, the weights loaded on both sides); batch invariance at 1, 16, 64 and 256; repeatability; how often the host
waits for the device, a step of the referee and a search; records against the CPU's; memory that runs out; searches over
bare forward passes at k = 25 on 2,048 utterances; cells a second; TF32 and bfloat16; throughput; training.

Speech and noises are made on the spot. It wants Python 3.11 and the packages torch, torchaudio, numpy and transformers
(which brings safetensors), and reads the checkout alone. An environment with torch, torchaudio, transformers, pandas
and scipy has them all: no wheel needs to be carried. With the wheels of opensmile and what that wants, `lstm_egemaps`
and `svm_egemaps` are checked too. What cannot be checked is listed with the reason. Exit code 1 where a bound does not
hold. Bounds on time hold on a GPU alone, in full size.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch

from bench.core.devices import compute_exactly
from benchmarks.gpu_checks.answers import agreement, batches, precision, throughput
from benchmarks.gpu_checks.findings import Finding, broken, table, unchecked
from benchmarks.gpu_checks.recognisers import Recogniser, Setting, checkout, made, specs
from benchmarks.gpu_checks.resources import memory, training
from benchmarks.gpu_checks.searches import cells, overhead, records
from benchmarks.gpu_checks.speech import utterances
from benchmarks.gpu_checks.waiting import waits

Check = Callable[[Setting, Recogniser], Iterator[Finding]]
OF_ALL: tuple[Check, ...] = (agreement, batches)
OF_THE_MAIN: tuple[Check, ...] = (waits, records, memory, overhead, cells)
LAST: tuple[Check, ...] = (precision, throughput)
TRAINED = ("cnn_gru", "alexnet_spectrogram")
LIMIT_S = 440.0


@dataclass
class Checks:
    """Runs checks within a time, and gathers what they find; one that fails does not stop the others.

    Args:
        setting: what they rest on.
        ends: the clock's reading after which no check is begun.
    """

    setting: Setting
    ends: float
    findings: list[Finding] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    def run(self, check: Check, one: Recogniser) -> None:
        """Run one check on one victim."""
        started, name = time.monotonic(), check.__name__
        if started > self.ends:
            self.findings.append(unchecked(name, one.name, "no time was left"))
            return
        try:
            self.findings += check(self.setting, one)
        except Exception as error:
            self.findings.append(broken(name, one.name, error))
        self.seconds[f"{name} {one.name}"] = round(time.monotonic() - started, 2)

    def victims(self) -> list[Recogniser]:
        """Make the victims that can be made."""
        known, missing = specs(self.setting)
        self.findings += missing
        found = []
        for name, spec in known.items():
            started = time.monotonic()
            try:
                found.append(made(self.setting, name, spec()))
            except Exception as error:
                self.findings.append(broken("made", name, error))
            self.seconds[f"made {name}"] = round(time.monotonic() - started, 2)
        return found


def setting_for(device: torch.device, tiny: bool, folder: Path) -> Setting:
    """Make the speech, and find the components.

    Args:
        device: what is checked.
        tiny: whether sizes are those of a test.
        folder: for weights.
    """
    asked, others, longest = (8, 12, 0.8) if tiny else (2048, 128, 4.0)
    return Setting(
        device,
        tiny,
        said=utterances(asked, "asked", longest),
        known=utterances(others, "asked", longest, first=asked),
        train=utterances(others, "train", longest),
        folder=folder,
        registry=checkout(),
    )


def examined(setting: Setting, limit_s: float) -> Checks:
    """Run all checks, what matters most first.

    Args:
        setting: what they rest on.
        limit_s: seconds after which no check is begun.
    """
    checks = Checks(setting, time.monotonic() + limit_s)
    victims = checks.victims()
    for check in OF_ALL:
        for one in victims:
            checks.run(check, one)
    main = [one for one in victims if one.name == "cnn_gru"]
    for check in OF_THE_MAIN:
        for one in main:
            checks.run(check, one)
    for check in LAST:
        for one in victims if not setting.tiny else main:
            checks.run(check, one)
    for one in victims:
        if one.name in TRAINED:
            checks.run(training, one)
    return checks


@contextmanager
def own_cache(folder: Path) -> Iterator[None]:
    """Keep what is made once in a folder, where no cache is given: nothing is left behind, nor platformdirs needed."""
    given = os.environ.get("SERBENCH_CACHE")
    os.environ["SERBENCH_CACHE"] = given or str(folder / "cache")
    try:
        yield
    finally:
        if not given:
            del os.environ["SERBENCH_CACHE"]


def main(arguments: list[str] | None = None) -> int:
    """Check, print a table, write JSON; 1 where a bound does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="write all figures to this file")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cuda")
    parser.add_argument("--tiny", action="store_true", help="sizes of a test")
    parser.add_argument("--seconds", type=float, default=LIMIT_S, help="begin no check after so many")
    given = parser.parse_args(arguments)
    if given.device == "cuda" and not torch.cuda.is_available():
        parser.error("--device cuda: torch sees no GPU; give --device cpu")
    device, started = torch.device(given.device), time.monotonic()
    compute_exactly(device)
    with tempfile.TemporaryDirectory() as folder, own_cache(Path(folder)):
        checks = examined(setting_for(device, given.tiny, Path(folder)), given.seconds)
    failed = [one for one in checks.findings if one.verdict == "FAIL"]
    told = {
        "schema": 1,
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        "tiny": given.tiny,
        "torch": torch.__version__,
        "passed": not failed,
        "seconds": round(time.monotonic() - started, 1),
        "seconds_by_check": checks.seconds,
        "findings": [asdict(one) | {"verdict": one.verdict} for one in checks.findings],
    }
    given.out.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    print(table(checks.findings))
    print(f"{told['device']}, torch {told['torch']}: {len(failed)} bounds do not hold, {told['seconds']} s")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
