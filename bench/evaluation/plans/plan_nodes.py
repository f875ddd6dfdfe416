"""YAML that keeps its lines: what stands where in a plan, so that an error names the line that is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from bench.core.errors import UsageError
from bench.core.specs import did_you_mean
from bench.core.storage.files import read_file
from bench.core.storage.plain_yaml import check_depth, check_values
from bench.evaluation.plans.plan_block import Block, Written

_MOST_BYTES = 10_000_000
_LOOK = "see docs/grid.md for a plan that runs"


def read_block(path: Path, keys: tuple[str, ...], several: str) -> Block:
    """Read a plan's YAML.

    Args:
        path: the file.
        keys: that may stand at the top, and in each block, with `_` between words; `-` serves as well.
        several: the key, at the top alone, that holds a list of further mappings.

    Raises:
        UsageError: the file cannot be read, is no YAML, or has a key that is not known, or twice; with its line.
    """
    try:
        content = read_file(path, _MOST_BYTES).decode("utf-8")
        check_depth(content, yaml.SafeLoader)
        root = yaml.compose(content, Loader=yaml.SafeLoader)
        if root is not None:
            check_values(root)
    except OSError as error:
        raise UsageError(path, (error.strerror or "an error").lower(), "a plan that can be read", _LOOK) from error
    except UnicodeDecodeError as error:
        raise UsageError(path, "no text in UTF-8", "a plan in YAML", _LOOK) from error
    except yaml.YAMLError as error:
        raise _no_yaml(path, error) from error
    except ValueError as error:
        raise UsageError(path, str(error), "a plan in YAML", _LOOK) from error
    if root is None:
        raise UsageError(path, "nothing", "a plan", _LOOK)
    return _block(path, root, keys, several)


def _no_yaml(path: Path, error: Any) -> UsageError:
    mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
    where = path if mark is None else f"{path}, line {mark.line + 1}"
    problem = error.problem if isinstance(error, yaml.MarkedYAMLError) and error.problem else str(error)
    expected = "key: value" + (", indented with spaces, not with tabs" if "'\\t'" in problem else "")
    return UsageError(where, f"no YAML ({problem})", expected, _LOOK)


def _block(path: Path, node: Any, keys: tuple[str, ...], several: str | None) -> Block:
    """Read one mapping."""
    line = node.start_mark.line + 1
    if not isinstance(node, yaml.MappingNode):
        raise UsageError(f"{path}, line {line}", _kind(node), "a mapping, key: value", _LOOK)
    values: dict[str, tuple[Written, ...]] = {}
    lines: dict[str, int] = {}
    blocks: tuple[Block, ...] = ()
    for key, value in node.value:
        at = key.start_mark.line + 1
        name = str(key.value).replace("-", "_")
        known = (*keys, several) if several else keys
        if name not in known:
            shown = [one.replace("_", "-") for one in known]
            said = str(key.value).replace("_", "-")
            raise UsageError(
                f"{path}, line {at}", f"key {key.value!r}", "one of " + ", ".join(shown), did_you_mean(said, shown)
            )
        if name in lines:
            found = f"key {key.value!r} again, first in line {lines[name]}"
            raise UsageError(f"{path}, line {at}", found, "each key once", "put them together")
        lines[name] = at
        if name == several:
            blocks = tuple(_block(path, one, keys, None) for one in _items(path, value))
        else:
            values[name] = tuple(_written(path, name, one) for one in _items(path, value))
    return Block(path, line, values, lines, blocks)


def _items(path: Path, node: Any) -> Iterator[Any]:
    """The items of a list, or the one of what is none."""
    if isinstance(node, yaml.SequenceNode):
        if not node.value:
            raise UsageError(f"{path}, line {node.start_mark.line + 1}", "an empty list", "at least one", _LOOK)
        yield from node.value
    else:
        yield node


def _written(path: Path, name: str, node: Any) -> Written:
    line = node.start_mark.line + 1
    if not isinstance(node, yaml.ScalarNode):
        raise UsageError(f"{path}, line {line}: {name}", _kind(node), "a text, a number, or a list of them", _LOOK)
    if not node.value.strip():
        raise UsageError(f"{path}, line {line}: {name}", "nothing", "a value", "leave the key out for its default")
    if "\0" in node.value:
        raise UsageError(f"{path}, line {line}: {name}", "a NUL character", "text", "write it again")
    return Written(node.value.strip(), line)


def _kind(node: Any) -> str:
    kinds = {yaml.MappingNode: "a mapping", yaml.SequenceNode: "a list"}
    return kinds.get(type(node), f"{str(node.value)[:40]!r}")
