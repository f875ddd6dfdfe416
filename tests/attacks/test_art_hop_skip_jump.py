"""ART's HopSkipJump: what it is checked with, and wrong parameters."""

from __future__ import annotations

import pytest

from attacks.art_hop_skip_jump import ArtHopSkipJump
from bench import UsageError

BRIEF = "art_hop_skip_jump:steps=1,evals=2,start=uniform"


@pytest.mark.parametrize(("name", "value"), [("norm", "l1"), ("steps", 0)])
def test_a_wrong_parameter_is_named(name: str, value: object) -> None:
    with pytest.raises(UsageError, match=f"attack 'art_hop_skip_jump', parameter '{name}'"):
        ArtHopSkipJump(**{name: value})  # type: ignore[arg-type]
