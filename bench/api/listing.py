"""What is registered, from Python."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bench.api.arguments import paths, several
from bench.api.plainly import plainly
from bench.core.errors import UsageError
from bench.core.keywords import check_typed
from bench.core.specs import did_you_mean

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("kind", "name", "parameters", "summary", "origin")


@plainly("bench.components")
def components(
    kind: str | None = None, name: str | None = None, plugin: str | Path | Sequence[str | Path] = ()
) -> pd.DataFrame:
    """List what is registered: `bench list` from Python; `bench.list` is the same.

    Args:
        kind: "victims", "attacks", "defenses", "corpora", "noise_banks" or "tasks"; None for all.
        name: one of them.
        plugin: Python files that bring components.

    Returns:
        One row a component: kind, name, parameters, summary, origin.

    Raises:
        bench.core.errors.BenchError: there is no such kind or name, or a file is no plug-in.
    """
    import pandas as pd

    from bench.contracts.entries import KINDS, SINGULAR, entries_by_name
    from bench.data.task_words import described_tasks

    for one in several(plugin):
        check_typed("bench.components", {"plugin": one}, {"plugin": (str, Path)})
    kinds = (*KINDS, "tasks")
    kind = {one: many for many, one in SINGULAR.items()}.get(kind or "", kind)
    if kind is not None and kind not in kinds:
        raise UsageError("bench.components, kind", repr(kind), "one of " + ", ".join(kinds), did_you_mean(kind, kinds))
    order = {of: place for place, of in enumerate(kinds)}
    found = sorted(entries_by_name(paths(plugin)).items(), key=lambda one: (order[one[0][0]], one[0][1]))
    rows = [(of, own, *entry.describe(), entry.origin) for (of, own), entry in found]
    rows += [("tasks", own, "", summary, "serbench") for own, summary in described_tasks()]
    rows = [row for row in rows if kind in (None, row[0])]
    if name is not None:
        names = [row[1] for row in rows]
        if name not in names:
            expected = "one of " + ", ".join(names)
            raise UsageError("bench.components, name", repr(name), expected, did_you_mean(str(name), names))
        rows = [row for row in rows if row[1] == name]
    return pd.DataFrame(rows, columns=list(COLUMNS))
