"""`bench list KIND NAME` says all that a user needs to know of one component, and starts at once."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable

import pytest

from bench.contracts.entries import KINDS, entries_by_name


def test_every_component_explains_itself() -> None:
    """Whatever is registered says what it does and what each parameter means."""
    for (kind, name), entry in entries_by_name(()).items():
        text, parameters = entry.explain()
        assert len(text) > 20, (kind, name)
        for one in parameters:
            assert one.meaning, (kind, name, one.name)


@pytest.mark.parametrize("kind", ["attacks", "attack"])
def test_one_component(bench_here: Callable, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    said = bench_here("list", kind, "environmental")
    assert said.code == 0
    assert max(map(len, said.out.splitlines())) <= 80
    assert "  snr_db: float = 20.0\n      signal-to-noise ratio in dB, from -40 to 60" in said.out
    assert said.out.splitlines()[-1] == "For example: bench run --victim cnn_gru --attack environmental:snr_db=20.0"


def test_one_component_is_told_as_json(bench_here: Callable) -> None:
    told = json.loads(bench_here("list", "attacks", "boundary", "--json").out)
    assert told["threat_model"].startswith("knows noise-harm where corr is true")
    assert {"name", "type", "default", "meaning"} == set(told["parameters"][0])
    assert told["defined_in"] == "attacks.boundary:Boundary"


@pytest.mark.parametrize(
    ("words", "example"),
    [
        (("victims", "http"), "http:URL"),
        (("victims", "python"), "python:TARGET"),
        (("corpora", "manifest"), "--corpus manifest --corpus-root FOLDER"),
        (("noise_banks", "folder"), "--noise-bank folder --noise-root FOLDER"),
    ],
)
def test_examples_say_what_has_to_be_given(bench_here: Callable, words: tuple[str, str], example: str) -> None:
    assert example in bench_here("list", *words).out.splitlines()[-1]


def test_every_example_is_a_command(bench_here: Callable) -> None:
    for kind, name in entries_by_name(()):
        command = shlex.split(json.loads(bench_here("list", kind, name, "--json").out)["example"])
        assert command[:2] == ["bench", "run"]
        assert kind in KINDS


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("attacks", "boundry"), "did you mean 'boundary'?"),
        (("tasks", "ashn"), "did you mean 'ahsn'?"),
        (("atacks", "boundary"), "did you mean 'attacks'?"),
        (("cnn_gru",), "bench list victims cnn_gru"),
    ],
)
def test_what_is_not_there(bench_here: Callable, words: tuple[str, ...], named: str) -> None:
    said = bench_here("list", *words)
    assert (said.code, said.out) == (2, "")
    assert named in said.err
