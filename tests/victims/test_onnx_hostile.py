"""ONNX files that are meant badly, or for something else: what they name, ask for and never end is refused."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench import ComponentError, DataError, UsageError
from bench.modelling.pretrained import onnx_sessions
from bench.modelling.pretrained.onnx_files import external_files
from bench.testing import sample_context, sample_utterances
from victims.onnx import Onnx

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")


def graph(file: Path, batch: int | str = "b", width: int | str = "t", weights: str = "", turns: int = 1) -> Path:
    """Write a model of four labels that counts its turns first.

    Args:
        file: where.
        batch: the first dimension of the waveform.
        width: the second.
        weights: the file that its weights are said to be in; "" for the model itself.
        turns: of the loop.
    """
    kinds, make, node = onnx.TensorProto, onnx.helper, onnx.helper.make_node
    one, kept = onnx.numpy_helper.from_array(np.float32(1), "one"), [("i", kinds.INT64), ("go", kinds.BOOL)]
    counting = make.make_graph(
        [node("Identity", ["go"], ["going"]), node("Add", ["a", "one"], ["sum"])],
        "body",
        [make.make_tensor_value_info(name, kind, []) for name, kind in (*kept, ("a", kinds.FLOAT))],
        [make.make_tensor_value_info(name, kind, []) for name, kind in (("going", kinds.BOOL), ("sum", kinds.FLOAT))],
        [one],
    )
    factors = onnx.numpy_helper.from_array(np.array([[1, 2, 3, 4]], dtype=np.float32), "factors")
    if weights:
        factors.ClearField("raw_data")
        onnx.external_data_helper.set_external_data(_raw(factors), weights, 0, 16)
        factors.ClearField("raw_data")
    first = [onnx.numpy_helper.from_array(np.int64(turns), "turns"), onnx.numpy_helper.from_array(np.float32(0), "a0")]
    made = make.make_graph(
        [
            node("Loop", ["turns", "", "a0"], ["counted"], body=counting),
            node("ReduceMean", ["waveform"], ["mean"], axes=[1], keepdims=1),
            node("Mul", ["mean", "factors"], ["scaled"]),
            node("Add", ["scaled", "counted"], ["logits"]),
        ],
        "made",
        [make.make_tensor_value_info("waveform", kinds.FLOAT, [batch, width])],
        [make.make_tensor_value_info("logits", kinds.FLOAT, [batch, 4])],
        [factors, *first],
    )
    model = make.make_model(made, opset_imports=[make.make_opsetid("", 13)], ir_version=8)
    model.metadata_props.add(key="labels", value="anger,happiness,sadness,neutral")
    file.write_bytes(model.SerializeToString())
    return file


def _raw(tensor: Any) -> Any:
    tensor.raw_data = bytes(16)
    return tensor


def test_a_loop_that_does_not_end_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run with the time that a test has; at one turn the same graph answers."""
    monkeypatch.setattr(onnx_sessions, "_PATIENCE_S", 0.1)
    monkeypatch.setattr(onnx_sessions, "_TIMES_REAL", 0.01)
    victim = Onnx(graph(tmp_path / "loop.onnx", turns=2**62)).loaded(sample_context())
    with pytest.raises(ComponentError, match=r"no answer after 0 s about .* s of sound; expected a model whose loops"):
        victim.scores(sample_utterances(1, 1)[:1])
    ends = Onnx(graph(tmp_path / "ends.onnx")).loaded(sample_context())
    assert ends.scores(sample_utterances(1, 1)[:1]).shape == (1, 4)


@pytest.mark.parametrize("name", ["../out.bin", "/etc/hostname", "link.bin", "a/../../out.bin", "nul\0.bin"])
def test_weights_elsewhere_are_not_read(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (tmp_path / "out.bin").write_bytes(np.ones(4, dtype=np.float32).tobytes())
    (folder / "link.bin").symlink_to(tmp_path / "out.bin")
    file = graph(folder / "m.onnx", weights=name)
    for asked in (lambda: external_files(file), Onnx(file).fingerprint, lambda: Onnx(file).loaded(sample_context())):
        with pytest.raises(DataError, match=r"found weights at .*; expected weights in the model's own folder"):
            asked()


def test_a_cache_of_links_holds_a_model_and_its_weights(tmp_path: Path) -> None:
    """As the hub's: each name is a link to a file in one other folder."""
    for folder in ("blobs", "snapshot"):
        (tmp_path / folder).mkdir()
    graph(tmp_path / "blobs" / "1", weights="m.data")
    (tmp_path / "blobs" / "2").write_bytes(np.ones(4, dtype=np.float32).tobytes())
    for name, blob in (("m.onnx", "1"), ("m.data", "2")):
        (tmp_path / "snapshot" / name).symlink_to(tmp_path / "blobs" / blob)
    assert external_files(tmp_path / "snapshot" / "m.onnx") == [tmp_path / "snapshot" / "m.data"]


@pytest.mark.parametrize(
    ("made", "found"),
    [
        ({"width": 40}, r"an input of 40 values, which as sound is 2\.5 ms; .* bring it as code"),
        ({"width": 1_599}, r"an input of 1599 values"),
        ({"batch": 4}, r"an input of 4 waveforms, no more and no fewer; expected 1, or any number"),
    ],
)
def test_an_input_of_a_size_that_no_sound_has(tmp_path: Path, made: dict[str, int], found: str) -> None:
    with pytest.raises(UsageError, match=found):
        Onnx(graph(tmp_path / "m.onnx", **made)).loaded(sample_context())
    assert Onnx(graph(tmp_path / "n.onnx", width=1_600, batch=1)).loaded(sample_context())


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "m.onnx")
    with pytest.raises(UsageError, match=r"m\.onnx: found no such file; expected a file"):
        Onnx(tmp_path / "m.onnx").fingerprint()


def test_a_file_that_is_too_new_is_named_without_the_library_s_own_places(tmp_path: Path) -> None:
    file = graph(tmp_path / "m.onnx")
    model = onnx.load(file)
    model.opset_import[0].version = 99
    file.write_bytes(model.SerializeToString())
    with pytest.raises(DataError, match=r"Opset 99 is under development") as said:
        Onnx(file).loaded(sample_context())
    assert "/onnxruntime_src" not in str(said.value)
