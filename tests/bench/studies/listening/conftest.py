"""What the tests of listening share: effects on some utterances that are the whole corpus, heard and on a page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bench.contracts.registry import Registry
from bench.core.types import Dataset, Utterance
from bench.evaluation.cell.experiment import Experiment
from bench.evaluation.plans.options import Options
from bench.studies.listening.examples import TriedAttack, listen, specs_of
from bench.studies.listening.page import write_page
from bench.testing import CPU, sample_noises

REGISTRY = Registry.discover()


@pytest.fixture(scope="session")
def experiment_of() -> Callable[[list[Utterance]], Experiment]:
    """Utterances as a corpus, with all built-ins."""
    return lambda utterances: Experiment(REGISTRY, Dataset("sample", tuple(utterances), "f"), sample_noises(), CPU)


@pytest.fixture(scope="session")
def options_of() -> Callable[..., Options]:
    """Options of attacks, a seed and a folder."""

    def made(*attacks: str, out: Path = Path("unused"), seed: int = 0) -> Options:
        return Options(victims=("none",), attacks=attacks, seeds=(seed,), out=out)

    return made


@pytest.fixture(scope="session")
def heard(experiment_of: Callable, options_of: Callable) -> Callable[..., list[TriedAttack]]:
    """What is heard of some utterances, which are the whole corpus."""

    def hear(utterances: list[Utterance], *attacks: str) -> list[TriedAttack]:
        return listen(experiment_of(utterances), specs_of(attacks, REGISTRY), utterances, options_of(*attacks))

    return hear


@pytest.fixture(scope="session")
def plugged() -> Callable[..., Registry]:
    """All built-ins, and an attack `mine` that yields what it is told to."""

    def plug(folder: Path, *steps: str) -> Registry:
        lines = ["from dataclasses import dataclass, replace", "", "", "@dataclass(frozen=True)", "class Mine:"]
        lines += ['    """Yields what it is told to."""', "", "    def search(self, original, tools, rng):"]
        lines += [*(f"        yield {step}" for step in steps), "", "", 'COMPONENTS = {"attacks": {"mine": Mine}}']
        (folder / "mine.py").write_text("\n".join(lines))
        return Registry.discover([folder / "mine.py"])

    return plug


@pytest.fixture(scope="session")
def written(experiment_of: Callable, options_of: Callable) -> Callable[..., tuple[str, list[TriedAttack]]]:
    """The page of some attacks on some utterances, and what is on it."""

    def write(folder: Path, utterances: list[Utterance], *attacks: str) -> tuple[str, list[TriedAttack]]:
        experiment, specs = experiment_of(utterances), specs_of(attacks, REGISTRY)
        options = options_of(*attacks, out=folder)
        effects = listen(experiment, specs, utterances, options)
        return write_page(experiment, effects, utterances, options).read_text(encoding="utf-8"), effects

    return write
