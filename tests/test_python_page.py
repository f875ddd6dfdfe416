"""What docs/python.md shows runs, in its order."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import soundfile

from bench.testing import sample_utterances

PAGE = (Path(__file__).parents[1] / "docs" / "python.md").read_text(encoding="utf-8")

MODEL = """
import numpy as np

def predict(waveforms, rate):
    return [("anger", "happiness", "sadness", "neutral")[int(1e4 * np.mean(w**2)) % 4] for w in waveforms]
"""


def test_the_page_runs(
    tiny_corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib").use("agg")
    monkeypatch.chdir(tmp_path)
    soundfile.write("speech.wav", sample_utterances(1, 1)[0].waveform.numpy(), 16_000)
    Path("my_model.py").write_text(MODEL)
    shutil.copytree(tiny_corpus, "path/to/emodb")
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE, flags=re.DOTALL | re.MULTILINE)
    names: dict[str, Any] = {}
    exec(compile(blocks[0], "python.md", "exec"), names)
    found = names["found"]
    assert found.before in ("calm", "excited")
    assert found.success == Path("attacked.wav").is_file()
    for block in blocks[1:]:
        exec(compile(block, "python.md", "exec"), names)
    assert names["found"].asked == 2
    assert set(names["again"]["k"]) == {1, 5}
    assert {"boundary", "fade_in"} <= set(names["attacks"]["name"])
    said = capsys.readouterr().out
    assert "did you mean 'victim'" in said
    assert re.search(r"by_loudness@[0-9a-f]{8}", said)
    assert "found a _thread.lock, which cannot be looked into" in said
    assert set(names["scores"]["victim"]) == {"guarded@1"}
    assert {"by_loudness", "small", "guarded", "python:target=my_model.py:predict"} == {
        name.partition("@")[0] for name in names["points"]["victim"]
    }
    assert Path("board/index.html").is_file()
