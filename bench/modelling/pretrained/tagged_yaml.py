"""YAML whose tags name code (`!new:package.Class`, `!ref <name>`), read as data: nothing is imported or called."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from bench.core.storage.plain_yaml import check_depth, check_values

_REFERENCE = re.compile(r"<([\w.\[\]-]+)>")
_DEEPEST = 40


@dataclass(frozen=True)
class Tagged:
    """What stands behind a tag.

    Args:
        tag: without its "!": "new:torch.nn.ModuleList", "ref".
        value: a text, a list or a dict.
    """

    tag: str
    value: Any

    @property
    def name(self) -> str:
        """Return the last part of what the tag names: "ModuleList"."""
        return self.tag.rpartition(":")[2].rpartition(".")[2]

    @property
    def named(self) -> Mapping[str, Any]:
        """Return the arguments that are given by name."""
        return self.value if isinstance(self.value, dict) else {}


def tagged_yaml(text: str) -> dict[str, Any]:
    """Read a file of such settings.

    Args:
        text: the file's. Bounds on depth, aliases and numbers are those of `bench.core.storage.plain_yaml`.

    Raises:
        ValueError: it is no YAML, or no mapping.

    >>> tagged_yaml("net: !new:torch.nn.Linear {in_features: !ref <width>}")["net"]
    Tagged(tag='new:torch.nn.Linear', value={'in_features': Tagged(tag='ref', value='<width>')})
    """
    try:
        check_depth(text, yaml.SafeLoader)
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            if node is not None:
                check_values(node)
            found = None if node is None else loader.construct_document(node)
        finally:
            loader.dispose()
    except (yaml.YAMLError, TypeError, LookupError, AttributeError, OverflowError) as error:
        raise ValueError(" ".join(str(error).split())[:300]) from error
    if not isinstance(found, dict):
        raise ValueError(f"a {type(found).__name__} in the place of names and values")
    return {str(name): value for name, value in found.items()}


class _Loader(yaml.SafeLoader):  # type: ignore[misc]  # it has no types
    """Reads any tag as data."""

    def tagged(self, suffix: str, node: yaml.Node) -> Tagged:
        if isinstance(node, yaml.MappingNode):
            return Tagged(suffix, {str(name): value for name, value in self.construct_mapping(node, deep=True).items()})
        if isinstance(node, yaml.SequenceNode):
            return Tagged(suffix, self.construct_sequence(node, deep=True))
        return Tagged(suffix, str(self.construct_scalar(node)))


_Loader.add_multi_constructor("!", _Loader.tagged)


def referred(value: Any, top: Mapping[str, Any]) -> Any:
    """Follow references: `!ref <name>` is what stands under that name, and within a text `<name>` is its text.

    Args:
        value: any of the settings.
        top: all of them.

    Raises:
        ValueError: it leads to nothing, or round in a circle.

    >>> referred(Tagged("ref", "<hub>/base"), {"hub": "facebook"})
    'facebook/base'
    """
    for _ in range(_DEEPEST):
        if not isinstance(value, Tagged) or value.tag not in ("ref", "copy"):
            return value
        text = str(value.value).strip()
        whole = _REFERENCE.fullmatch(text)
        if whole is not None:
            value = _under(whole[1], top)
            continue
        value = _REFERENCE.sub(lambda found: str(referred(_under(found[1], top), top)), text)
    raise ValueError("a reference that leads round in a circle")


def reference_to(value: Any) -> str | None:
    """Return the name that a value refers to as a whole; None where it is no such reference."""
    if not isinstance(value, Tagged) or value.tag not in ("ref", "copy"):
        return None
    whole = _REFERENCE.fullmatch(str(value.value).strip())
    return whole[1] if whole else None


def _under(name: str, top: Mapping[str, Any]) -> Any:
    if name not in top:
        raise ValueError(f"a reference to {name[:80]!r}, which is not there")
    return top[name]
