"""Foolbox's HopSkipJump: what it is checked with, and wrong parameters."""

from __future__ import annotations

import pytest

from attacks.foolbox_hop_skip_jump import FoolboxHopSkipJump
from bench import UsageError

BRIEF = "foolbox_hop_skip_jump:steps=1,evals=1,gamma=100000000"


@pytest.mark.parametrize(("name", "value"), [("gamma", 0), ("evals", 0), ("stepsize_search", "none")])
def test_a_wrong_parameter_is_named(name: str, value: object) -> None:
    with pytest.raises(UsageError, match=f"attack 'foolbox_hop_skip_jump', parameter '{name}'"):
        FoolboxHopSkipJump(**{name: value})  # type: ignore[arg-type]
