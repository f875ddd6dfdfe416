"""A grid's plan: a file that says which selections of cells are wanted, in the words of `bench run`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.contracts.registry import Registry
from bench.core.errors import BenchError, UsageError
from bench.core.specs import NO_DEFENSE
from bench.evaluation.plans.isolating import registry_for
from bench.evaluation.plans.options import ONCE, Options
from bench.evaluation.plans.plan_block import Block, Written
from bench.evaluation.plans.plan_keys import KEYS
from bench.evaluation.plans.plan_nodes import read_block

CELLS = "cells"
_ONCE = tuple(name for name, (field, _) in KEYS.items() if field in ONCE)
"""What a whole plan has once: one machine and one folder."""


@dataclass(frozen=True)
class Selected:
    """One selection of a plan.

    Args:
        options: what is asked for.
        block: where it stands.
        components: kind, text and line of each victim, defence and attack that it names.
    """

    options: Options
    block: Block
    components: tuple[tuple[str, Written], ...]


def read_plan(path: Path, **instead: Any) -> list[Options]:
    """Read a plan and check everything in it that can be checked without data.

    Args:
        path: the file; docs/grid.md says what stands in it.
        **instead: fields of `Options` that stand in the place of what the plan says, in every selection: where this
            machine has the data, for example.

    Raises:
        UsageError: something cannot be used; with the file and the line that it stands in.
    """
    top = read_block(path, tuple(KEYS), CELLS)
    blocks = top.blocks or (Block(path, top.line),)
    selections = [_selected(top, block, instead) for block in blocks]
    _check_components(selections, registry_for(*(one.options for one in selections)))
    return [one.options for one in selections]


def _selected(top: Block, block: Block, instead: Mapping[str, Any]) -> Selected:
    """One selection: what the top says, what the block says in its place, and what was given in the place of both."""
    for name in set(block.values) & set(_ONCE):
        error = UsageError(name.replace("_", "-"), "it within cells", "it at the top, once", "move it there")
        raise block.wrong(block.lines[name], error)
    where = {name: block if name in block.values else top for name in (*top.values, *block.values)}
    fields = {KEYS[name][0]: _field(of, name) for name, of in where.items()}
    known = {field: name for name, (field, _) in KEYS.items()}
    for field in ("victims", "attacks"):
        if field not in {**fields, **instead}:
            found = UsageError("plan", f"no {known[field]}", "at least one, at the top or here", "see bench list")
            raise block.wrong(block.line, found)
    try:
        options = Options(**({**fields, **instead}))
    except UsageError as error:
        owner = next((of for name, of in where.items() if error.where.lstrip("-").replace("-", "_") == name), block)
        raise owner.wrong(owner.line_of(error.where), error) from error
    kinds = {"victim": "victims", "defense": "defenses", "attack": "attacks"}
    named = [
        (kind, one)
        for name, kind in kinds.items()
        if name in where and kind not in instead
        for one in where[name].values[name]
    ]
    return Selected(options, block, tuple(named))


def _field(block: Block, name: str) -> Any:
    """Read one key's value, and name its line where it cannot be read."""
    try:
        return KEYS[name][1]([one.text for one in block.values[name]])
    except UsageError as error:
        named = UsageError(name.replace("_", "-"), error.found, error.expected, error.remedy)
        raise block.wrong(block.values[name][0].line, named) from error


def _check_components(selections: Iterable[Selected], registry: Registry) -> None:
    """Build each victim, defence and attack once, so that one that cannot be is told of with its line."""
    for one in selections:
        for kind, written in one.components:
            if kind == "defenses" and written.text == NO_DEFENSE:
                continue
            try:
                registry.component(kind, written.text)
            except BenchError as error:
                raise one.block.wrong(written.line, error) from error
