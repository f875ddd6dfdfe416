"""What a file means, and what it imports."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.core.code.parsed import Import, parsed, parsed_text

CODE = '''
from dataclasses import dataclass

@dataclass
class Gain:
    """Makes it louder."""

    level_db: int = 3
    """In dB."""

    def applied(self, x):  # any number
        if x is None:
            pass
        return x * 10 ** (self.level_db / 20)
'''


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"""Makes it louder."""', '"""Makes it quieter."""'),
        ('    """Makes it louder."""\n', ""),
        ('    """In dB."""\n', ""),
        ("# any number", ""),
        ("\nfrom", '\n"""Of a module."""\n\n\nfrom'),
        ("x * 10 ** (self.level_db / 20)", "(\n            (x)\n            * (10 ** (self.level_db / 20))\n        )"),
        ("            pass", '            "nothing to do"\n            pass'),
        ("\nclass", "\n\n\nclass"),
        ("from dataclasses", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import numpy\nfrom dataclasses"),
    ],
)
def test_how_it_is_explained_and_laid_out_is_no_part_of_it(old: str, new: str) -> None:
    before = "from typing import TYPE_CHECKING\n" * ("TYPE_CHECKING" in new) + CODE
    after = CODE.replace(old, new, 1)
    assert after != before
    assert parsed_text(after).meaning == parsed_text(before).meaning


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("= 3", "= 4"),
        ("= 3", "= 3.0"),
        ("level_db: int", "level_db: float"),
        ("level_db", "gain_db"),
        ("is None", "is not None"),
        ("@dataclass\n", "@dataclass()\n"),
        ("/ 20", "/ -20"),
        ("            pass", "            return 0"),
        ("10 **", "'10' **"),
    ],
)
def test_what_it_does_and_is_called_is(old: str, new: str) -> None:
    after = CODE.replace(old, new, 1)
    assert after != CODE
    assert parsed_text(after).meaning != parsed_text(CODE).meaning


def test_what_type_checkers_do_not_read_counts() -> None:
    text = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    x = 1\nelse:\n    x = {}\n"
    assert parsed_text(text.format(2)).meaning != parsed_text(text.format(3)).meaning
    assert parsed_text(text.format(2)).meaning == parsed_text(text.format(2).replace("x = 1", "x = 5")).meaning


@given(
    st.lists(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5), min_size=2)
)
def test_other_constants_mean_something_else(values: list[object]) -> None:
    texts = {repr(value) for value in values}
    assert len({parsed_text(f"x = {text}").meaning for text in texts}) == len(texts)


def test_imports_are_found_wherever_they_stand() -> None:
    text = """
import a.b, c as d
from e import f, g as h
from . import i
from ..j.k import *
if TYPE_CHECKING:
    import not_this
try:
    import l
except ImportError:
    l = None
def late():
    from m import n
    return n.attribute
"""
    found = parsed_text(text)
    assert set(found.imports) == {
        Import("a.b"),
        Import("a"),
        Import("c"),
        Import("e", "f"),
        Import("e", "g"),
        Import("", "i", 1),
        Import("j.k", "*", 2),
        Import("l"),
        Import("m", "n"),
    }
    assert found.attributes == {"attribute"}
    assert found.exports["h"] == Import("e", "g")
    assert found.exports["not_this"] == Import("not_this"), "where a lazy name comes from, for those who ask"


@pytest.mark.parametrize(
    ("text", "face"),
    [
        ('"""One."""\nfrom a import b as b\n', True),
        ("from a import b\n__all__ = ['b']\n_LAZY = {'c': 'd'}\ndef __getattr__(name): ...\n", True),
        ("__getattr__, __dir__ = made()\n", True),
        ("RATE = 3\n", False),
        ("from a import b\nb.c()\n", False),
        ("def helper(): ...\n", False),
    ],
)
def test_a_face_only_passes_on(text: str, face: bool) -> None:
    assert parsed_text(text).face is face


def test_a_file_that_is_no_python_means_its_bytes(tmp_path: Path) -> None:
    for name, text in (("a", "def"), ("b", "def"), ("c", "def "), ("d", "\0")):
        (tmp_path / name).write_text(text)
    found = [parsed(tmp_path / name).meaning for name in "abcd"]
    assert found[0] == found[1]
    assert len(set(found)) == 3


@pytest.mark.parametrize("depth", [80, 5000])
def test_however_deep_an_expression_is_the_file_means_something(tmp_path: Path, depth: int) -> None:
    found = []
    for number in "12":
        file = tmp_path / number
        file.write_text("x = " + "-" * depth + number)
        found.append(parsed(file).meaning)
    assert found[0] != found[1]
