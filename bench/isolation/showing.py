"""What a component needs to see of the user's files: its own code, and the files that its spec names."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.contracts.composition import specs_in
from bench.contracts.registry import Entry, Registry
from bench.core.code.shadowing import PACKAGES
from bench.core.specs import Spec, inner_spec
from bench.isolation.sandbox import Visible

_INSTALLED = frozenset({"site-packages", "dist-packages"})


def shown_for(registry: Registry, inside: Sequence[tuple[str, str]], hidden: Sequence[Path]) -> Visible:
    """Say what a sandbox shows for some components.

    Args:
        registry: finds them.
        inside: kinds and specs, without `isolated:`.
        hidden: folders that nothing may show.
    """
    specs = [(kind, Spec.parse(part)) for kind, text in inside for part in specs_in(kind, text)]
    entries = [registry.entry(kind, spec.name) for kind, spec in specs]
    files = tuple(dict.fromkeys(file for _, spec in specs for _, value in spec.params for file in named_files(value)))
    plugins = tuple(dict.fromkeys(entry.plugin.absolute() for entry in entries if entry.plugin))
    packages = (place for entry in entries for place in (entry.beside if entry.plugin else _package(entry)))
    return Visible(plugins, tuple(dict.fromkeys(packages)), files, tuple(hidden))


def _package(entry: Entry) -> Iterator[Path]:
    """Where a package lies that is installed from elsewhere; nothing of it is run."""
    name = entry.target.partition(":")[0].partition(".")[0]
    spec = importlib.util.find_spec(name) if name not in PACKAGES else None
    if spec is None or spec.origin is None:
        return
    file = Path(spec.origin).resolve()
    place = file.parent if file.stem == "__init__" else file
    if not _INSTALLED & set(place.parts):
        yield place


def named_files(value: str) -> Iterator[Path]:
    """Find files and folders that a parameter's text names: paths, the file of FILE.py:OBJECT, those in a spec in it.

    Args:
        value: the text.
    """
    for text in (value, *value.split("+"), *inner_spec(value).split(",")):
        for name in (text, text.rpartition(":")[0], text.rpartition("=")[2]):
            path = Path(name).expanduser() if name else None
            if path is not None and ("/" in name or path.suffix) and path.exists():
                yield path.absolute()
