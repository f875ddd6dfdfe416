"""`python -m benchmarks.gpu` in small, on a CPU: every check runs, and says what it found."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import torch

from benchmarks.gpu import main
from benchmarks.gpu_checks.findings import Finding, broken, table, unchecked
from benchmarks.gpu_checks.waiting import counted

pytest.importorskip("transformers")
FIELDS = {"schema", "device", "tiny", "torch", "passed", "seconds", "seconds_by_check", "findings"}
CHECKS = {
    "CPU against device",
    "batch invariance",
    "repeatability",
    "waits, the victim's own",
    "waits, noises",
    "memory halving",
    "search over forward",
    "the same rows again",
    "cells",
    "cells side by side",
    "mixed precision",
    "throughput",
    "training",
    "training twice",
}
VICTIMS = {"cnn_gru", "alexnet_spectrogram", "bert_text", "wav2vec2_audio", "hf", "multimodal"}


@pytest.mark.slow
def test_all_checks_run_in_small_and_hold(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "gpu.json"
    assert main(["--out", str(out), "--tiny", "--device", "cpu"]) == 0, capsys.readouterr().out
    told = json.loads(out.read_text(encoding="utf-8"))
    assert set(told) == FIELDS
    assert (told["device"], told["tiny"], told["passed"]) == ("cpu", True, True)
    found = [Finding(**{name: one[name] for name in one if name != "verdict"}) for one in told["findings"]]
    assert [one.verdict for one in found] == [one["verdict"] for one in told["findings"]]
    assert {one.check for one in found} >= CHECKS
    agreed = {one.subject for one in found if one.check == "CPU against device" and one.verdict == "pass"}
    assert agreed >= VICTIMS
    assert {one.subject for one in found if one.verdict == "not checked"} >= {"onnx", "http", "python", "exported"}
    assert all(one.note for one in found if one.verdict == "not checked")
    printed = capsys.readouterr().out
    assert "0 bounds do not hold" in printed
    assert table(found) in printed


def test_a_bound_that_is_not_kept_fails() -> None:
    kept, beyond = (Finding("a", "b", figure, "s", 1.0).verdict for figure in (1.0, 1.5))
    assert (kept, beyond) == ("pass", "FAIL")
    assert Finding("a", "b", math.nan, "s", 1.0).verdict == "FAIL"
    assert broken("a", "b", ValueError("no")).verdict == "FAIL"
    assert unchecked("a", "b", "why").verdict == "not checked"


def test_reading_a_value_is_waiting() -> None:
    values = torch.arange(4.0)
    with counted(torch.device("cpu")) as count:
        total = values.sum()
        assert count.waits == 0
        assert float(total) == 6
        assert values.tolist()
        assert bool(values.any())
    assert count.waits == 3
