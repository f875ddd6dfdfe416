"""What a module is made of, found without running it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from bench.core.code.imports import Places, imported
from bench.core.code.parsed import parsed
from bench.core.code.shadowing import HOME, PACKAGES

Write = Callable[[Mapping[str, str]], Path]
NEVER = "raise RuntimeError('somebody has run this')\n"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write files, each of which fails where it is run."""

    def write(texts: Mapping[str, str]) -> Path:
        for name, text in texts.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text if name.endswith("__init__.py") else text + "\n" + NEVER)
        return tmp_path

    return write


def names(root: Path, module: str, own: frozenset[str] | None = None) -> set[str]:
    places = Places(HOME, root, own)
    file = places.find(module)
    assert file is not None
    return set(imported({module: file}, places))


def test_what_is_imported_is_followed_wherever_the_import_stands(write: Write) -> None:
    root = write(
        {
            "p/__init__.py": '"""A face."""\n',
            "p/a.py": "from p.b import x\ndef late():\n    import p.c\n",
            "p/b.py": "from .sub.d import y\nfrom . import e",
            "p/c.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from p.unused import z\n",
            "p/sub/d.py": "from ..f import w\nimport json, numpy as np",
            "p/e.py": "from p import a",
            "p/f.py": "",
            "p/unused.py": "",
        }
    )
    assert names(root, "p.a") == {"p.a", "p.b", "p.c", "p.sub.d", "p.e", "p.f"}


FACE = """
from typing import TYPE_CHECKING
from p.eager import one as one
from .inner import two as renamed
if TYPE_CHECKING:
    from p.lazy import three as three
_LAZY = {"three": "p.lazy"}
def __getattr__(name): ...
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from p import one", {"p.eager"}),
        ("from p import three", {"p.lazy"}),
        ("from p import renamed", {"p.inner.deep"}),
        ("from p import other", {"p.other"}),
        ("import p\np.three(p.other)", {"p.lazy", "p.other"}),
        ("import p as short\nshort.one", {"p.eager"}),
        ("import p.other\np.three", {"p.other", "p.lazy"}),
        ("from p import *", {"p.eager", "p.inner.deep", "p.lazy"}),
        ("from p import inner\ninner.two", {"p.inner.deep"}),
        ("from p import nobody_knows", {"p", "p.eager", "p.inner", "p.inner.deep", "p.lazy", "p.other"}),
    ],
)
def test_a_name_counts_where_it_is_defined(write: Write, text: str, expected: set[str]) -> None:
    root = write(
        {
            "p/__init__.py": FACE,
            "p/eager.py": "",
            "p/lazy.py": "",
            "p/other.py": "",
            "p/inner/__init__.py": "from .deep import two as two\n",
            "p/inner/deep.py": "",
            "mine.py": text,
        }
    )
    assert names(root, "mine") - {"mine"} == expected


def test_a_package_that_does_more_than_pass_names_on_counts(write: Write) -> None:
    root = write(
        {
            "p/__init__.py": "from p.helper import patch\npatch()\n",
            "p/helper.py": "",
            "p/a.py": "",
            "mine.py": "import p.a",
        }
    )
    assert names(root, "mine") == {"mine", "p", "p.helper", "p.a"}
    assert names(root, "p.a") == {"p", "p.helper", "p.a"}


def test_circles_and_names_that_are_their_own_end(write: Write) -> None:
    root = write(
        {
            "p/__init__.py": "from p import a as a\nfrom q import b as b\n",
            "p/a.py": "import mine",
            "q/__init__.py": "from p import b as b\n",
            "mine.py": "from p import a, b",
        }
    )
    assert names(root, "mine") == {"mine", "p.a"}


def test_others_packages_are_not_theirs_who_import_them(write: Write) -> None:
    root = write({"p/__init__.py": "", "p/a.py": "import q, p.b, bench.core.rng", "p/b.py": "", "q.py": ""})
    assert names(root, "p.a", frozenset({"p"})) == {"p.a", "p.b", "bench.core.rng"}
    assert "q" in names(root, "p.a")


@pytest.mark.parametrize(
    ("module", "file", "root", "name", "beside"),
    [
        ("p.sub.a", "p/sub/a.py", ".", "p.sub.a", True),
        ("p", "p/__init__.py", ".", "p", True),
        ("serbench_plugin_00ff", "folder/mine.py", "folder", "mine", True),
        ("p.a", "site-packages/p/a.py", "site-packages", "p.a", False),
        ("single", "site-packages/single.py", "site-packages", "single", False),
    ],
)
def test_what_lies_beside_counts_in_an_authors_folder(
    tmp_path: Path, module: str, file: str, root: str, name: str, beside: bool
) -> None:
    places, found = Places.of(module, tmp_path / file)
    assert (places.root, found) == ((tmp_path / root).resolve(), name)
    assert (places.own is None) is beside


def test_every_package_of_ours_only_passes_names_on() -> None:
    """Else one more export would change every key."""
    files = [file for top in PACKAGES for file in (HOME / top).rglob("__init__.py")]
    assert len(files) > 20
    assert [file for file in files if not parsed(file).face] == []
