"""Specs: what is printed builds the same again, and what cannot be read is named."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from attacks.boundary import Boundary
from bench.core.errors import UsageError
from bench.core.specs import Spec, build, did_you_mean, params_of, spec_of


@dataclass(frozen=True)
class Everything:
    """A field of every kind that a component may have."""

    needed: int
    flag: bool = False
    number: float = 1.5
    count: int = 3
    text: str = "plain"
    maybe: float | None = None
    choice: Literal["one", "two"] = "one"
    level: Literal[1, 2] = 1
    many: tuple[float, ...] = (1.0, 2.0)
    pair: tuple[int, str] = (1, "a")
    where: Path | None = None


WORDS = st.text(st.characters(categories=["L", "Nd"], include_characters="_-./"), min_size=1, max_size=9)
FLOATS = st.floats(allow_nan=False)
EVERYTHING = st.builds(
    Everything,
    needed=st.integers(),
    flag=st.booleans(),
    number=FLOATS,
    count=st.integers(),
    text=WORDS,
    maybe=st.none() | FLOATS,
    choice=st.sampled_from(["one", "two"]),
    level=st.sampled_from([1, 2]),
    many=st.lists(FLOATS.filter(lambda x: "+" not in str(x))).map(tuple),
    pair=st.tuples(st.integers(), WORDS),
    where=st.none() | WORDS.filter(lambda word: word.lower() != "none").map(Path),
)


def rebuilt(text: str, factory: type = Everything) -> object:
    return build(factory, Spec.parse(text), "attack")


def attempt(function: Callable, *arguments: object) -> object:
    """What a function returns, or the UsageError that it raises."""
    try:
        return function(*arguments)
    except UsageError as error:
        return error


@given(EVERYTHING)
def test_a_spec_builds_what_it_was_made_of(made: Everything) -> None:
    text = spec_of("name", made)
    assert rebuilt(text) == made
    assert spec_of("name", rebuilt(text)) == text
    assert str(Spec.parse(text)) == text


@given(st.text())
def test_any_text_is_a_spec_or_is_named(text: str) -> None:
    spec = attempt(Spec.parse, text, "--attack")
    if isinstance(spec, UsageError):
        assert spec.where == "--attack"
        assert spec.found == repr(text)
    else:
        assert Spec.parse(str(spec)) == spec


@example("1E100", "many")
@example("1e+100+2e-3+4", "many")
@given(st.text(), st.sampled_from(["flag", "number", "count", "maybe", "choice", "level", "many", "pair"]))
def test_any_value_is_read_or_is_named(text: str, field: str) -> None:
    spec = Spec("name", (("needed", "1"), (field, text)))
    made = attempt(build, Everything, spec, "attack")
    if isinstance(made, UsageError):
        assert made.where == f"attack 'name', parameter {field!r}"
        assert "\n" not in str(made)
    else:
        assert rebuilt(spec_of("name", made)) == made


def test_only_what_is_not_default_is_printed() -> None:
    assert spec_of("x", Everything(7)) == "x:needed=7"
    assert spec_of("x", Everything(7, flag=True, many=(3.0,))) == "x:needed=7,flag=true,many=3.0"
    assert spec_of("boundary", Boundary()) == "boundary"
    assert spec_of("boundary", Boundary(step_db=2.0, corr=True)) == "boundary:corr=true,step_db=2.0"


def test_spellings_of_one_thing_have_one_spec() -> None:
    spellings = ["boundary:step_db=2,corr=yes", "boundary:corr=TRUE,step_db=2.0", " boundary : corr = 1 , step_db=2e0"]
    assert {spec_of("boundary", rebuilt(text, Boundary)) for text in spellings} == {"boundary:corr=true,step_db=2.0"}
    assert spec_of("boundary", rebuilt("boundary:step_db=10", Boundary)) == "boundary"


@pytest.mark.parametrize(
    ("text", "where", "said"),
    [
        ("x:flag=2,needed=1", "parameter 'flag'", "true or false"),
        ("x:number=two,needed=1", "parameter 'number'", "a number"),
        ("x:number=nan,needed=1", "parameter 'number'", "a number"),
        ("x:many=1+nan,needed=1", "parameter 'many'", "a number"),
        ("x:count=2.5,needed=1", "parameter 'count'", "a whole number"),
        ("x:choice=on,needed=1", "parameter 'choice'", "did you mean 'one'?"),
        ("x:pair=1,needed=1", "parameter 'pair'", "2 values joined by +"),
        ("x:pair=1+a+b,needed=1", "parameter 'pair'", "2 values joined by +"),
        ("x:many=1++2,needed=1", "parameter 'many'", "a number"),
        ("x:contu=2,needed=1", "attack 'x'", "did you mean 'count'?"),
        ("x", "attack 'x'", "needed"),
        ("x:needed=1,needed=2", "component", "NAME:KEY=VALUE"),
        ("x:flag=1,2", "component", "NAME:KEY=VALUE"),
        ("x:,", "component", "NAME:KEY=VALUE"),
        ("x:a/M\udcfcller/mine.py", "component", "a path that is UTF-8"),
        (":a=1", "component", "NAME:KEY=VALUE"),
        ("", "component", "NAME:KEY=VALUE"),
    ],
)
def test_what_cannot_be_read_is_named(text: str, where: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        rebuilt(text)
    assert where in caught.value.where
    assert said in str(caught.value)


def test_none_and_nothing() -> None:
    assert rebuilt("x:1,maybe=none").maybe is None
    assert rebuilt("x:1,many=").many == ()
    assert spec_of("x", Everything(1, many=())) == "x:needed=1,many="
    assert rebuilt("x:1,number=-inf").number == -math.inf


def test_a_component_without_parameters() -> None:
    @dataclass(frozen=True)
    class Bare:
        pass

    assert spec_of("bare", rebuilt("bare", Bare)) == "bare"
    with pytest.raises(UsageError, match="no parameters"):
        rebuilt("bare:3", Bare)


def test_parameters_are_plain_json() -> None:
    made = Everything(1, where=Path("/a/b"))
    assert params_of(made)["where"] == "/a/b"
    assert params_of(made)["many"] == [1.0, 2.0]
    assert params_of(replace(made, maybe=2.0))["maybe"] == 2.0


def test_what_was_meant() -> None:
    assert did_you_mean("cnn-gru", ["cnn_gru", "other"]) == "did you mean 'cnn_gru'?"
    assert did_you_mean("zzz", ["cnn_gru"]) == "choose one of these"
    assert did_you_mean("x", []) == "choose one of these"


@pytest.mark.parametrize(
    ("text", "params"),
    [
        ("onnx:runs/lr=1e-4/m.onnx", (("", "runs/lr=1e-4/m.onnx"),)),
        ("onnx:m.v=2.onnx,normalize=true", (("", "m.v=2.onnx"), ("normalize", "true"))),
        ("onnx:~/a=b,file=c", (("", "~/a=b"), ("file", "c"))),
        ("onnx:file=runs/lr=1e-4/m.onnx", (("file", "runs/lr=1e-4/m.onnx"),)),
        ("http:https://host/x?key=value", (("", "https://host/x?key=value"),)),
    ],
)
def test_a_path_without_a_name_may_hold_an_equals_sign(text: str, params: tuple) -> None:
    found = Spec.parse(text)
    assert found.params == params
    assert Spec.parse(str(found)) == found
