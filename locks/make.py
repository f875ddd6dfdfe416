"""Make the locks of all platforms anew, from pyproject.toml and the versions in requirements.txt.

    pip install uv && python locks/make.py

Each has the version and the SHA-256 of every file of everything that serbench needs to run there.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PLATFORMS = {
    "linux-x86_64": "x86_64-unknown-linux-gnu",
    "linux-aarch64": "aarch64-unknown-linux-gnu",
    "macos-arm64": "aarch64-apple-darwin",
    "windows-x86_64": "x86_64-pc-windows-msvc",
}


def main() -> int:
    """Make each lock; exit code 1 where one cannot be made."""
    words = ["uv", "pip", "compile", "-q", "pyproject.toml", "-c", "requirements.txt", "--generate-hashes"]
    words += ["--no-annotate", "--no-header", "--no-emit-index-url", "--python-version", "3.11"]
    failed = 0
    for name, platform in PLATFORMS.items():
        more = ["--python-platform", platform, "-o", f"locks/{name}.txt"]
        failed += subprocess.run([*words, *more], check=False, cwd=ROOT).returncode != 0
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
