"""The tutorial, word for word, in a fresh environment: `.ci/run` calls this after the installation.

`pytest tests/docs/following.py` in an environment of one's own: a package is installed into it, and taken out again. No
test of the suite, since speech is made and networks are trained as a reader's would be; minutes, not seconds.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.blocks import BLOCK

PAGE = Path(__file__).parents[2] / "docs" / "tutorial.md"
LONGEST_S = 1800
METHOD = re.compile(r'(?<=no row depends on another\."{3}\n)(?: {8}.*\n){2}')


def done(line: str) -> str:
    """Run a line as it is printed; give what it said."""
    words = shlex.split(line)
    found = subprocess.run(words, capture_output=True, text=True, timeout=LONGEST_S, check=False)
    assert found.returncode == 0, f"{line}\n{found.stdout}{found.stderr}"
    return found.stdout


def written(title: str, text: str) -> None:
    """Do what a reader does with a block: save it as a file, or put it in the place of a method's two lines."""
    if title != "purify":
        Path(title).write_text(text, encoding="utf-8")
        return
    file = Path("serbench-gate/serbench_gate/gate.py")
    after, changed = METHOD.subn(lambda _: text, file.read_text(encoding="utf-8"))
    assert changed == 1
    file.write_text(after, encoding="utf-8")


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="there is no bubblewrap")
def test_the_tutorial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    said = {}
    try:
        for block in BLOCK.finditer(PAGE.read_text(encoding="utf-8")):
            if block["kind"] == "python":
                written(block["title"], block["text"])
                continue
            for line in block["text"].splitlines():
                said[line] = done(line.removeprefix("$ "))
    finally:
        subprocess.run([sys.executable, "-m", "pip", "uninstall", "-qy", "serbench-gate"], check=True)
    printed = list(said.values())
    assert "40 utterances" in printed[0]
    assert "python:" in printed[4]
    assert "verified" in "".join(printed[-3:])
    pages = [one.read_text(encoding="utf-8") for one in Path("site/entries").iterdir()]
    assert len(pages) == 2
    assert all("verified" in page for page in pages)
