"""What can be asked of a deployed service, and what is refused before anything is sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench import UsageError
from victims.http import Http


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("", "expected http://"),
        ("ftp://host/x", "expected http://"),
        ("file:///etc/passwd", "expected http://"),
        ("http://", "expected http://"),
        ("http://host:99999/", "expected http://"),
        ("http://ho st/", "expected http://"),
        ("http://user:hunter2@host/", "an address with a key or password in it"),
        ("https://host/?api_key=hunter2", "an address with a key or password in it"),
    ],
)
def test_addresses_that_cannot_be_used(url: str, found: str) -> None:
    with pytest.raises(UsageError, match=found) as caught:
        Http(url)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "parameters",
    [{"parallel": 0}, {"retries": -1}, {"timeout_s": 0.0}, {"rate_limit_per_s": 0.0}, {"max_requests": 0}],
)
def test_numbers_out_of_range(parameters: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=next(iter(parameters))):
        Http("http://host/", **parameters)


@pytest.mark.parametrize("parameters", [{"extra": ("model",)}, {"extra": ("a:b",), "send": "raw"}, {"field": 'a"b'}])
def test_forms_that_cannot_be_sent(parameters: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="victim 'http'"):
        Http("http://host/", **parameters)


def test_settings_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "service.json"
    content = {"url": "https://host/p?a=1,2", "extra": ["a:b,c"], "label_path": "x", "max_requests": 5}
    file.write_text(json.dumps(content))
    recipe = Http(settings=file, retries=7)
    found = recipe.resolved()
    assert (found.url, found.extra, found.max_requests) == ("https://host/p?a=1,2", ("a:b,c",), 5)
    assert (found.retries, found.settings) == (7, None)
    before = recipe.fingerprint()
    file.write_text(json.dumps(content | {"max_requests": 50, "rate_limit_per_s": 2, "timeout_s": 9.5}))
    assert Http(settings=file, retries=7).fingerprint() == before, "how often to ask changes no result"
    file.write_text(json.dumps(content | {"label_path": "y"}))
    assert Http(settings=file, retries=7).fingerprint() != before


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{", "no usable JSON"),
        ("[]", "texts, numbers and lists"),
        ("[" * 100_000, "no usable JSON .*nested too deep"),
        (f'{{"timeout_s": {"9" * 400}}}', "no usable JSON .a number of 400 digits"),
        ('{"url": "\\ud800"}', "no usable JSON"),
        (" " * 2_000_000, "no usable JSON"),
        ('{"url": {"a": 1}}', "texts, numbers and lists"),
        ('{"urll": "http://host/"}', "did you mean 'url'"),
        ('{"settings": "x.json"}', "'settings'"),
        ('{"url": "http://host/", "retries": "many"}', "a whole number"),
        ('{"url": "http://host/", "label_path": "x"}', "label_path, which the spec has too"),
        ('{"label_path": 3}', "label_path, which the spec has too"),
        ("{}", "parameter 'url'"),
    ],
)
def test_settings_that_cannot_be_used(tmp_path: Path, text: str, found: str) -> None:
    file = tmp_path / "service.json"
    file.write_text(text)
    with pytest.raises(UsageError, match=found):
        Http(settings=file, label_path="mine")
    with pytest.raises(UsageError, match="no usable JSON"):
        Http(settings=tmp_path / "missing.json")
