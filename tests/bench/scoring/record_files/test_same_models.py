"""A model is one victim by whatever path it is given, and two models are never one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bench.scoring.record_files.descriptions import Description
from bench.scoring.record_files.same_models import named_alike
from bench.scoring.records import Store


@pytest.fixture(scope="module")
def measured(finished_run: tuple) -> Description:
    return next(iter(Store(finished_run[0]).cells())).description


@pytest.fixture
def told(measured: Description) -> Callable[..., Description]:
    """What a cell says of itself whose victim has this spec and rests on files of this digest."""

    def make(spec: str, digest: str | None = "d1", **more: Any) -> Description:
        content = json.loads(measured.text) | more | {"victim": spec}
        victim = {"spec": spec, "params": {"file": spec}, "origin": "serbench", "code": "c"}
        content["fitting"]["victim"] = victim | ({} if digest is None else {"fingerprint": digest})
        text = json.dumps(content, sort_keys=True)
        return replace(measured, names=replace(measured.names, victim=spec), text=text)

    return make


def named(*abouts: Description) -> list[str]:
    found = named_alike(abouts, lambda one: one, lambda _, renamed: renamed)
    return [one.names.victim for one in found]


@pytest.mark.parametrize(
    ("specs", "shown"),
    [
        (("onnx:file=m.onnx", "onnx:file=/home/me/m.onnx"), "onnx:file=m.onnx"),
        (("onnx:file=/home/me/m.onnx", "onnx:file=models/m.onnx", "onnx:file=~/m.onnx"), "onnx:file=models/m.onnx"),
        (("onnx:file=/home/me/m.onnx", "onnx:file=/tmp/m.onnx"), "onnx:file=m.onnx"),
        (("hf:model=/home/me/ours/", "hf:model=owner/ours"), "hf:model=owner/ours"),
        (("python:target=/a/m.py:predict,files=/a/w", "python:target=m.py:predict,files=w"),) * 1
        + ("python:target=m.py:predict,files=w",),
    ],
)
def test_one_model_has_one_name(specs: tuple[str, ...], shown: str, told: Callable) -> None:
    other_folds = [told(spec, fold=number) for number, spec in enumerate(specs)]
    assert named(*other_folds) == [shown] * len(specs)


def test_what_was_measured_under_both_names_counts_once(told: Callable) -> None:
    assert named(told("onnx:file=m.onnx"), told("onnx:file=/x/m.onnx")) == ["onnx:file=m.onnx"]
    assert named(told("onnx:file=/x/m.onnx"), told("onnx:file=/x/m.onnx")) == ["onnx:file=m.onnx"] * 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("onnx:file=a/m.onnx", "d1"), ("onnx:file=b/m.onnx", "d2")),
        (("onnx:file=/a/m.onnx", "d1"), ("onnx:file=/b/m.onnx", "d2")),
        (("onnx:file=/a/m.onnx", "d1"), ("onnx:file=m.onnx", "d2")),
        (("onnx:file=a/m.onnx", "d1"), ("onnx:file=a/m.onnx,normalize=true", "d1")),
        (("isolated:onnx:file=a/m.onnx", "d1"), ("onnx:file=a/m.onnx", "d1")),
        (("http:url=http://a/x", "d1"), ("http:url=http://b/x", "d1")),
        (("mine:file=/a/m", None), ("mine:file=/b/m", None)),
    ],
)
def test_two_models_are_never_one(one: tuple[str, str], other: tuple[str, str], told: Callable) -> None:
    found = named(told(*one), told(*other))
    assert len(set(found)) == 2


def test_names_without_paths_stay(told: Callable) -> None:
    assert named(told("cnn_gru", None), told("onnx:file=m.onnx", "d2")) == ["cnn_gru", "onnx:file=m.onnx"]
