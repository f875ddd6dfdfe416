"""What an entry was measured with: packages by name and version, Python, the processor."""

from __future__ import annotations

import json
import platform
import re
from importlib import metadata
from pathlib import Path

from bench.core.errors import DataError
from bench.core.storage.json_objects import JsonObject, loaded
from bench.core.storage.regular import read_regular
from bench.sharing.entry.manifest import AGAIN

ENVIRONMENT = "environment.json"
_MOST, _MOST_THREADS = 2**21, 4096


def environment_lock() -> dict[str, object]:
    """List the packages that are installed, each with its version, and what else figures may hang on."""
    found = {_plain(name): one.version for one in metadata.distributions() if (name := one.metadata["Name"])}
    return {**machine(), "packages": dict(sorted(found.items()))}


def machine() -> dict[str, object]:
    """Tell what of a machine a figure may hang on: none of it names anybody."""
    import torch

    return {
        "python": platform.python_version(),
        "platform": platform.system(),
        "machine": platform.machine(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "threads": torch.get_num_threads(),
    }


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def read_environment(file: Path) -> JsonObject:
    """Read somebody's lock.

    Args:
        file: where it lies.

    Raises:
        DataError: it is none.
    """
    try:
        told = JsonObject.of(file, loaded(read_regular(file, _MOST, AGAIN).decode()), AGAIN)
    except (ValueError, RecursionError) as error:
        raise DataError(file, f"no lock that can be read ({error})", "JSON", AGAIN) from error
    told.inner("packages").named_texts()
    for name in ("python", "platform", "machine", "cpu_capability"):
        told.text(name)
    if not 1 <= told.whole("threads") <= _MOST_THREADS:
        raise told.wrong("threads", str(told.whole("threads")), f"1 to {_MOST_THREADS}")
    return told


def lock_bytes() -> bytes:
    """Return the lock of this machine as it is packed."""
    return (json.dumps(environment_lock(), indent=1) + "\n").encode()
