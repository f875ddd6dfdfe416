"""JSON of others: what is there is given with its type, and what is not is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bench.core.errors import DataError
from bench.core.storage.json_objects import JsonObject, loaded

FILE = Path("notes.json")
FIELDS = {
    "word": "yes",
    "count": 3,
    "share": 0.5,
    "on": True,
    "off": None,
    "words": ["a", "b"],
    "inside": {"deep": {"word": "no"}, "count": "3"},
}
TOLD = JsonObject.of(FILE, FIELDS, "write it again")


def test_what_is_there_has_its_type() -> None:
    assert (TOLD.text("word"), TOLD.whole("count"), TOLD.number("share"), TOLD.truth("on")) == ("yes", 3, 0.5, True)
    assert TOLD.number("count") == 3
    assert TOLD.texts("words") == ("a", "b")
    assert (TOLD.whole_or_null("off"), TOLD.whole_or_null("count")) == (None, 3)
    assert (TOLD.has("off"), TOLD.has("word"), TOLD.has("nothing")) == (False, True, False)
    assert TOLD.inner("inside").inner("deep").named_texts() == {"word": "no"}
    assert TOLD.inner_or_empty("off").fields == TOLD.inner_or_empty("nothing").fields == {}


@pytest.mark.parametrize(
    ("read", "said"),
    [
        (lambda: TOLD.text("nothing"), "no field nothing; expected one"),
        (lambda: TOLD.text("count"), "field count with a whole number; expected a text"),
        (lambda: TOLD.whole("share"), "field share with a number; expected a whole number"),
        (lambda: TOLD.whole("on"), "field on with true or false; expected a whole number"),
        (lambda: TOLD.number("word"), "field word with a text; expected a number"),
        (lambda: TOLD.truth("count"), "field count with a whole number; expected true or false"),
        (lambda: TOLD.whole("off"), "field off with null; expected a whole number"),
        (lambda: TOLD.whole_or_null("nothing"), "no field nothing; expected one"),
        (lambda: TOLD.texts("word"), "field word with a text; expected a list of texts"),
        (lambda: JsonObject(FILE, {"some": ["a", 1]}, "r").texts("some"), "field some with a list of other things"),
        (lambda: TOLD.inner("words"), "field words with a list; expected an object"),
        (lambda: TOLD.inner("inside").inner("deep").whole("word"), "field inside.deep.word with a text"),
        (lambda: TOLD.inner("inside").inner("flat"), "no field inside.flat"),
        (lambda: JsonObject.of(FILE, [1], "write it again"), "JSON that is a list; expected a JSON object"),
    ],
)
def test_what_is_wrong_is_named(read: Callable[[], object], said: str) -> None:
    with pytest.raises(DataError) as caught:
        read()
    assert str(caught.value).startswith(f"notes.json: found {said}")
    assert caught.value.where == "notes.json"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * 100_000, "nested too deep"),
        ('{"a": ' * 100_000, "nested too deep"),
        ("9" * 41, "a number of 41 digits"),
        ("9" * 5_000, "a number of 5,000 digits"),
        ('"\\ud800"', "surrogates not allowed"),
        ("{", "Expecting"),
        (b"\xff\xff", "utf"),
    ],
)
def test_json_that_nobody_means(text: str | bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        loaded(text)
    assert loaded("9" * 40) == int("9" * 40)
