"""Features before and after a purifier: the picture, the command, and what it refuses."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
import typer

from bench.cli.purified import purified
from bench.core.errors import BenchError
from bench.studies.purifier_view import Comparison, draw

TINY_DEFENSE = "gan_purification:hidden=8,pretrain_epochs=1,max_epochs=1"
TINY_VICTIM = "cnn_gru:channels=8,hidden=8,dense=8,dropout=0.0,learning_rate=0.01,max_epochs=2"


@dataclass(frozen=True)
class Said:
    """What the command said: its lines, or its error."""

    lines: tuple[str, ...]
    error: str = ""


@pytest.fixture
def command(
    tiny_corpus: Path,
    tiny_noises: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., Said]:
    """Run `bench purified` on the tiny corpus and noises."""

    def run(*more: str) -> Said:
        app = typer.Typer()
        app.command()(purified)
        words = [f"--victim={TINY_VICTIM}", f"--defense={TINY_DEFENSE}", "--corpus=emodb", "--device=cpu"]
        words += [f"--corpus-root={tiny_corpus}", "--noise-bank=folder", f"--noise-root={tiny_noises}"]
        words += ["--attack=environmental:snr_db=5", f"--out={tmp_path}/p.png", *more]
        monkeypatch.setattr(sys, "argv", ["purified", *words])
        try:
            app(standalone_mode=False)
        except BenchError as error:
            return Said((), str(error))
        return Said(tuple(capsys.readouterr().out.splitlines()))

    return run


def compared() -> Comparison:
    """A comparison that is worth drawing."""
    clean = torch.sin(torch.arange(200.0)).reshape(20, 10)
    return Comparison("a $title$ & <more>", 1.5, clean, clean + 1, clean + 0.25, clean)


@pytest.mark.parametrize("ending", [".svg", ".pdf"])
def test_the_same_features_give_the_same_picture(tmp_path: Path, ending: str) -> None:
    """And constant ones, of which the smallest is the greatest, another."""
    pytest.importorskip("matplotlib")
    pictures = []
    for name in ("one", "two"):
        draw(compared(), (tmp_path / name).with_suffix(ending))
        pictures.append((tmp_path / name).with_suffix(ending).read_bytes())
    assert pictures[0] == pictures[1]
    if ending == ".svg":
        text = pictures[0].decode()
        assert "noisy − clean (mean 1.000)" in text
        assert "purified − clean (mean 0.250)" in text
        assert "a $title$ &amp; &lt;more&gt;" in text
        flat = replace(
            compared(), **dict.fromkeys(("clean", "noisy", "purified", "purified_clean"), torch.zeros(1, 88))
        )
        draw(flat, tmp_path / "flat.svg")
        assert (tmp_path / "flat.svg").read_bytes() != pictures[0]


def test_distances_are_to_the_clean_features() -> None:
    assert compared().distances() == pytest.approx({"noisy": 1.0, "purified": 0.25, "clean, purified": 0.0})


def test_the_command_draws_one_utterance(command: Callable[..., Said], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    said = command()
    assert not said.error
    assert [line.split(": ")[0] for line in said.lines[:3]] == ["noisy", "purified", "clean, purified"]
    assert said.lines[3] == str(tmp_path / "p.png")
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")
    for more, named in (
        (["--defense=none"], ["--defense 'none'", "shows no features", "gan_purification"]),
        (["--attack=speed_utterance"], ["--attack speed_utterance", "changes the length"]),
        (["--utterance=nobody"], ["--utterance", "'nobody'", "test utterances of this fold"]),
        (["--attack=boundary:corr=true"], ["corr"]),
        (["--fold=0,1"], ["one of each"]),
        (["--defense=gan_purificatoin"], ["did you mean 'gan_purification"]),
        ([f"--out={tmp_path}/p.gif"], [".gif", ".png"]),
    ):
        error = command(*more).error
        for part in named:
            assert part in error
    assert [path.name for path in tmp_path.iterdir() if path.suffix] == ["p.png"], "nothing else is written"
