"""A model in the ONNX format as a victim: real graphs, run by ONNX Runtime."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from bench import Batch, DataError, UsageError, Utterance
from bench.data.tasks import task_named
from bench.testing import TOLERANCE, check_victim, sample_context, sample_utterances
from victims.onnx import FittedOnnx, Onnx

BRIEF = None
"""The checks that all victims pass are run here, on a model of the user's."""

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

NAMES = ("ang", "hap", "sad", "neu")
CENTRES = np.array([-28.0, -22.0, -18.0, -15.0], dtype=np.float32)


def graph(
    file: Path,
    second: str = "",
    width: int | str = "t",
    batch: int | str = "b",
    labels: Any = NAMES,
    softmax: bool = False,
    float_type: str = "FLOAT",
    honest: bool = True,
) -> Path:
    """Write a model that tells classes by loudness.

    Args:
        file: where.
        second: "lengths", "mask", or none.
        width: the second dimension of the waveform.
        batch: the first.
        labels: the metadata.
        softmax: put one at the end.
        float_type: of the waveform.
        honest: whether the mean is over the real samples; otherwise over the padding too.
    """
    kinds, make, node = onnx.TensorProto, onnx.helper, onnx.helper.make_node
    inputs = [make.make_tensor_value_info("waveform", getattr(kinds, float_type), [batch, width])]
    steps = [node("Cast", ["waveform"], ["x"], to=kinds.FLOAT), node("Mul", ["x", "x"], ["squares"])]
    if second and honest:
        shape, kind = (["b"], kinds.INT64) if second == "lengths" else (["b", "t"], kinds.INT32)
        inputs.append(make.make_tensor_value_info(second, kind, shape))
        steps += [node("Cast", [second], ["real"], to=kinds.FLOAT), node("ReduceSum", ["squares", "one"], ["energy"])]
        steps += [node("ReduceSum", ["real", "one"], ["n"])] if second == "mask" else []
        steps += [node("Unsqueeze", ["real", "one"], ["n"])] if second == "lengths" else []
        steps += [node("Div", ["energy", "n"], ["power"])]
    else:
        inputs += [make.make_tensor_value_info(second, kinds.INT64, ["b"])] if second else []
        steps += [node("ReduceMean", ["squares", "one"], ["power"])]
    steps += [
        node("Add", ["power", "tiny"], ["safe"]),
        node("Log", ["safe"], ["logs"]),
        node("Mul", ["logs", "scale"], ["level"]),
        node("Sub", ["level", "centres"], ["away"]),
        node("Mul", ["away", "away"], ["far"]),
        node("Mul", ["far", "minus"], ["scores" if softmax else "output"]),
    ]
    steps += [node("Softmax", ["scores"], ["output"], axis=1)] if softmax else []
    constants = [
        onnx.numpy_helper.from_array(value, name)
        for name, value in {
            "one": np.array([1]),
            "tiny": np.array(1e-9, dtype=np.float32),
            "scale": np.array(10 / np.log(10), dtype=np.float32),
            "minus": np.array(-0.05, dtype=np.float32),
            "centres": CENTRES[None],
        }.items()
    ]
    output = make.make_tensor_value_info("output", kinds.FLOAT, [batch, 4])
    steps = [step for step in steps if "one" not in step.output]
    made = make.make_model(
        make.make_graph(steps, "loudness", inputs, [output], constants), opset_imports=[make.make_opsetid("", 18)]
    )
    made.ir_version = 10
    if labels is not None:
        text = labels if isinstance(labels, str) else json.dumps(labels)
        onnx.helper.set_model_props(made, {"labels": text})
    onnx.checker.check_model(made)
    onnx.save(made, file)
    return file


def fit(file: Path, **parameters: Any) -> FittedOnnx:
    train = sample_utterances(key="train")
    return Onnx(file, **parameters).fit(train, train, sample_context())


def expected(one: Utterance) -> torch.Tensor:
    level = 10 * np.log10(float(one.waveform.double().square().mean()) + 1e-9)
    return torch.log_softmax(torch.from_numpy(-0.05 * (CENTRES - level) ** 2), dim=0).float()


@pytest.mark.parametrize(
    ("made", "parameters"),
    [
        ({}, {}),
        ({"second": "lengths"}, {}),
        ({"second": "mask"}, {"batch_size": 3}),
        ({"batch": 1}, {}),
        ({"width": 4_000}, {}),
        ({"softmax": True}, {"output": "probabilities"}),
        ({"softmax": True, "width": 4_000}, {"output": "probabilities"}),
        ({"float_type": "DOUBLE"}, {}),
        ({"float_type": "FLOAT16"}, {"normalize": True}),
    ],
    ids=["plain", "lengths", "mask", "one", "windows", "softmax", "softmax-windows", "double", "half"],
)
def test_it_conforms(tmp_path: Path, made: dict[str, Any], parameters: dict[str, Any]) -> None:
    check_victim(Onnx(graph(tmp_path / "model.onnx", **made), **parameters))


@pytest.mark.parametrize(
    ("made", "parameters"),
    [({}, {}), ({"second": "lengths"}, {}), ({"second": "mask"}, {}), ({"softmax": True}, {"output": "probabilities"})],
)
def test_it_is_what_the_model_says(tmp_path: Path, made: dict[str, Any], parameters: dict[str, Any]) -> None:
    test = sample_utterances(2, 2)
    rows = fit(graph(tmp_path / "model.onnx", **made), **parameters).log_probs(Batch.of(test))
    assert torch.allclose(rows, torch.stack([expected(one) for one in test]), atol=1e-4)


def test_windows_are_averaged_and_the_last_ends_with_the_utterance(tmp_path: Path) -> None:
    victim = fit(graph(tmp_path / "model.onnx", width=2_000))
    wave = sample_utterances(1, 1)[0].waveform[:5_000] * torch.linspace(0.1, 1, 5_000)
    one = Utterance("a", wave, "a")
    windows = [expected(replace(one, waveform=wave[at : at + 2_000])).exp() for at in (0, 2_000, 3_000)]
    found = victim.log_probs(Batch.of([one]))[0].exp()
    assert torch.allclose(found, torch.stack(windows).mean(dim=0), atol=1e-4)
    short = replace(one, waveform=wave[:800])
    padded = expected(replace(one, waveform=torch.nn.functional.pad(wave[:800], (0, 1_200))))
    assert torch.allclose(victim.log_probs(Batch.of([short]))[0].exp(), padded.exp(), atol=1e-6)


@pytest.mark.parametrize("labels", ["anger, happy,sad ,neutral", '["Angry", "hap", "sadness", "neu"]'])
def test_labels_come_from_the_metadata(tmp_path: Path, labels: str) -> None:
    one = sample_utterances(1, 1)[:1]
    rows = fit(graph(tmp_path / "model.onnx", labels=labels)).log_probs(Batch.of(one))
    assert torch.allclose(rows[0], expected(one[0]), atol=1e-4)


def test_labels_come_from_the_parameter(tmp_path: Path) -> None:
    one = sample_utterances(1, 1)[:1]
    file = graph(tmp_path / "model.onnx", labels=None)
    rows = fit(file, labels=("neu", "sad", "hap", "ang")).log_probs(Batch.of(one))
    assert torch.allclose(rows[0], expected(one[0])[[3, 2, 1, 0]], atol=1e-4)


@pytest.mark.parametrize(
    ("made", "parameters", "found"),
    [
        ({"labels": None}, {}, "no labels in its metadata.*labels=anger"),
        ({"labels": "[1, 2]"}, {}, r"the metadata labels = '\[1, 2\]'"),
        ({"labels": ("a", "b", "c", "d")}, {}, "the labels a, b, c, d, of which none is anger"),
        ({}, {"labels": ("anger", "happiness", "sadness", "neutral", "fear")}, r"shape \(1, 4\).* 5 labels"),
        ({"softmax": True}, {}, "output=probabilities"),
        ({"second": "lengths", "honest": False}, {}, "batch_size=1"),
    ],
)
def test_models_that_cannot_serve(tmp_path: Path, made: dict[str, Any], parameters: dict[str, Any], found: str) -> None:
    with pytest.raises(UsageError, match=found):
        fit(graph(tmp_path / "model.onnx", **made), **parameters)


def test_scores_that_are_no_probabilities_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="say output=logits"):
        fit(graph(tmp_path / "model.onnx"), output="probabilities")


def test_a_task_that_the_labels_do_not_fit(tmp_path: Path) -> None:
    context = replace(sample_context(), task=task_named("activation3"))
    with pytest.raises(UsageError, match="'activation3': low, mid, high"):
        Onnx(graph(tmp_path / "model.onnx")).fit(sample_utterances(), [], context)


def test_inputs_that_are_not_known(tmp_path: Path) -> None:
    make, kinds = onnx.helper, onnx.TensorProto
    value = make.make_tensor_value_info
    inputs, outputs = [value("ids", kinds.INT64, ["b", "t"])], [value("output", kinds.INT64, ["b", "t"])]
    made = make.make_graph([make.make_node("Identity", ["ids"], ["output"])], "words", inputs, outputs)
    model = make.make_model(made, opset_imports=[make.make_opsetid("", 18)])
    model.ir_version = 10
    onnx.save(model, tmp_path / "words.onnx")
    with pytest.raises(UsageError, match=r"ids: tensor\(int64\).*expected waveforms"):
        fit(tmp_path / "words.onnx", labels=NAMES)


def test_files_that_are_no_model(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        Onnx(tmp_path / "missing.onnx").fingerprint()
    with pytest.raises(UsageError, match="a folder"):
        fit(tmp_path)
    (tmp_path / "model.onnx").write_bytes(pickle.dumps({"weights": [1, 2]}))
    with pytest.raises(DataError, match="a model in the ONNX format"):
        fit(tmp_path / "model.onnx")


def test_weights_beside_the_model_are_part_of_it(tmp_path: Path) -> None:
    file = graph(tmp_path / "model.onnx")
    before = Onnx(file).fingerprint()
    model = onnx.load(file)
    onnx.save(
        model, file, save_as_external_data=True, location="model.onnx.data", size_threshold=45
    )  # ONNX counts Python's own bytes too
    weights = tmp_path / "model.onnx.data"
    assert (first := Onnx(file).fingerprint()) != before
    check_victim(Onnx(file))
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(bytes(content))
    assert Onnx(file).fingerprint() != first


def test_a_batch_answers_as_one_by_one(tmp_path: Path) -> None:
    file, test = graph(tmp_path / "model.onnx", second="lengths"), Batch.of(sample_utterances(3, 3))
    together, alone = (fit(file, batch_size=size).log_probs(test) for size in (64, 1))
    assert float((together - alone).abs().max()) <= TOLERANCE
