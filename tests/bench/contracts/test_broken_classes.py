"""Components of somebody else's whose classes break when they are made, or when they are asked what they are."""

from __future__ import annotations

import pytest

from bench.contracts.registry import Registry
from bench.contracts.traits import Traits, traits_of
from bench.contracts.variants import variants_of
from bench.core.errors import BenchError, ComponentError, UsageError

PLUGIN = """
import sys
from dataclasses import dataclass
from bench import Traits

class Searches:
    def search(self, original, tools, rng):
        yield

@dataclass(frozen=True)
class Leaves(Searches):
    def __post_init__(self):
        sys.exit(0)

@dataclass(frozen=True)
class Raises(Searches):
    def __post_init__(self):
        raise ValueError("no")

@dataclass(frozen=True)
class Hints(Searches):
    where: "Nowhere" = 1

@dataclass(frozen=True)
class Itself(Searches):
    traits = Traits(made_of=(("attacks", "itself"),))

@dataclass(frozen=True)
class Endless(Searches):
    depth: int = 0

    @property
    def traits(self):
        return Traits(made_of=(("attacks", f"endless:depth={self.depth + 1}"),))

class Plain(Searches):
    pass

COMPONENTS = {"attacks": {one.__name__.lower(): one for one in (Leaves, Raises, Hints, Itself, Endless, Plain)}}
"""


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    file = tmp_path_factory.mktemp("broken") / "broken.py"
    file.write_text(PLUGIN)
    return Registry.discover([file])


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("leaves", "SystemExit: 0"),
        ("raises", "ValueError: no"),
        ("hints", "NameError: name 'Nowhere' is not defined"),
        ("itself", "'itself' made of 'itself'"),
        ("endless", "components nested too deep"),
    ],
)
def test_it_is_named_with_what_it_did(registry: Registry, name: str, found: str) -> None:
    with pytest.raises(BenchError, match=rf"attack '{name}.*") as caught:
        registry.component("attacks", name)
    assert found in str(caught.value)


def test_a_class_that_is_no_dataclass_has_no_variants(registry: Registry) -> None:
    plain = registry.component("attacks", "plain")
    assert [one.attack for one in variants_of("plain", plain.object, "both", "both")] == ["plain"]


def test_what_is_declared_are_traits() -> None:
    class Nothing:
        traits = None

    class Misspelt:
        @property
        def traits(self) -> Traits:
            return self.settings  # type: ignore[attr-defined,no-any-return]

    class Leaving:
        @property
        def traits(self) -> Traits:
            raise SystemExit(0)

    for one, found in ((Nothing, "a NoneType"), (Misspelt, "AttributeError"), (Leaving, "SystemExit: 0")):
        with pytest.raises(ComponentError, match=rf"{one.__name__}\.traits: found {found}"):
            traits_of(one())


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({"threat_model": "all"}, "threat_model='all'"),
        ({"categories": "natural"}, "categories='natural'"),
        ({"made_of": 5}, "made_of=5"),
    ],
)
def test_a_trait_of_another_type_is_named(values: dict[str, object], found: str) -> None:
    with pytest.raises(UsageError, match=found):
        Traits(**values)  # type: ignore[arg-type]
