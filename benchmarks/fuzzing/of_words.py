"""Specs, plans and tasks that are wrong."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from benchmarks.fuzzing.children import command
from benchmarks.fuzzing.kinds import Lay, small_corpus
from benchmarks.fuzzing.mutations import TEXT, mutated, reworded

SPECS = {
    "--victim": (
        *("cnn_gru:channels=8,hidden=8,max_epochs=2", "http:http://127.0.0.1:9/x,label_path=a.b,labels=a:anger+b:sad"),
        *("multimodal:audio=cnn_gru:channels=8,,hidden=8", "python:model.py", "onnx:model.onnx", "hf:folder"),
        *("chat:http://127.0.0.1:9/v1,model=x,prompts=2", "svm_egemaps:c=0.5"),
    ),
    "--attack": (
        *("boundary:categories=natural+human,step_db=2.5", "adaptive:attack=boundary:corr=true,,step_db=2,looks=4"),
        *("pitch_semitone+mask_nouns", "pitch:factor=0.75 + fade_in", "universal_noises", "shaped_noise"),
    ),
    "--defense": ("rnnoise+noise_augmentation", "multi_condition:fraction=0.5", "smoothing:sigma=0.1", "none"),
}
_OPTIONS = {
    **{"--k": "5,15,25", "--seeds": "0,1,2", "--fold": "0,2", "--limit": "20", "--repeats": "3", "--task": "ahsn"},
    **{"--split": "k-fold", "--measure": "pesq,stoi", "--check-limit": "16", "--batch-size": "64", "--corr": "both"},
    **{"--noises": "both", "--keep-audio": "2", "--noise-bank": "embedded", "--corpus": "manifest"},
}
PLAN = """victim: ["cnn_gru:channels=8,hidden=8", "cnn_gru:channels=4"]
attack: [boundary, fade_in]
k: [2, 4, 8]
noises: all
device: cpu
limit: 4
cells:
- fold: [0, 1]
- {defense: "multi_condition:fraction=0.5", attack: [boundary, gain], seeds: "0,1"}
"""
TASKS = {
    "mine.toml": """name = "mine"
classes = ["negative", "neutral", "positive"]
attribute = "emotion"
improvised_only = false
[merged]
anger = "negative"
sadness = "negative"
happiness = "positive"
""",
    "mine.yaml": "classes: [low, mid, high]\nattribute: valence\nbins: [2.5, 3.5]\n",
}


def specs(_base: Path) -> Lay:
    """Wrong specs and numbers, before any data are read: the corpus is not there."""

    def lay(rng: random.Random, folder: Path) -> Callable[[], None]:
        words = {name: rng.choice(choices) for name, choices in SPECS.items()}
        words |= {name: _OPTIONS[name] for name in rng.sample(list(_OPTIONS), 3)}
        for name in rng.sample(list(words), rng.choice((1, 1, 2))):
            words[name] = (
                mutated(words[name].encode(), (reworded,), rng).decode("utf-8", "surrogateescape").replace("\0", "")
            )
        words.setdefault("--corpus", "manifest")
        given = [f"{name}={text[:100_000]}" for name, text in words.items()]
        return command("run", *given, "--corpus-root", folder / "none", "--out", folder / "run")

    return lay


def plans(base: Path) -> Lay:
    """Wrong plans, that are asked what they come to."""
    table = small_corpus(base / "corpus")

    def lay(rng: random.Random, folder: Path) -> Callable[[], None]:
        (folder / "plan.yaml").write_bytes(mutated(PLAN.encode(), TEXT, rng))
        where = ("--corpus", "manifest", "--corpus-root", table, "--out", folder / "run")
        return command("grid", folder / "plan.yaml", "--dry-run", *where)

    return lay


def tasks(_base: Path) -> Lay:
    """Wrong tasks, for a corpus that is not there."""

    def lay(rng: random.Random, folder: Path) -> Callable[[], None]:
        name = rng.choice(list(TASKS))
        (folder / name).write_bytes(mutated(TASKS[name].encode(), TEXT, rng))
        where = ("--corpus", "manifest", "--corpus-root", folder / "none", "--out", folder / "run")
        return command("run", "--victim", "cnn_gru", "--attack", "fade_in", "--task", folder / name, *where)

    return lay
