"""Objects become components: of registered classes by their spec, others by their name and content."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from attacks.boundary import Boundary
from bench import InMemory, Overlay, Recipe
from bench.contracts.component import Component
from bench.contracts.registry import Registry
from bench.contracts.variants import variants_of
from bench.core.errors import UsageError
from bench.studies.in_memory.components import component_of
from bench.testing import sample_context, sample_utterances

REGISTRY = Registry.discover()
NAMES = ("anger", "happiness", "sadness", "neutral")


def loud(waveform: Any) -> str:
    return NAMES[int(1e4 * np.mean(waveform**2)) % 4]


@dataclass(frozen=True)
class Once:
    """One sound of the bank, as loud as it says."""

    snr_db: float = 10.5
    sounds: tuple[str, ...] = ("natural",)

    def search(self, original: Any, tools: Any, rng: Any) -> Any:
        yield Recipe(Overlay(tools.noises.draw(rng, self.sounds[0]), snr_db=self.snr_db))


class Through:
    """A defence that changes nothing."""

    def fit(self, victim: Any, train: Any, valid: Any, context: Any) -> Any:
        return victim.fit(train, valid, context)

    def load(self, victim: Any, folder: Path, context: Any) -> Any:
        return victim.load(folder, context)


class Predicts:
    """As scikit-learn's do."""

    def predict(self, rows: Any) -> list[str]:
        return [NAMES[int(row[0]) % 4] for row in rows]


def made(kind: str, given: Any) -> Component:
    found = component_of(kind, given, f"bench.run, {kind}", REGISTRY)
    assert isinstance(found, Component)
    return found


class Net(torch.nn.Module):
    def forward(self, waveforms: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.adaptive_avg_pool1d(waveforms, 4)


VICTIMS: dict[str, Any] = {
    "function": loud,
    "lambda": lambda waveform, rate: dict(zip(NAMES, (0.25, 0.25, 0.25, 0.25), strict=True)),
    "module": InMemory(Net(), labels=NAMES),
    "predict": InMemory(Predicts(), features=lambda waveform, rate: [len(waveform)]),
    "renamed": InMemory(lambda waveform: "cross", labels=["cross:anger"]),
}


@pytest.mark.parametrize("kind", VICTIMS)
def test_a_model_of_any_kind_answers_in_the_tasks_classes(kind: str) -> None:
    component = made("victims", VICTIMS[kind])
    speech = sample_utterances(1, 1)
    fitted = component.object.fit(speech, (), sample_context())
    answer = fitted.ask(speech)
    assert answer.shape == (4, 4)
    assert torch.allclose(answer.exp().sum(dim=1), torch.ones(4), atol=1e-5)
    assert component.traits.trains is False


def test_a_fitted_victim_stands_as_it_is(tmp_path: Path) -> None:
    fitted = made("victims", loud).object.fit(sample_utterances(1, 1), (), sample_context())
    component = made("victims", InMemory(fitted, name="fitted", trained_on=["03"]))
    again = component.object.fit(sample_utterances(1, 1), (), sample_context())
    again.save(tmp_path)
    assert component.object.load(tmp_path, sample_context()) is fitted
    assert component.traits.trained_on == ("03",)


def test_it_is_named_by_its_name_and_its_content() -> None:
    one, same, other = (made("attacks", Once(snr)) for snr in (10.5, 10.5, 11.0))
    assert one.spec.startswith("Once@")
    assert one == same != other
    assert one.identity == same.identity != other.identity
    assert one.identity["params"] == {"snr_db": 10.5}
    assert made("attacks", InMemory(Once(), name="mine")).spec.startswith("mine@")
    (variant,) = variants_of(one.spec, one.object, "both", "both")
    assert (variant.attack, variant.corr) == (one.spec, False)


def test_what_is_said_of_it_tells_it_from_others(tmp_path: Path) -> None:
    weights = tmp_path / "weights.bin"
    weights.write_bytes(b"1")
    said = [{}, {"labels": NAMES}, {"trained_on": ["03"]}, {"files": [weights]}, {"features": loud}]
    found = {made("victims", InMemory(loud, **one)).identity["fingerprint"] for one in said}
    weights.write_bytes(b"2")
    found.add(made("victims", InMemory(loud, files=[weights])).identity["fingerprint"])
    assert len(found) == len(said) + 1


def test_a_version_stands_in_the_place_of_the_content() -> None:
    one, other = (made("victims", InMemory(f, name="mine", version="1")) for f in (loud, lambda waveform: "anger"))
    assert one.spec == "mine@1"
    assert one.identity == other.identity != made("victims", InMemory(loud, name="mine", version="2")).identity


def test_an_object_of_a_registered_class_is_its_spec() -> None:
    assert component_of("attacks", Boundary(step_db=2.0), "it", REGISTRY) == "boundary:step_db=2.0"


def test_a_registry_holds_them_beside_the_others() -> None:
    held = REGISTRY.holding([made("attacks", Once()), made("defenses", Through())])
    spec = made("attacks", Once()).spec
    assert held.component("attacks", spec).object == Once()
    assert held.component("attacks", "boundary").spec == "boundary"
    assert spec in held.names("attacks")
    assert held.anew().component("attacks", spec) == held.component("attacks", spec)
    assert held.anew().build("attacks", "boundary") is not held.build("attacks", "boundary")
    assert spec not in REGISTRY.names("attacks")


@pytest.mark.parametrize(
    ("kind", "given", "said"),
    [
        ("victims", 3, "found a int; expected a spec, a function"),
        ("victims", Net, r"found the class Net; .*make an object: Net\(\)"),
        ("attacks", loud, "found a function; expected a spec, or an object with search or apply"),
        ("defenses", Once(), "found a Once; expected a spec, or an object with fit and load"),
        ("victims", InMemory(loud, files=["no.bin"]), "no file 'no.bin'"),
    ],
)
def test_what_is_none_is_one_sentence(kind: str, given: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        made(kind, given)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": "a/b"}, "letters, digits"),
        ({"version": "1"}, "a version without a name"),
        ({"labels": "anger"}, r"write labels=\['anger'\]"),
        ({"object": InMemory(loud)}, "an InMemory inside another"),
    ],
)
def test_what_cannot_be_said_of_it(given: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        InMemory(**{"object": loud} | given)
