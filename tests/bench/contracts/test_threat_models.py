"""The vocabulary of threat models: its words, what is wrong with others, and what an attack is granted."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from attacks.adaptive import Adaptive
from attacks.boundary import Boundary
from attacks.transfer import Transfer
from bench import ThreatModel, Traits, UsageError
from bench.contracts.granting import granted_to, is_anytime
from bench.contracts.registry import Registry
from bench.contracts.threat_models import ANSWERS, COUNTED, KNOWLEDGE
from bench.contracts.variants import variants_of

KNOWN = [some for count in range(3) for some in itertools.combinations(KNOWLEDGE, count)]


@pytest.mark.parametrize(("knows", "answers", "allowed"), list(itertools.product(KNOWN, ANSWERS, COUNTED)))
def test_it_survives_json_and_order_does_not_count(knows: Any, answers: Any, allowed: Any) -> None:
    model = ThreatModel(knows, answers, allowed, round_size=len(answers))
    assert ThreatModel.of(json.loads(json.dumps(model.to_json()))) == model
    several = ThreatModel(knows, answers, allowed, identities=4)
    assert ThreatModel.of(json.loads(json.dumps(several.to_json()))) == several
    assert "identities" not in model.to_json(), "as records of before had it"
    assert ThreatModel(knows[::-1], answers, allowed, len(answers)) == model


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"knows": ("everything",)}, "one of noise-harm, validation"),
        ({"answers": "labels"}, "did you mean 'label'"),
        ({"allowed": "any"}, "one of imperceptible, additive, all"),
        ({"round_size": -1}, "a whole number from 0"),
        ({"round_size": True}, "a whole number from 0"),
    ],
)
def test_another_word_is_named(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        ThreatModel(**wrong)


@pytest.mark.parametrize(
    "told", [{}, {"knows": []}, ThreatModel().to_json() | {"more": 1}, {**ThreatModel().to_json(), "knows": "defense"}]
)
def test_json_that_is_none_is_named(told: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="ThreatModel"):
        ThreatModel.of(told)


def test_what_a_component_says_in_other_places_is_part_of_it() -> None:
    assert granted_to(Boundary(corr=True)).knows == ("noise-harm",)
    assert granted_to(Boundary(noises="imperceptible")).allowed == "imperceptible"
    assert granted_to(Adaptive()).knows == ("defense",)
    assert granted_to(Transfer()).knows == ("bare-victim",)


@pytest.mark.parametrize(
    ("spec", "knows", "anytime"),
    [
        ("boundary", (), True),
        ("adaptive:attack=boundary:corr=true", ("noise-harm", "defense"), True),
        ("transfer:attack=boundary:corr=true", ("noise-harm", "bare-victim"), False),
        ("transfer:attack=adaptive", ("bare-victim",), False),
        ("fade_in", (), True),
        ("fade_in+boundary", (), True),
    ],
)
def test_who_searches_with_another_attack_knows_what_that_does(
    spec: str, knows: tuple[str, ...], anytime: bool
) -> None:
    component = Registry.discover().component("attacks", spec)
    assert (component.threat_model.knows, component.anytime) == (knows, anytime)


@dataclass(frozen=True)
class Additive:
    """Keeps the length."""

    traits: ClassVar[Traits] = Traits(threat_model=ThreatModel(allowed="additive"))


def test_columns_beyond_what_is_allowed_have_no_figures() -> None:
    def columns(noises: Any) -> tuple[str, ...]:
        (variant,) = variants_of("additive", Additive(), "both", noises)
        return variant.noises

    assert columns("both") == ("additive", "imperceptible")
    assert columns("all") == ("additive",)
    assert columns("imperceptible") == ("imperceptible",)


def test_who_says_nothing_is_not_anytime() -> None:
    assert not is_anytime(Additive())
