"""The digest of an object changes with whatever it would do otherwise, and with nothing else."""

from __future__ import annotations

import functools
import sys
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, ClassVar

import numpy as np
import pytest
import torch

from bench.core.errors import UsageError
from bench.studies.in_memory.contents import _Digests, content_digest

SOURCE = """
import functools
import math
import numpy as np
SCALE = 2.0
def helper(x):
    return SCALE * x
class Model:
    offset = 1
    def __init__(self, bias):
        self.bias = bias
    def __call__(self, waveform):
        return helper(np.mean(waveform)) + self.bias + self.offset
def made(threshold):
    return lambda waveform: waveform.mean() > threshold
def recursive(n):
    return 0 if n == 0 else recursive(n - 1)
def asked(waveform):
    return {"a": helper(waveform.mean()), "b": [x for x in waveform]}
"""


def digest(expression: str, source: str = SOURCE) -> str:
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(source, "cell", "exec"), names)
    return content_digest(eval(expression, names), "it")


SAME = {
    "comment and blank lines": ("asked", ("def helper", "# as in the paper\n\n\ndef helper")),
    "another function": ("asked", ("def recursive", "def other():\n    pass\ndef recursive")),
    "a variable that it does not use": ("made(3)", ("SCALE = 2.0", "SCALE = 3.0")),
}
OTHER = {
    "a global": ("asked", ("SCALE = 2.0", "SCALE = 2.5")),
    "a helper": ("asked", ("SCALE * x", "SCALE + x")),
    "inside a comprehension": ("asked", ("[x for x", "[-x for x")),
    "a helper of a method": ("Model(1)", ("SCALE * x", "SCALE - x")),
    "a class's own value": ("Model(1)", ("offset = 1", "offset = 2")),
    "a method": ("Model(1)", ("+ self.bias", "- self.bias")),
    "a key": ("asked", ('"a"', '"c"')),
    "a recursion": ("recursive", ("n - 1", "n - 2")),
    "another library": ("Model(1)", ("import numpy as np", "import math as np")),
}


@pytest.mark.parametrize("what", SAME)
def test_what_changes_nothing(what: str) -> None:
    expression, change = SAME[what]
    assert change[0] in SOURCE
    assert digest(expression) == digest(expression, SOURCE.replace(*change))


@pytest.mark.parametrize("what", OTHER)
def test_what_makes_it_another(what: str) -> None:
    expression, change = OTHER[what]
    assert change[0] in SOURCE
    assert digest(expression) != digest(expression, SOURCE.replace(*change))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Model(1)", "Model(2)"),
        ("Model(1)", "Model(True)"),
        ("made(1)", "made(2)"),
        ("functools.partial(made, 1)", "functools.partial(made, 2)"),
        ("Model(1).__call__", "Model(2).__call__"),
        ("functools.wraps(np.mean)(lambda w: 1)", "functools.wraps(np.mean)(lambda w: 2)"),
        ("functools.wraps(np.mean)(lambda w: 1)", "np.mean"),
        ("[1, 2].append", "[1, 3].append"),
        ("np.mean", "np.median"),
        ("math.sin", "math.cos"),
        ("{'a': 1}", "{'a': '1'}"),
        ("[1, [2]]", "[[1], 2]"),
    ],
)
def test_two_that_are_called_alike_are_told_apart(one: str, other: str) -> None:
    assert digest(one) == digest(one)
    assert digest(one) != digest(other)


def test_arrays_and_weights_count_by_their_content() -> None:
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2)).eval()
    before = content_digest(net, "it")
    net(torch.zeros(4, 3))
    assert content_digest(net, "it") == before
    net[1].running_mean[0] += 1  # a buffer, no parameter
    assert content_digest(net, "it") != before
    for one in (torch.bfloat16, torch.float64, torch.bool):
        assert content_digest(torch.ones(2, dtype=one), "it") != content_digest(torch.ones(2), "it")
    array = np.arange(6).reshape(2, 3)
    assert content_digest(array, "it") == content_digest(array.copy(order="F"), "it")
    assert content_digest(array, "it") != content_digest(array.T, "it") != content_digest(array.reshape(3, 2), "it")


def test_neither_order_without_meaning_nor_sharing_counts() -> None:
    shared = [1.5]
    assert content_digest([shared, shared], "it") == content_digest([[1.5], [1.5]], "it")
    assert content_digest({"a": 1, "b": 2}, "it") == content_digest(OrderedDict(b=2, a=1), "it")
    assert content_digest({"x", "y", "z"}, "it") == content_digest({"z", "y", "x"}, "it")
    circle: list[Any] = [1]
    circle.append(circle)
    assert content_digest(circle, "it") == content_digest(circle, "it")


@dataclass(frozen=True)
class Hashed:
    """Two of these lie in a set in the order of their hashes, as texts do that are hashed anew in every process."""

    name: str
    first: ClassVar[str]

    def __hash__(self) -> int:
        return int(self.name != Hashed.first)


def test_the_order_in_a_set_is_of_no_account() -> None:
    found = []
    for Hashed.first in ("a", "b"):
        both = {Hashed("a"), Hashed("b")}
        assert next(iter(both)).name == Hashed.first
        found.append(content_digest([one.name for one in both], "it"))
        found.append(_Names().of(both))
    assert found[0] != found[2]
    assert found[1] == found[3]


class _Names(_Digests):
    """Digests of sets of `Hashed`, whose class is not to be looked into: it changes with `first`."""

    def __init__(self) -> None:
        super().__init__("it")

    def of(self, value: Any) -> str:
        return super().of(value.name if isinstance(value, Hashed) else value)


def test_a_module_of_the_users_counts_by_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    found = []
    for body in ("return x", "return -x"):
        (tmp_path / "beside_helping.py").write_text(f"def help(x):\n    {body}\n")
        found.append(digest("f", "import beside_helping\ndef f(w):\n    return beside_helping.help(w)\n"))
        monkeypatch.delitem(sys.modules, "beside_helping")
    assert found[0] != found[1]


@pytest.mark.parametrize("inside", [Lock(), (one for one in "a")], ids=["lock", "generator"])
def test_what_cannot_be_looked_into_is_refused(inside: object) -> None:
    with pytest.raises(UsageError, match=r"^mine: found a .*which cannot be looked into.*bench\.InMemory\("):
        content_digest(functools.partial(print, [inside]), "mine")
