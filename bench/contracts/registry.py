"""The registry: a name for every component, found through installed packages' entry points and `--plugin` files.

Built-ins come in by the same entry points as everybody else's. Nothing is imported until a component is built, so that
listing is fast; what `bench list` prints of a component is read from its source. What is asked for with `isolated:` is
not imported here at all: its plug-in file's table is read without running it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from bench.contracts.component import KINDS as KINDS
from bench.contracts.component import SINGULAR, Component, check_built, joined
from bench.contracts.composition import composed, isolated_specs, specs_in
from bench.contracts.entries import Entry as Entry
from bench.contracts.entries import entries_by_name
from bench.core.code.result_code import code_of_component
from bench.core.errors import UsageError, blaming
from bench.core.specs import ISOLATED, Spec, bare, build, did_you_mean, is_isolated, spec_of

RENAMED = {("attacks", "aware"): "adaptive", ("attacks", "unaware"): "transfer"}
"""Former names of built-ins, which still serve."""

ANY_OTHER = {
    "corpora": "; any other speech is read by a table of its files: --corpus manifest",
    "noise_banks": "; any other sounds are read by their folders, or a map of them: --noise-bank folder",
    "victims": "; a model of yours is python:FILE.py:OBJECT, onnx:FILE.onnx, hf:FOLDER, http:URL, or of a --plugin",
}
"""What is said of a name that no component has."""

_DEEPEST = 16
"""Components that may be made of each other, one within the other."""


def option_of(kind: str) -> str:
    """Return the command-line option that takes a component of this kind.

    >>> option_of("noise_banks")
    '--noise-bank'
    """
    return "--" + SINGULAR[kind].replace(" ", "-")


class Isolating(Protocol):
    """What runs components in processes of their own."""

    def component(self, registry: Registry, kind: str, specs: Sequence[str]) -> Component:
        """Build a component in such a process.

        Args:
            registry: finds its entry.
            kind: one of `KINDS`.
            specs: without `isolated:`; of a composition or a pipeline, all of its parts.
        """
        ...


@dataclass(frozen=True)
class Registry:
    """Every component there is.

    Args:
        entries: by kind and name.
        isolation: runs what is asked for with `isolated:`; None where nothing is.
        held: objects that were given from Python, as components: their entries have nothing to import.
    """

    entries: Mapping[tuple[str, str], Entry]
    isolation: Isolating | None = field(default=None, repr=False, compare=False)
    held: tuple[Component, ...] = field(default=(), repr=False, compare=False)
    _built: dict[tuple[str, str], Component] = field(default_factory=dict, init=False, repr=False, compare=False)
    _made: dict[tuple[str, str], Component] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def discover(
        cls,
        plugins: Sequence[Path] = (),
        isolated: Collection[tuple[str, str]] = (),
        isolation: Isolating | None = None,
        over: bool = False,
    ) -> Registry:
        """Find the components of installed packages and of plug-in files.

        Args:
            plugins: plug-in files. One that has a component which is to be isolated is not run.
            isolated: kind and name of everything that is to be isolated.
            isolation: what isolates it.
            over: whether what plug-in files bring takes the place of what other installed packages do; of ours never.

        Raises:
            UsageError: two components of one kind share a name, or a plug-in file cannot be used.
        """
        return cls(entries_by_name(plugins, isolated, over), isolation)

    def holding(self, components: Iterable[Component]) -> Registry:
        """Return a registry that knows objects given from Python too, by the names that they have as components.

        Args:
            components: with `bench.core.specs.IN_MEMORY` in their names, which no registered one has.
        """
        given = list(components)
        entries = {(one.kind, one.spec): Entry(one.kind, one.spec, "", one.origin) for one in given}
        return replace(self, entries={**self.entries, **entries}, held=(*self.held, *given))

    def anew(self) -> Registry:
        """Return a registry that builds everything again; objects given from Python are what they are."""
        return replace(self)

    def names(self, kind: str) -> list[str]:
        """List the names of the components of one kind, in alphabetical order."""
        return sorted(name for of, name in self.entries if of == kind)

    def entry(self, kind: str, name: str) -> Entry:
        """Find the registered component of a kind and name; former names serve.

        Args:
            kind: one of `KINDS`.
            name: its name on the command line.

        Raises:
            UsageError: there is none; the message names the nearest.
        """
        name = RENAMED.get((kind, bare(name)), bare(name))
        if (kind, name) not in self.entries:
            names = self.names(kind)
            close = did_you_mean(name, names)
            remedy = close + ANY_OTHER.get(kind, "" if close.endswith("?") else "; --plugin brings yours")
            raise UsageError(option_of(kind), repr(name), "one of " + ", ".join(names), remedy)
        return self.entries[kind, name]

    def entries_of(self, kind: str, specs: Iterable[str]) -> list[Entry]:
        """Find the registered components of several specs of one kind.

        Args:
            kind: one of `KINDS`.
            specs: with or without `isolated:`.

        Raises:
            UsageError: there is none of that name.
        """
        return [self.entry(kind, Spec.parse(spec, option_of(kind)).name) for spec in specs]

    def build(self, kind: str, text: str) -> Any:
        """Make the object of a spec alone, for whoever asks: what is done to it is done to no other's. What it is made
        of is left to them.

        Args:
            kind: one of `KINDS`.
            text: the spec.

        Raises:
            UsageError: there is none of that name, or a parameter does not fit.
            ComponentError: its code cannot be imported.

        >>> Registry.discover().build("attacks", "boundary:step_db=2").step_db
        2.0
        """
        return copy(self._shallow(kind, text).object)

    def component(self, kind: str, text: str, within: tuple[str, ...] = ()) -> Component:
        """Make a component from its spec: parsed, built and checked once, whatever asks for it again.

        An attack may be [composed][bench.contracts.composition] of effects, and a defence be a
        [pipeline][bench.contracts.pipeline] of several. What its traits say that it is made of is made too.

        Args:
            kind: one of `KINDS`.
            text: the spec.
            within: the specs of what it is a part of, the outermost first.

        Raises:
            UsageError: there is none of that name, a parameter does not fit, or one that it is made of cannot be made;
                the message names the one asked for.
            ComponentError: its code cannot be imported.
        """
        if (kind, text) not in self._made:
            shallow = self._shallow(kind, text)
            if shallow.parts:
                parts = [self.component(kind, one, within) for one in specs_in(kind, text)]
                self._made[kind, text] = replace(shallow, parts=tuple(parts))
            else:
                inner = tuple(self._inner(kind, text, *one, within) for one in shallow.traits.made_of)
                self._made[kind, text] = replace(shallow, made_of=inner)
        return self._made[kind, text]

    def _shallow(self, kind: str, text: str) -> Component:
        """The component without what it is made of."""
        if (kind, text) not in self._built:
            held = next((one for one in self.held if (one.kind, one.spec) == (kind, text)), None)
            self._built[kind, text] = held or self._parsed(kind, text)
        return self._built[kind, text]

    def _parsed(self, kind: str, text: str) -> Component:
        if inside := isolated_specs(kind, text):
            return self._isolated(kind, text, inside)
        specs = specs_in(kind, text)
        if len(specs) > 1:
            parts = [self._shallow(kind, one) for one in specs]
            return joined(kind, composed(tuple(part.spec for part in parts)), parts)
        spec = Spec.parse(text, option_of(kind))
        entry = self.entry(kind, spec.name)
        built = _built(entry, spec)
        check_built(kind, text, built)
        code = code_of_component(entry.target.partition(":")[0], entry.source)
        return Component(kind, spec_of(entry.name, built), entry.origin, built, code)

    def _isolated(self, kind: str, text: str, specs: Sequence[str]) -> Component:
        if self.isolation is None:
            found, remedy = f"{ISOLATED} where nothing is isolated", "leave it out, or use bench run"
            raise UsageError(f"{SINGULAR[kind]} {text!r}", found, "a component by its name", remedy)
        self.entries_of(kind, specs)  # the wrong name is told before a sandbox is started
        return self.isolation.component(self, kind, specs)

    def _inner(self, kind: str, text: str, other: str, inner: str, within: tuple[str, ...]) -> Component:
        """Make a component that another one is made of; one that runs outside is told what is in its plug-in file."""
        within = (*within, text)
        if len(within) > _DEEPEST:
            expected, remedy = "a few within each other", "see bench list for what it is made of"
            raise UsageError(f"{SINGULAR[kind]} {text!r}", "components nested too deep", expected, remedy)
        if inner in within:
            found = " made of ".join(map(repr, (*within[:3], inner)))
            raise UsageError(
                f"{SINGULAR[kind]} {text!r}", found, "one that is not made of itself", "correct its traits"
            )
        try:
            closed = any(entry.closed for entry in self.entries_of(other, specs_in(other, inner)))
            return self.component(other, ISOLATED + inner if closed and is_isolated(text) else inner, within)
        except UsageError as error:
            own = "" if error.where.startswith("--") else f": {error.where}"
            raise UsageError(f"{SINGULAR[kind]} {text!r}{own}", error.found, error.expected, error.remedy) from error


def _built(entry: Entry, spec: Spec) -> Any:
    """The object of a spec; whatever its class does when it is made, who asked is told whose it is."""
    where = f"{SINGULAR[entry.kind]} {str(spec)!r} of {entry.origin}"
    with blaming(where, "one that can be made of these parameters", "correct its class"):
        return build(entry.load(), spec, SINGULAR[entry.kind])
