"""`bench check`: hold a component to what is asked of its kind."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from bench.conformance.checking import CheckOutcome, ConformanceCheck
    from bench.contracts.entries import Entry
    from bench.contracts.registry import Registry
    from bench.core.showing.progress import Progress

SMALL = "cnn_gru:channels=8,hidden=8,dense=8,max_epochs=3"


def check(
    name: Annotated[str, typer.Argument(metavar="NAME", help="NAME or NAME:KEY=VALUE,... of bench list.")],
    kind: Annotated[
        str | None, typer.Option(metavar="KIND", help="Where several kinds have one of that name: attack, victim, ...")
    ] = None,
    plugin: Annotated[list[Path], typer.Option(metavar="FILE", help="A Python file with components of yours.")] = [],  # noqa: B006
    victim: Annotated[str, typer.Option(metavar="SPEC", help="What a defence is checked on.")] = SMALL,
    corpus_root: Annotated[Path | None, typer.Option(metavar="DIR", help="The folder of a corpus.")] = None,
    noise_root: Annotated[Path | None, typer.Option(metavar="DIR", help="The folder of a noise bank.")] = None,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Check a component: batch invariance, saving and loading, leaks, repeatability, budgets, by its kind.

    Speech-like samples stand in for speech; a corpus and a noise bank read their own folder. The exit code is 1 where a
    check failed.
    """
    from bench.cli.check_report import CheckedComponent, show, show_json
    from bench.contracts.component import SINGULAR
    from bench.contracts.registry import Registry
    from bench.core.showing.progress import for_terminal
    from bench.evaluation.preparing.setup import with_paths

    registry, progress = Registry.discover(plugin), for_terminal()
    many, spec = kind_and_spec(registry, name, kind)
    entry = registry.entry(many, spec.partition(":")[0])
    paths = {"--corpus-root": corpus_root, "--noise-root": noise_root}
    with redirect_stdout(sys.stderr), TemporaryDirectory() as folder:  # what a component prints is no report
        component = with_paths(registry, many, spec, paths)
        checks = _checks(registry, many, component, Path(folder), victim, progress)
        subject = CheckedComponent(SINGULAR[many], many, spec, entry.origin, entry.target, _licence(entry))
        progress.say(f"{len(checks)} checks of {subject.title} ({entry.origin}){_cost(many, victim)}")
        found = _outcomes(checks, progress)
    (show_json if json else show)(subject, found)
    if any(one.status == "failed" for one in found):
        raise typer.Exit(1)


def kind_and_spec(registry: Registry, text: str, kind: str | None) -> tuple[str, str]:
    """Find of which kind a component is, and its spec under the name that it has now.

    Args:
        registry: finds components.
        text: its spec, as it was given.
        kind: as it was given, in the singular or the plural; None where it was not.

    Raises:
        UsageError: there is none of that name, or several of different kinds and no kind was given.
    """
    from bench.contracts.component import KINDS, SINGULAR
    from bench.contracts.composition import specs_in
    from bench.contracts.registry import RENAMED
    from bench.core.errors import UsageError
    from bench.core.specs import ISOLATED, Spec, did_you_mean, is_isolated

    where = "bench check"
    kind = None if kind is None else _plural(kind)
    if is_isolated(text):
        raise UsageError(where, repr(text), f"a name without {ISOLATED}", "what is checked runs in this process")
    kinds = (kind,) if kind else KINDS
    if any(len(specs_in(one, text)) > 1 for one in kinds):
        raise UsageError(where, repr(text), "one component", "check each by itself")
    spec = Spec.parse(text, where)
    having = [one for one in kinds if (one, RENAMED.get((one, spec.name), spec.name)) in registry.entries]
    if not having:
        names = sorted({name for one in kinds for name in registry.names(one)})
        known = f"a {SINGULAR[kind]}" if kind else "a component"
        raise UsageError(where, repr(spec.name), f"{known} of bench list", did_you_mean(spec.name, names))
    if len(having) > 1:
        both = " and ".join(SINGULAR[one] for one in having)
        raise UsageError(where, f"{spec.name!r}, {both}", "one of them", f"give --kind {SINGULAR[having[0]]}")
    return having[0], str(Spec(RENAMED.get((having[0], spec.name), spec.name), spec.params))


def _plural(kind: str) -> str:
    """A kind as `bench list` has it, from the singular or the plural."""
    from bench.contracts.component import KINDS, SINGULAR
    from bench.core.errors import UsageError
    from bench.core.specs import did_you_mean

    known = {one.replace(" ", "-"): many for many, one in SINGULAR.items()} | {many: many for many in KINDS}
    if kind not in known:
        names = list(known)[: len(KINDS)]
        raise UsageError("bench check --kind", repr(kind), f"one of {', '.join(names)}", did_you_mean(kind, names))
    return known[kind]


def _licence(entry: Entry) -> str | None:
    """What the package says that it may be used under; None for a file, which has no such place."""
    from importlib import metadata

    if entry.plugin is not None:
        return None
    about = metadata.metadata(entry.origin.rpartition(" ")[0]).json
    return str(about.get("license_expression") or about.get("license") or "")


def _checks(
    registry: Registry, kind: str, component: Any, folder: Path, victim: str, progress: Progress
) -> list[ConformanceCheck]:
    from bench.contracts.pipeline import check_defends
    from bench.testing import checks_of

    defended = None
    if kind == "defenses":
        defended = registry.component("victims", victim).object
        check_defends(component, defended)
    return checks_of(kind, component, folder, defended, progress)


def _outcomes(checks: list[ConformanceCheck], progress: Progress) -> list[CheckOutcome]:
    from bench.conformance.checking import outcomes

    found = []
    with progress.task("Checking", total=len(checks)) as advance:
        for one in outcomes(checks):
            found.append(one)
            advance(1)
    return found


def _cost(kind: str, victim: str) -> str:
    """What the checks are going to do that takes time."""
    return {
        "victims": ": it is trained two or three times on 24 sounds, and asked about 8",
        "defenses": f": it is trained three or four times on 24 sounds, with {victim}, and asked about 8",
        "attacks": ": it attacks 16 sounds, twice with each of 1, 5 and 25 queries",
        "corpora": ": it is read twice",
        "noise_banks": ": it is read twice",
    }[kind]
