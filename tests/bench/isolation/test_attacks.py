"""Attacks in a process of their own: what they find there is what they find here, and they get no more than is lent."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from bench.contracts.defense_view import DefenseView
from bench.contracts.perception import p1
from bench.contracts.recipes import Recipe, Samples
from bench.contracts.registry import Registry
from bench.contracts.variants import variants_of
from bench.core.batch import Batch
from bench.core.errors import ComponentError
from bench.core.types import Utterance
from bench.isolation.components import Isolation
from bench.perturbations.rendering import attack_tools
from bench.referee.referee import Referee
from bench.referee.search import AttackRun
from bench.scoring.record_files.rows import Row
from bench.testing import CPU, TASK, ContraryVictim, sample_noises, sample_tools, sample_utterances
from tests.bench.isolation.conftest import ending, give_back_of

SPEECH = sample_utterances(2, 1, "attacked")
HOSTILE = Path(__file__).parent / "hostile_attack.txt"


@dataclass(frozen=True)
class ByEar:
    """Tells classes by loudness and pitch, well enough to be fooled; its purifier takes every second sample away."""

    def enroll(self, clean: list[Utterance]) -> ByEar:
        return self

    def log_probs(self, batch: Batch) -> Tensor:
        changes = (batch.waveforms[:, 1:].sign() != batch.waveforms[:, :-1].sign()).sum(1) / batch.lengths
        power = batch.waveforms.square().sum(1) / batch.lengths
        return torch.log_softmax(torch.stack([40 * changes, 60 * power, 1 - power, 0.3 + changes], 1), 1)

    def save(self, folder: Path) -> None:
        raise NotImplementedError

    def trace(self, batch: Batch) -> list[Tensor]:
        return [one.waveform[::2, None] for one in batch.utterances]

    def answer_or_refuse(self, batch: Batch) -> tuple[Tensor, Tensor]:
        return self.log_probs(batch), torch.zeros(len(batch), dtype=torch.bool)


def rows(registry: Registry, spec: str, name: str = "", **more: Any) -> list[Row]:
    """The records of an attack; `name` keys its draws."""
    tools = attack_tools(sample_noises().part("test"), p1(), 10.0, 6, partial(registry.build, "attacks"))
    attack = registry.component("attacks", spec).object
    run = AttackRun(attack, name or spec, tools, 0, tuple(SPEECH), **more)
    try:
        return Referee(ByEar(), TASK, CPU, batch_size=4).run(run, SPEECH)
    finally:
        give_back_of(attack)


@pytest.mark.parametrize("spec", ["boundary", "transfer:attack=boundary"])
def test_an_attack_finds_there_what_it_finds_here(registry: Registry, spec: str, sandboxes: None) -> None:
    found = rows(registry, f"isolated:{spec}", spec)
    assert found == rows(registry, spec)
    assert len(found) > (10 if spec == "boundary" else 0)


def test_free_samples_that_were_found_on_the_bare_victim_are_brought_there(registry: Registry, sandboxes: None) -> None:
    loud = {one.id: Recipe(Samples(one.waveform * 0.8)) for one in SPEECH}
    there, here = (rows(registry, f"{mark}transfer", "transfer", transferred=loud) for mark in ("isolated:", ""))
    assert there == here
    assert {row.perturbation for row in there if row.query} == {"samples"}


def test_an_attacker_who_knows_the_defence_looks_through_it_from_there(registry: Registry, sandboxes: None) -> None:
    view = DefenseView.through(ByEar(), Batch.of, CPU)
    # Sounds alone: free samples made of an effect there are the same to rounding, not bit for bit.
    spec = "adaptive:attack=boundary:categories=natural+human,looks=3"
    assert rows(registry, f"isolated:{spec}", spec, view=view) == rows(registry, spec, view=view)


def test_it_learns_there_from_one_utterance_for_another_as_it_does_here(sandboxes: None) -> None:
    plugin = Path(__file__).parents[1] / "referee" / "learning.py"
    there, here = Registry.discover([plugin], {("attacks", "habit")}, Isolation()), Registry.discover([plugin])
    speech, found = sample_utterances(3, each=2, key="attacked"), []
    for attack in (there.component("attacks", "isolated:habit"), here.component("attacks", "habit")):
        run = AttackRun(attack.object, "habit", sample_tools(6), 0, speech)
        found.append(Referee(ContraryVictim(), TASK, CPU).run(run, speech))
    assert found[0] == found[1]
    assert {row.turn for row in found[0]} == set(range(len(speech)))
    assert len({row.category for row in found[0] if row.query == 1}) > 1, "what it begins with changes"


def test_an_effect_makes_there_what_it_makes_here_under_a_name_of_its_own(registry: Registry, sandboxes: None) -> None:
    there, here = rows(registry, "isolated:fade_in"), rows(registry, "fade_in")
    drawn = [replace(row, recipe=None, imperceptible=None) for row in (*there, *here)]  # keyed by their own names
    assert [row.snr_db for row in drawn[: len(there)]] == [row.snr_db for row in drawn[len(there) :]]
    assert any(row.imperceptible for row in here)
    assert not any(row.imperceptible for row in there)


def test_informed_attacks_are_told_and_give_probes(registry: Registry, sandboxes: None) -> None:
    there, here = (registry.component("attacks", f"{mark}boundary:corr=true").object for mark in ("isolated:", ""))
    assert there.corr
    assert there.categories == here.categories
    tools = attack_tools(sample_noises().part("train"), p1(), 10.0, 6, partial(registry.build, "attacks"))
    from bench.core.heard import Heard
    from bench.core.rng import keyed

    heard = Heard.of(SPEECH[0])
    probes = [one.probe(heard, "natural/whole", tools, keyed("probe")) for one in (there, here)]
    assert probes[0] == probes[1]
    assert probes[0] is not None
    tools = replace(tools, degradation={"natural/whole": 0.1, "human/start": 0.5, "interior/whole": 0.2, "pitch": 0.0})
    first = [next(one.search(heard, tools, keyed("search"))) for one in (there, here)]
    assert first[0] == first[1]
    give_back_of(there)


@pytest.mark.parametrize(
    "spec", ["boundary", "boundary:corr=true", "boundary:noises=imperceptible,step_db=2.0", "fade_in"]
)
def test_threat_models_are_those_of_the_same_attack_here(registry: Registry, spec: str, sandboxes: None) -> None:
    there, here = (
        variants_of(text, registry.build("attacks", text), "both", "both") for text in (f"isolated:{spec}", spec)
    )
    assert [(one.corr, one.noises) for one in there] == [(one.corr, one.noises) for one in here]
    assert [one.base for one in there] == [f"isolated:{one.base}" for one in here]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, sandboxes: None) -> Iterator[Registry]:
    yield from ending(hostile_in(tmp_path_factory.mktemp("hostile")))


def hostile_in(folder: Path) -> Registry:
    """A registry with attacks that want more than they are lent."""
    plugin = folder / "hostile_attack.py"
    shutil.copy(HOSTILE, plugin)
    return Registry.discover([plugin], {("attacks", "bad"), ("attacks", "effect")}, Isolation())


@pytest.mark.parametrize(
    ("what", "found"),
    [
        ("no recipe", "a str"),
        ("closed effect", "isolated:effect"),
        ("no clip", "passwd"),
        ("look", "a look at what it was not given"),
        ("nan", "NaN"),
        ("die", "died"),
    ],
)
def test_what_breaks_its_contract_is_named(hostile: Registry, what: str, found: str) -> None:
    with pytest.raises(ComponentError, match=found) as caught:
        rows(hostile, f"isolated:bad:what={what}")
    assert "isolated:bad" in str(caught.value)


def test_it_is_told_no_more_than_it_is_lent(hostile: Registry) -> None:
    with pytest.raises(ComponentError, match="RuntimeError") as caught:
        rows(hostile, "isolated:bad:what=tell")
    told = str(caught.value)
    assert f"['perturbation', 'speaker', 'transcript'] (None, None, None) {len(SPEECH)}" in told
    assert "attacked-" not in told
    assert f" threads={torch.get_num_threads()}" in told, "those of the referee: sums of another number round otherwise"


def test_what_it_writes_to_reaches_nobody(hostile: Registry) -> None:
    before = [one.waveform.clone() for one in SPEECH]
    found = rows(hostile, "isolated:bad:what=write")
    assert all(torch.equal(one.waveform, kept) for one, kept in zip(SPEECH, before, strict=True))
    asked = [row for row in found if row.query]
    assert len(asked) == len(SPEECH)
    assert not any(row.accepted for row in asked)


def test_the_budget_ends_it(hostile: Registry) -> None:
    found = rows(hostile, "isolated:bad:what=never")
    assert max(row.query for row in found) == 6


def test_its_memory_ends_with_the_run(tmp_path: Path, sandboxes: None) -> None:
    """In sandboxes that no other test has been in, and that are not given back."""
    registry = hostile_in(tmp_path)
    attack = registry.component("attacks", "isolated:bad:what=count").object
    for _ in range(2):
        tools = attack_tools(sample_noises().part("test"), p1(), 10.0, 6, partial(registry.build, "attacks"))
        with pytest.raises(ComponentError, match="RuntimeError: search 1"):
            Referee(ByEar(), TASK, CPU).run(AttackRun(attack, "count", tools, 0, tuple(SPEECH)), SPEECH)


def test_an_effect_is_given_what_the_speaker_says_besides(hostile: Registry) -> None:
    found = rows(hostile, "isolated:effect")
    assert len([row for row in found if row.query]) == len(SPEECH)
    assert not any(row.imperceptible for row in found)
