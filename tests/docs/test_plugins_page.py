"""docs/plugins.md: what stands there as Python conforms, as it is printed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench.testing import check_attack

PAGE = (Path(__file__).parents[2] / "docs" / "plugins.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)


def test_there_are_attacks_to_copy() -> None:
    assert len(BLOCKS) == 2


@pytest.mark.parametrize("block", BLOCKS)
def test_an_attack_on_the_page_conforms(block: str) -> None:
    made: dict[str, object] = {"__name__": "of_the_page"}
    exec(compile(block, "plugins.md", "exec", dont_inherit=True), made)
    (attack,) = (one for one in made.values() if isinstance(one, type) and one.__module__ == "of_the_page")
    check_attack(attack())
