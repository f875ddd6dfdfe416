"""The command line before any work: it starts fast, helps, and lists what there is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version

import pytest

from bench.contracts.component import KINDS
from bench.contracts.registry import Registry
from tests.cli.starting import HEAVY, START, heavy_after


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["--version"],
        ["list"],
        ["list", "attacks", "--json"],
        ["run", "--help"],
        ["show", "--help"],
        ["score", "--help"],
        ["leaderboard", "--help"],
        ["run", "--victim", "cnn_gruu", "--attack", "boundary"],
        ["run", "--victim", "cnn_gru", "--attack", "boundary", "--k", "0"],
    ],
    ids=" ".join,
)
def test_it_starts_fast(words: list[str]) -> None:
    """Neither torch nor anything else that is slow is imported; `benchmarks/starting.py` has the times."""
    assert heavy_after(words) == "imported:"


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["list"], ["run", "--help"], ["data"]], ids=" ".join)
def test_what_is_not_asked_for_is_not_imported(words: list[str]) -> None:
    """Neither pydantic, by which typer reads the options that are given, nor the other subcommands."""
    others = {"bench.cli.account", "bench.cli.certify", "bench.cli.listen", "bench.cli.reproduce", "bench.cli.victims"}
    start = START.replace(repr(HEAVY), repr(("pydantic", "rich", *sorted(others))))
    said = subprocess.run([sys.executable, "-c", start, *words], check=False, capture_output=True, text=True)
    assert said.stderr.splitlines()[-1] == "imported:"


def test_completion_starts_fast() -> None:
    environment = os.environ | {"_BENCH_COMPLETE": "complete_bash", "COMP_WORDS": "bench l", "COMP_CWORD": "1"}
    words = [sys.executable, "-c", START]
    said = subprocess.run(words, check=False, capture_output=True, text=True, env=environment)
    assert said.stdout.split() == ["list", "leaderboard", "listen"]
    assert said.stderr.splitlines()[-1] == "imported:"


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        ("bench run --victim cnn", ["cnn_gru"]),
        ("bench run --attack art_s", ["art_sign_opt", "art_square"]),
        ("bench run --attack reverb+fade_", ["reverb+fade_in", "reverb+fade_out"]),
        ("bench run --defense non", ["none"]),
        ("bench run --task ravdess", ["ravdess8"]),
        ("bench run --corpus raw", []),
        ("bench list def", ["defenses"]),
        ("bench list noise_banks esc", ["esc50"]),
    ],
)
def test_completion_knows_names(typed: str, named: list[str]) -> None:
    environment = {"_BENCH_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(typed.count(" "))}
    said = subprocess.run(
        [sys.executable, "-c", START], check=False, capture_output=True, text=True, env=os.environ | environment
    )
    assert said.stdout.split() == named
    assert said.stderr.splitlines()[-1] == "imported:", "no library is needed to name things"


def test_the_version(bench_here: Callable) -> None:
    assert bench_here("--version").out == f"serbench {version('serbench')}\n"


def test_help_names_every_command(bench_here: Callable) -> None:
    out = bench_here("--help").out
    assert all(name in out for name in ("run", "list", "show", "score", "leaderboard"))
    assert bench_here("-h").out == out
    bare = bench_here()
    assert bare.code == 2
    assert "Commands:" in bare.out + bare.err


def test_list_names_everything(bench_here: Callable) -> None:
    registry = Registry.discover()
    said = bench_here("list")
    assert said.code == 0
    for kind in KINDS:
        assert f"\n{kind}\n" in said.out
        for name in registry.names(kind):
            assert f"\n  {name}  (" in said.out


@pytest.mark.parametrize("kind", KINDS)
def test_list_as_json(bench_here: Callable, kind: str) -> None:
    found = json.loads(bench_here("list", kind, "--json").out)
    assert [entry["name"] for entry in found] == Registry.discover().names(kind)
    for entry in found:
        assert entry["kind"] == kind
        assert entry["origin"] == f"serbench {version('serbench')}"
        assert entry["summary"].endswith(".")


def test_list_of_an_unknown_kind(bench_here: Callable) -> None:
    said = bench_here("list", "atacks")
    assert said.code == 2
    assert "did you mean 'attacks'?" in said.err
