"""`bench check`: every check of a component's kind, none hidden by another that fails."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

FAULTY, MISTAKEN = (Path(__file__).with_name(name) for name in ("faulty.py", "mistaken.py"))


def test_no_failure_hides_another(bench_here: Callable) -> None:
    said = bench_here("check", "loud", "--plugin", FAULTY, "--json")
    assert said.code == 1
    told = json.loads(said.out)
    assert (told["kind"], told["spec"], told["conforms"]) == ("victims", "loud", False)
    found = {one["name"]: one for one in told["checks"]}
    failed = {name for name, one in found.items() if one["status"] == "failed"}
    assert failed == {"files", "probabilities", "batches", "labels"}
    assert found["files"]["found"].startswith("saved ['weights.pkl']")
    assert found["probabilities"]["found"].startswith("probabilities that sum to 4.0")
    assert found["labels"]["found"].startswith("log-probabilities depend on labels")
    assert "an utterance ends at its batch.lengths" in found["batches"]["found"]
    skipped = {name: one["found"] for name, one in found.items() if one["status"] == "skipped"}
    assert set(skipped) == {"threads", "sessions"}
    assert skipped["threads"].endswith("no trait `concurrent`")
    assert found["loading"]["status"] == "passed"
    assert "a model that talks" in said.err


@pytest.mark.parametrize(
    ("spec", "check", "expected"),
    [
        ("doubtful", "batches", "refusals depend on the batch or its padding"),
        ("doubtful:numbers=true", "answers", "answer_or_refuse gave refusals of torch.int64 and shape (8,)"),
    ],
)
def test_who_may_refuse_is_asked_as_the_referee_asks(
    bench_here: Callable, spec: str, check: str, expected: str
) -> None:
    told = json.loads(bench_here("check", spec, "--plugin", FAULTY, "--json").out)
    failed = {one["name"]: one["found"] for one in told["checks"] if one["status"] == "failed"}
    assert list(failed) == [check]
    assert failed[check].startswith(expected)


def test_a_defence_around_a_detector_may_not_disarm_it(bench_here: Callable) -> None:
    words = ("--plugin", FAULTY, "--victim", "cnn_gru:channels=4,hidden=4,dense=4,max_epochs=1", "--json")
    told = json.loads(bench_here("check", "softer", *words).out)
    failed = {one["name"]: one["found"] for one in told["checks"] if one["status"] == "failed"}
    assert list(failed) == ["refusals"]
    assert failed["refusals"].startswith("8 of 8 answered that the victim behind refused: give it answer_or_refuse")


def test_layers_may_be_made_to_be_loaded_and_nothing_drawn_to_answer(bench_here: Callable, tmp_path: Path) -> None:
    text = """
import torch
class Model:
    labels = ("anger", "happiness", "neutral", "sadness")
    def __init__(self):
        self.layer = torch.nn.Linear(1, 4)
        torch.nn.init.ones_(self.layer.weight), torch.nn.init.zeros_(self.layer.bias)
    @torch.inference_mode()
    def __call__(self, waveforms, rate):
        self.ask()
        return torch.stack([self.layer(torch.tensor([float((wave**2).mean())])).softmax(-1) for wave in waveforms])
    def ask(self):
        pass
class Draws(Model):
    def ask(self):
        torch.rand(1)
"""
    (tmp_path / "mine.py").write_text(text)
    said = bench_here("check", f"python:{tmp_path / 'mine.py'}:Model", "--json")
    assert said.code == 0, said.out
    told = json.loads(bench_here("check", f"python:{tmp_path / 'mine.py'}:Draws", "--json").out)
    failed = {one["name"]: one["found"] for one in told["checks"] if one["status"] == "failed"}
    assert failed == {"generator": "torch's global generator was used: draw from bench.keyed"}


SEEDLESS = """
from dataclasses import dataclass
from contextlib import nullcontext
import torch
from bench.modelling.seeding import seeded
from safetensors.torch import load_file, save_file

@dataclass(frozen=True)
class Net:
    \"\"\"A layer on the level.\"\"\"
    keyed: bool = False
    def fit(self, train, valid, context):
        with seeded(context.seed, "net") if self.keyed else nullcontext():
            return Fitted(torch.nn.Linear(1, len(context.task.classes)))
    def load(self, folder, context):
        layer = torch.nn.Linear(1, len(context.task.classes))
        layer.load_state_dict(load_file(folder / "w.safetensors"))
        return Fitted(layer)

@dataclass(frozen=True)
class Fitted:
    layer: object
    def enroll(self, clean):
        return self
    @torch.no_grad()
    def log_probs(self, batch):
        level = torch.stack([wave[:n].abs().mean() for wave, n in zip(batch.waveforms, batch.lengths.tolist())])
        return self.layer(level[:, None]).log_softmax(-1)
    def save(self, folder):
        save_file(self.layer.state_dict(), folder / "w.safetensors")

COMPONENTS = {"victims": {"net": Net}}
"""


def test_who_trains_without_a_seed_is_told_how_to(bench_here: Callable, tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(SEEDLESS)
    for spec, expected in (("net", "failed"), ("net:keyed=true", "passed")):
        told = json.loads(bench_here("check", spec, "--plugin", tmp_path / "net.py", "--json").out)
        found = {one["name"]: (one["status"], one["found"]) for one in told["checks"]}
        assert found["repeatability"][0] == expected, found
        assert ("bench.modelling.seeding.seeded" in found["repeatability"][1]) == (expected == "failed")


COPIES = """
from dataclasses import dataclass
from typing import ClassVar
from bench import Traits
from bench.defending.adversarial_examples import perturbed
from bench.defending.augmentation import NoisyCopies

@dataclass(frozen=True)
class Copies(NoisyCopies):
    \"\"\"Trains on noisy copies, and does not say so.\"\"\"
    where: ClassVar[str] = "defense 'copies'"

    def noisy_copies(self, train, context):
        return [one for one in perturbed("environmental:snr_db=5", train, context, "copies") if one is not None]

class Told(Copies):
    \"\"\"The same, and says so.\"\"\"
    traits: ClassVar[Traits] = Traits(made_of=(("attacks", "environmental"),))

COMPONENTS = {"defenses": {"copies": Copies, "told": Told}}
"""


def test_a_defence_names_the_effects_that_it_trains_with(bench_here: Callable, tmp_path: Path) -> None:
    """Else boards say that it never met the attack that it was made with, and its key holds no code of it."""
    (tmp_path / "own.py").write_text(COPIES)
    words = ("--plugin", tmp_path / "own.py", "--victim", "cnn_gru:channels=4,hidden=4,dense=4,max_epochs=1", "--json")
    for name, expected in (("copies", "failed"), ("told", "passed")):
        told = json.loads(bench_here("check", name, *words).out)
        found = {one["name"]: (one["status"], one["found"]) for one in told["checks"]}
        assert found["parts"][0] == expected, found
        assert found["training"][0] == "passed"
        assert found["parts"][1].startswith("built attacks environmental, not in its traits" * (name == "copies"))


@pytest.mark.parametrize(
    ("name", "check", "expected"),
    [
        ("lists", "asking", "found a list from search, which yields nothing; expected a Recipe"),
        ("misspells", "asking", "noises.categories has those of any bank (mistaken.py, line 28)"),
        ("learns", "learning", "it has a method learn, which nobody calls: ThreatModel(round_size=...)"),
        ("rates", "numbers", "values depend on the batch or its padding, by 0."),
        ("reads", "answers", "AttributeError: 'NoneType' object has no attribute 'split' (mistaken.py, line 56)"),
    ],
)
def test_what_a_beginner_forgets_is_told(bench_here: Callable, name: str, check: str, expected: str) -> None:
    told = json.loads(bench_here("check", name, "--plugin", MISTAKEN, "--json").out)
    found = next(one["found"] for one in told["checks"] if one["name"] == check)
    assert expected in found


def line_of(text: str) -> int:
    return next(number for number, line in enumerate(FAULTY.read_text().splitlines(), 1) if text in line)


def test_what_raises_within_a_library_is_told_by_the_line_of_one_s_own(bench_here: Callable) -> None:
    told = json.loads(bench_here("check", "shapeless", "--plugin", FAULTY, "--json").out)
    found = next(one["found"] for one in told["checks"] if one["name"] == "training")
    assert found.startswith("JSONDecodeError: ")
    assert found.endswith(f"(faulty.py, line {line_of('json.loads')})")


def test_a_report_says_what_was_found_and_expected(bench_here: Callable) -> None:
    said = bench_here("check", "broken", "--plugin", FAULTY)
    assert said.code == 1
    assert said.err.startswith("10 checks of attack 'broken' (faulty.py): it attacks 16 sounds")
    report = " ".join(said.out.split())
    assert "Try something that the referee accepts as a candidate" in report
    assert "found: attack 'Broken' on utterance" in report
    assert "ValueError: no idea" in report
    assert f"(faulty.py, line {line_of('no idea')})" in report
    assert "it needs 'asking', which failed" in report
    assert "licence" not in report, "a file has none of its own"
    assert report.endswith("it does not conform.")


def test_a_training_that_writes_into_its_speech_does_not_conform(bench_here: Callable) -> None:
    said = bench_here("check", "centred", "--plugin", FAULTY, "--json")
    assert said.code == 1
    (failed,) = (one for one in json.loads(said.out)["checks"] if one["status"] == "failed")
    assert failed["name"] == "training"
    assert "found samples changed in place" in failed["found"]
    assert "work on a copy" in failed["found"]


def test_a_corpus_is_checked_sound_by_sound(bench_here: Callable, tmp_path: Path) -> None:
    said = bench_here("check", f"twice:{tmp_path}", "--plugin", FAULTY, "--kind", "corpus", "--json")
    found = {one["name"]: one["found"] for one in json.loads(said.out)["checks"] if one["status"] == "failed"}
    assert said.code == 1
    assert found == {"ids": "ids repeat: a", "fingerprint": "no fingerprint", "samples": "a: silent or beyond [-1, 1]"}


def test_a_noise_bank_conforms(bench_here: Callable, tiny_noises: Path) -> None:
    said = bench_here("check", "folder", "--noise-root", tiny_noises, "--json")
    assert said.code == 0, said.out
    assert json.loads(said.out)["checks"][4]["found"] == "12 sounds: human, interior, natural"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("boundry",), "bench check: found 'boundry'; expected a component of bench list; did you mean 'boundary'?"),
        (("twice", "--plugin", FAULTY), "found 'twice', victim and corpus; expected one of them; give --kind victim"),
        (("boundary", "--kind", "atack"), "bench check --kind: found 'atack'"),
        (("boundary", "--kind", "victim"), "expected a victim of bench list"),
        (("isolated:boundary",), "found 'isolated:boundary'; expected a name without isolated:"),
        (("fade_in+fade_out",), "found 'fade_in+fade_out'; expected one component"),
        (("boundary:step_db=0",), "attack 'boundary'"),
        (("boundary", "--corpus-root", "x"), "--corpus-root x: found 'boundary', which reads none"),
        (("emodb",), "--corpus-root"),
        (("folder", "--noise-root", "nowhere"), "nowhere: found no such folder"),
        (("quantise", "--kind", "defense"), "expected a defense of bench list"),
        (("smoothing", "--victim", "nobody"), "--victim: found 'nobody'"),
    ],
)
def test_what_cannot_be_checked_is_the_user_s(bench_here: Callable, words: tuple, expected: str) -> None:
    said = bench_here("check", *words)
    assert said.code == 2, said.out + said.err
    assert expected in said.err.splitlines()[-1]
