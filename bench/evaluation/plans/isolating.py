"""The registry of a run: what of it is to run in processes of its own, found before any plug-in is run."""

from __future__ import annotations

from pathlib import Path

from bench.contracts.composition import isolated_specs
from bench.contracts.registry import Registry, option_of
from bench.core.specs import Spec
from bench.core.storage.cache import cache_dir
from bench.evaluation.plans.options import Options


def registry_for(*asked: Options) -> Registry:
    """Find the components that a run may use.

    A plug-in file that has something which is asked for with `isolated:` is not run in this process.

    Args:
        asked: at least one; all with the same plug-ins.

    Raises:
        bench.core.errors.UsageError: two components share a name, a plug-in file cannot be used, or `isolated:` stands
            where it cannot.
    """
    plugins = asked[0].plugins
    isolated = {name for options in asked for name in _isolated(options)}
    given = dict.fromkeys(component for options in asked for component in options.objects)
    if not isolated:
        return Registry.discover(plugins).holding(given)

    from bench.isolation.components import Isolation

    return Registry.discover(plugins, isolated, Isolation(_hidden(asked))).holding(given)


def _isolated(options: Options) -> set[tuple[str, str]]:
    """Kind and name of everything that is to be isolated."""
    texts = (("victims", options.victims), ("attacks", options.attacks), ("defenses", options.defenses))
    return {
        (kind, Spec.parse(spec, option_of(kind)).name)
        for kind, several in texts
        for text in several
        for spec in isolated_specs(kind, text)
    }


def _hidden(asked: tuple[Options, ...]) -> tuple[Path, ...]:
    """The folders that no isolated component may see."""
    found = [cache_dir()]
    for options in asked:
        roots = (options.out, options.corpus_root, *options.noise_roots)
        found += [root for root in roots if root is not None]
    return tuple(dict.fromkeys(path.absolute() for path in found))
