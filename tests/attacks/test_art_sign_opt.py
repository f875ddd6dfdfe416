"""ART's Sign-OPT: what it is checked with, and wrong parameters."""

from __future__ import annotations

import pytest

from attacks.art_sign_opt import ArtSignOpt
from bench import UsageError

BRIEF = "art_sign_opt:trials=1,steps=1,directions=1,beta=1"


@pytest.mark.parametrize(("name", "value"), [("trials", 0), ("epsilon", 0)])
def test_a_wrong_parameter_is_named(name: str, value: object) -> None:
    with pytest.raises(UsageError, match=f"attack 'art_sign_opt', parameter '{name}'"):
        ArtSignOpt(**{name: value})  # type: ignore[arg-type]
