"""Which searches an attack is run as, what each is told, and what is scored from its records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pytest

from attacks.boundary import Boundary
from attacks.reverb import Reverb
from bench.contracts.variants import NoiseScope, variants_of


def planned(noises: NoiseScope, attack: object = None, text: str = "boundary") -> list[tuple[str, tuple[str, ...]]]:
    """The attacks that are run, and what is scored of each."""
    return [(one.attack, one.noises) for one in variants_of(text, attack or Boundary(), "no", noises)]


def test_a_search_that_can_be_told_is_run_for_each_of_p1s_columns() -> None:
    assert planned("both") == [("boundary", ("all",)), ("boundary:noises=imperceptible", ("imperceptible",))]
    assert planned("all") == [("boundary", ("all",))]


def test_of_any_other_attack_the_same_records_serve_every_column() -> None:
    assert planned("both", Reverb(), "reverb") == [("reverb", ("all", "additive", "imperceptible"))]
    assert planned("additive", Reverb(), "reverb") == [("reverb", ("additive",))]


@dataclass(frozen=True)
class Narrower(Boundary):
    """A search that knows P1's two columns alone."""

    noises: Literal["all", "imperceptible"] = "all"  # type: ignore[assignment]


def test_who_offers_no_additive_is_told_the_most_within_it() -> None:
    assert planned("additive", Narrower(), "mine") == [("mine:noises=imperceptible", ("additive",))]


@pytest.mark.parametrize("noises", ["all", "additive", "imperceptible"])
def test_who_offers_it_is_told_it(noises: NoiseScope) -> None:
    spec = "boundary" if noises == "all" else f"boundary:noises={noises}"
    assert planned(noises) == [(spec, (noises,))]
    assert len(planned("both")) == 2, "no third search"
