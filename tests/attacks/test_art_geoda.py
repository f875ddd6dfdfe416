"""ART's GeoDA: what it is checked with, and wrong parameters."""

from __future__ import annotations

import pytest

from attacks.art_geoda import ArtGeoda
from bench import UsageError

BRIEF = "art_geoda:steps=1,evals=1,tolerance=20"


@pytest.mark.parametrize(("name", "value"), [("share", 1), ("below_hz", 9000)])
def test_a_wrong_parameter_is_named(name: str, value: object) -> None:
    with pytest.raises(UsageError, match=f"attack 'art_geoda', parameter '{name}'"):
        ArtGeoda(**{name: value})  # type: ignore[arg-type]
