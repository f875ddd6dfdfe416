"""A command of bench's on the second device: `python -m tests.second_device run --victim cnn_gru ...`.

`benchmarks.gpu` as the first word runs those checks on it. Exit codes are the command's.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor

from tests.second_device.backend import counted, install


def main(words: list[str]) -> int:
    """Run a command as if this machine had a GPU.

    Args:
        words: the command's, without `bench`.
    """
    device = install()
    safetensors.torch.load_file = _loading(safetensors.torch.load_file)
    if words[0] == "benchmarks.gpu":
        return _checks(device, words[1:])
    from bench.evaluation.preparing import setup
    from bench.studies.one_sound import attacking

    setup.device_named = attacking.device_named = lambda name: torch.device("cpu") if name == "cpu" else device
    from bench.cli.main import main as bench

    sys.argv = ["bench", *words]
    bench()
    return 0


def _checks(device: torch.device, words: list[str]) -> int:
    """The GPU's own checks but those of mixed precision, which this device has not; what is read from it is counted."""
    from benchmarks import gpu
    from benchmarks.gpu_checks import waiting

    waiting.counted = lambda _: counted()
    setting_for = gpu.setting_for
    gpu.setting_for = lambda _, tiny, folder: setting_for(device, tiny, folder)
    gpu.LAST = ()
    return gpu.main(["--device", "cpu", "--tiny", *words])


def _loading(load_file: Callable[..., dict[str, Tensor]]) -> Callable[..., dict[str, Tensor]]:
    """safetensors knows a device by its name, and not this one."""

    def loaded(path: str | Path, device: str = "cpu") -> dict[str, Tensor]:
        return {name: tensor.to(device) for name, tensor in load_file(path).items()}

    return loaded


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
