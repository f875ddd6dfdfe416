"""What stands in a model card stays what it is: text of others is no mark-up."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.core.errors import DataError
from bench.sharing.model_card import as_code, card


@given(st.text(max_size=40))
def test_a_code_span_is_one_line_that_ends_where_it_should(text: str) -> None:
    span = as_code(text)
    assert len(span.splitlines()) <= 1
    assert not re.search(r"(?<!\\)\|", span), "a table's cell ends there"
    fence = re.match("`+", span)[0] if "`" not in text else re.match("`+(?= )", span)[0]
    inside = span[len(fence) : -len(fence)]
    assert span.endswith(fence)
    assert fence not in re.findall("`+", inside), "no run of backticks inside is as long as the fence"


def test_html_stands_in_a_span_as_it_is() -> None:
    assert as_code(html.unescape("&lt;b&gt;\nx")) == "`<b> x`"


def test_a_card_of_something_else_is_refused() -> None:
    with pytest.raises(DataError, match="what bench victims export wrote"):
        card({"split": "k-fold", "victim": "x"})
