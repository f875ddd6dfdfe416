"""ONNX models with several outputs, with labels alone, and with weights in files of their own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from bench import Batch, ComponentError, UsageError
from bench.data.tasks import task_named
from bench.modelling.pretrained.onnx_files import external_files
from bench.testing import check_victim, sample_context, sample_utterances
from victims.onnx import FittedOnnx, Onnx

BRIEF = None
"""The checks that all victims pass are run here, on a model of the user's."""

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

NAMES = ("anger", "happiness", "sadness", "neutral")
SLOPES = np.array([[4.0, -3.0, 2.0, -1.0]], dtype=np.float32)
SHIFT = np.array([[0.0, 0.4, 0.1, 0.3]], dtype=np.float32)


def model(file: Path, *outputs: str, width: int | str = "t", texts: bool = False, external: str = "") -> Path:
    """Write a model whose scores are straight lines of the mean square, with any of its outputs."""
    kinds, make = onnx.TensorProto, onnx.helper
    node = make.make_node
    steps = [
        node("Mul", ["waveform", "waveform"], ["squares"]),
        node("ReduceMean", ["squares", "one"], ["power"]),
        node("Mul", ["power", "slopes"], ["steep"]),
        node("Add", ["steep", "shift"], ["logits"]),
        node("Concat", ["power", "logits", "power"], ["embedding"], axis=1),
        node("ArgMax", ["logits"], ["label"], axis=1, keepdims=0),
        node("Neg", ["logits"], ["other"]),
    ]
    if texts:
        steps.append(node("Gather", ["names", "label"], ["said"]))
    constants = {"one": np.array([1]), "slopes": SLOPES, "shift": SHIFT}
    tensors = [onnx.numpy_helper.from_array(value, name) for name, value in constants.items()]
    if texts:
        tensors.append(make.make_tensor("names", kinds.STRING, [4], [name.encode() for name in NAMES]))
    shapes: dict[str, tuple[int, list[Any]]] = {
        **dict.fromkeys(("logits", "other"), (kinds.FLOAT, ["b", 4])),
        "embedding": (kinds.FLOAT, ["b", 6]),
        "label": (kinds.INT64, ["b"]),
        "said": (kinds.STRING, ["b"]),
    }
    told = [make.make_tensor_value_info(name, *shapes[name]) for name in outputs]
    inputs = [make.make_tensor_value_info("waveform", kinds.FLOAT, ["b", width])]
    made = make.make_graph(steps, "lines", inputs, told, tensors)
    whole = make.make_model(made, opset_imports=[make.make_opsetid("", 18)])
    whole.ir_version = 10
    onnx.helper.set_model_props(whole, {"labels": ",".join(NAMES)})
    options = {"save_as_external_data": True, "location": external, "size_threshold": 0} if external else {}
    onnx.save(whole, file, **options)
    return file


def fit(file: Path, **parameters: Any) -> FittedOnnx:
    train = sample_utterances(key="train")
    return Onnx(file, **parameters).fit(train, train, sample_context())


SAID = sample_utterances(2, 2)


def logits() -> torch.Tensor:
    power = torch.tensor([[float(one.waveform.double().square().mean())] for one in SAID])
    return power * torch.from_numpy(SLOPES) + torch.from_numpy(SHIFT)


@pytest.mark.parametrize(("outputs", "name"), [(("embedding", "logits"), ""), (("other", "logits"), "logits")])
def test_the_scores_are_found_among_several_outputs(tmp_path: Path, outputs: tuple[str, ...], name: str) -> None:
    rows = fit(model(tmp_path / "m.onnx", *outputs), output_name=name).log_probs(Batch.of(SAID))
    assert torch.allclose(rows, logits().log_softmax(dim=1), atol=1e-4)


@pytest.mark.parametrize(
    ("outputs", "name", "found"),
    [
        (("other", "logits"), "", r"the outputs other: tensor\(float\).*logits.*say which: output_name=NAME"),
        (("embedding", "label"), "", r"embedding.*label: tensor\(int64\).*output_name"),
        (("embedding", "logits"), "cheese", r"expected 'cheese'"),
    ],
)
def test_which_output_is_meant_is_asked(tmp_path: Path, outputs: tuple[str, ...], name: str, found: str) -> None:
    with pytest.raises(UsageError, match=found):
        fit(model(tmp_path / "m.onnx", *outputs), output_name=name)


@pytest.mark.parametrize(("output", "texts"), [("label", False), ("said", True)])
def test_labels_alone(tmp_path: Path, output: str, texts: bool) -> None:
    file = model(tmp_path / "m.onnx", "embedding", output, texts=texts)
    rows = fit(file, output_name=output).log_probs(Batch.of(SAID)).exp()
    assert torch.equal(rows.argmax(dim=1), logits().argmax(dim=1))
    assert rows.max(dim=1).values.tolist() == pytest.approx([0.999] * len(SAID), abs=1e-6)


def test_labels_alone_conform_and_vote_over_windows(tmp_path: Path) -> None:
    check_victim(Onnx(model(tmp_path / "m.onnx", "label", width=4_000)))


def test_a_label_beyond_the_names_is_named(tmp_path: Path) -> None:
    one = Onnx(model(tmp_path / "m.onnx", "label"), labels=("anger",)).loaded(sample_context())
    with pytest.raises(ComponentError, match="one of 1 labels for each"):
        one.scores(SAID)


@pytest.mark.parametrize("location", ["m.onnx.data", "weights.bin", "shards/part-1"])
def test_every_file_that_the_graph_loads_is_part_of_it(tmp_path: Path, location: str) -> None:
    (tmp_path / "shards").mkdir()
    plain = Onnx(model(tmp_path / "plain.onnx", "logits")).fingerprint()
    file = model(tmp_path / "m.onnx", "logits", external=location)
    assert external_files(file) == [tmp_path / location]
    before = Onnx(file).fingerprint()
    assert before != plain
    weights = tmp_path / location
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    assert Onnx(file).fingerprint() != before
    (tmp_path / "beside.onnx.data").write_bytes(b"of another model")
    weights.unlink()
    with pytest.raises(UsageError, match="no such file"):
        Onnx(file).fingerprint()


def test_weights_of_a_subgraph_are_found(tmp_path: Path) -> None:
    kinds, make = onnx.TensorProto, onnx.helper
    inner = onnx.numpy_helper.from_array(np.ones(3, dtype=np.float32), "w")
    onnx.external_data_helper.set_external_data(inner, "branch.bin")
    branch = make.make_graph(
        [make.make_node("Identity", ["w"], ["y"])],
        "branch",
        [],
        [make.make_tensor_value_info("y", kinds.FLOAT, [3])],
        [inner],
    )
    step = make.make_node("If", ["c"], ["y"], then_branch=branch, else_branch=branch)
    outer = make.make_graph(
        [step],
        "outer",
        [make.make_tensor_value_info("c", kinds.BOOL, [])],
        [make.make_tensor_value_info("y", kinds.FLOAT, [3])],
    )
    (tmp_path / "m.onnx").write_bytes(make.make_model(outer).SerializeToString())
    assert external_files(tmp_path / "m.onnx") == [tmp_path / "branch.bin"]


@pytest.mark.parametrize("content", [b"", b"\x08", b"\xff" * 40, b"not a model at all", b"\x3a\xff\x01"])
def test_what_is_no_model_loads_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.onnx").write_bytes(content)
    assert external_files(tmp_path / "m.onnx") == []


def test_numbers_answer_a_dimensional_task(tmp_path: Path) -> None:
    """Of several columns the one that is called what the task is about; windows are averaged as numbers."""
    said = sample_utterances(1, 1)
    columns = ("arousal", "dominance", "valence", "other")
    lines = torch.stack([4.0 * one.waveform.double().square().mean() for one in said])
    for width in ("t", 1600):
        context = replace(sample_context(), task=task_named("activation"))
        fitted = Onnx(model(tmp_path / f"{width}.onnx", "logits", width=width), columns, low=-1.0).fit(
            said, (), context
        )
        found = fitted.values(Batch.of(said))
        if width == "t":
            assert found.tolist() == pytest.approx((1 + 4 * (lines + 1) / 2).tolist(), abs=1e-5)
        alone = torch.cat([fitted.values(Batch.of([one])) for one in said])
        assert torch.equal(found, alone)
        assert torch.equal(found, fitted.numbers(said))
    with pytest.raises(UsageError, match="a model that says labels"):
        Onnx(model(tmp_path / "label.onnx", "label"), NAMES).fit(said, (), context)
