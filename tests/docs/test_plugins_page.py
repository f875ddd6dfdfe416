"""docs/plugins.md: what stands there as Python conforms, as it is printed."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from bench import Traits
from bench.testing import check_attack

PAGE = (Path(__file__).parents[2] / "docs" / "plugins.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)


def test_the_table_of_traits_has_all_of_them() -> None:
    table = PAGE.partition("| trait | of | says |\n")[2].partition("\n\n")[0]
    told = [name for line in table.splitlines()[1:] for name in re.findall(r"`(\w+)`", line.split("|")[1])]
    assert sorted(told) == sorted(field.name for field in fields(Traits))


def test_there_are_attacks_to_copy() -> None:
    assert len(BLOCKS) == 2


@pytest.mark.parametrize("block", BLOCKS)
def test_an_attack_on_the_page_conforms(block: str) -> None:
    made: dict[str, object] = {"__name__": "of_the_page"}
    exec(compile(block, "plugins.md", "exec", dont_inherit=True), made)
    (attack,) = (one for one in made.values() if isinstance(one, type) and one.__module__ == "of_the_page")
    check_attack(attack())
