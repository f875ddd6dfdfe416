"""Foolbox's boundary attack: what it is checked with, and wrong parameters."""

from __future__ import annotations

import pytest

from attacks.foolbox_boundary import FoolboxBoundary
from bench import UsageError

BRIEF = "foolbox_boundary:steps=1"


@pytest.mark.parametrize(("name", "value"), [("start", "far"), ("steps", 0), ("step_adaptation", 1)])
def test_a_wrong_parameter_is_named(name: str, value: object) -> None:
    with pytest.raises(UsageError, match=f"attack 'foolbox_boundary', parameter '{name}'"):
        FoolboxBoundary(**{name: value})  # type: ignore[arg-type]
