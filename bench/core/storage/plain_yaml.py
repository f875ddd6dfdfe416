"""YAML that somebody else wrote, as plain values: nothing is run, and nothing grows beyond what stands in the file."""

from __future__ import annotations

from typing import Any

import yaml

MOST_VALUES = 1_000_000
_MOST_DIGITS = 40
_DEEPEST = 60
_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")


def plain_yaml(content: bytes | str) -> Any:
    """Read YAML as plain values.

    Args:
        content: the text. A tag that would run something is an error; so is an alias that stands within itself or makes
            millions of values of a few, a number of more than 40 digits, and what is nested deeper than 60.

    Raises:
        ValueError: it is no such YAML.

    >>> plain_yaml("a: [1, 2.5, b]")
    {'a': [1, 2.5, 'b']}
    """
    loader_class = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
    try:
        check_depth(content, loader_class)
        loader = loader_class(content)
        try:
            node = loader.get_single_node()
            if node is None:
                return None
            check_values(node)
            return loader.construct_document(node)
        finally:
            loader.dispose()
    except (yaml.YAMLError, TypeError, LookupError, AttributeError, OverflowError) as error:  # of tags such as !!int ""
        raise ValueError(" ".join(str(error).split())[:300]) from error


def check_depth(content: bytes | str, loader_class: Any) -> None:
    """Refuse YAML that is nested deeper than 60: libyaml's own composer crashes on it.

    Args:
        content: the text.
        loader_class: what will read it: yaml.CSafeLoader, yaml.SafeLoader.

    Raises:
        ValueError: it is.
        yaml.YAMLError: it is no YAML.
    """
    depth = 0
    for event in yaml.parse(content, Loader=loader_class):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise ValueError("it is nested too deep")


def check_values(node: Any) -> None:
    """Refuse a composed document that grows beyond what stands in the file, or has numbers that nobody means.

    Raises:
        ValueError: it does.
    """
    _count(node, {})


def _count(node: Any, known: dict[int, int]) -> int:
    """How many values a node makes, aliases written out."""
    place = id(node)
    if place in known:
        if known[place] == 0:
            raise ValueError("an alias that stands within what it names")
        return known[place]
    known[place] = 0
    if isinstance(node, yaml.ScalarNode):
        node.value.encode()
        if node.tag in _NUMBERS and len(node.value) > _MOST_DIGITS:
            raise ValueError(f"a number of {len(node.value):,} characters")
        known[place] = 1
        return 1
    inner = (one for pair in node.value for one in (pair if isinstance(pair, tuple) else (pair,)))
    total = 1 + sum(_count(one, known) for one in inner)
    if total > MOST_VALUES:
        raise ValueError(f"more than {MOST_VALUES:,} values, by aliases of aliases")
    known[place] = total
    return total
