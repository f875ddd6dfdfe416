"""A model of one's own says whom it was trained on: attacked speakers among them ring a bell."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from victims.chat import Chat
from victims.hf import HuggingFace
from victims.http import Http
from victims.onnx import Onnx
from victims.python import Python

MODEL = """
def predict(waveforms, rate):
    return ["anger" if abs(one).mean() > 0.05 else "sadness" for one in waveforms]
"""


def test_who_is_named_is_declared_and_nothing_is_trained() -> None:
    met = ("03", "08")
    for victim in (
        Python("m.py:f", trained_on=met),
        Onnx(Path("m.onnx"), trained_on=met),
        HuggingFace("m", trained_on=met),
        Http("http://127.0.0.1/", trained_on=met),
        Chat("http://127.0.0.1/", "m", trained_on=met),
    ):
        assert victim.traits.trained_on == met
        assert not victim.traits.trains
    assert Python("m.py:f").traits.trained_on == ()


def test_a_service_says_it_in_its_settings_too(tmp_path: Path) -> None:
    file = tmp_path / "service.json"
    file.write_text(json.dumps({"url": "http://127.0.0.1/", "trained_on": ["03"]}))
    assert Http(settings=file).traits.trained_on == ("03",)


def test_attacked_speakers_that_it_has_met_ring_a_bell(
    bench_here: Callable, tiny_job: Callable, tmp_path: Path
) -> None:
    (tmp_path / "model.py").write_text(MODEL)
    bells = {}
    for said in ("*", "nobody"):
        victim = f"python:{tmp_path / 'model.py'}:predict,trained_on={said}"
        scores = tmp_path / f"{said == '*'}.json"
        job = tiny_job(victim=victim, attack="fade_in", limit=2, k=1, out=tmp_path / "run", json=scores)
        outcome = bench_here(*job)
        assert outcome.code == 0, outcome.err
        (entry,) = json.loads(scores.read_text())["pooled"]
        bells[said] = {one["bell"]: one["says"] for one in entry["bells"]}
    assert "trained-on" not in bells["nobody"]
    assert bells["*"]["trained-on"].endswith("attacked speakers are among those that it was trained on")
