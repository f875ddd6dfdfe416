"""What a run is refused for before anything is trained: first what needs no data to be seen, then what does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from bench.contracts.composition import specs_in
from bench.contracts.registry import SINGULAR, Registry, option_of
from bench.core.errors import UsageError
from bench.core.progress import Progress
from bench.core.specs import NO_DEFENSE, Spec
from bench.core.types import SIGNAL
from bench.evaluation.fitted_store import recipes
from bench.evaluation.options import Options

if TYPE_CHECKING:
    from bench.evaluation.cells import Experiment
    from bench.evaluation.grid import Planned


def check_names(options: Options, registry: Registry) -> None:
    """Raise a UsageError for the first name that is not registered; imports nothing."""
    data = [("corpora", options.corpus), *(("noise_banks", bank) for bank in options.noise_banks)]
    for kind, part in (*_asked(options), *data):
        registry.entry(kind, Spec.parse(part, option_of(kind)).name)


def check_parts(options: Options, registry: Registry) -> None:
    """Raise a UsageError for a component that another one names and that cannot be built: an attack that a defence
    trains on, a victim that another is made of. The message names the one asked for."""
    for kind, part in _asked(options):
        _check_parts_of(registry, kind, part)


def _asked(options: Options) -> Iterator[tuple[str, str]]:
    """Kind and spec of every victim, attack and defence, those of a composition or a stack one by one."""
    defenses = [text for text in options.defenses if text != NO_DEFENSE]
    for kind, texts in (("victims", options.victims), ("attacks", options.attacks), ("defenses", defenses)):
        for text in texts:
            yield from ((kind, part) for part in specs_in(kind, text))


def _check_parts_of(registry: Registry, kind: str, text: str) -> None:
    component = registry.build(kind, text)
    named = [(kind, spec) for spec in getattr(component, "made_of", ())] + [*getattr(component, "builds", ())]
    effects = (*getattr(component, "signals", ()), *getattr(component, "effects", ()))
    for other, spec in dict.fromkeys((*named, *(("attacks", effect) for effect in effects))):
        try:
            for part in specs_in(other, spec):
                _check_parts_of(registry, other, part)
        except UsageError as error:
            own = "" if error.where.startswith("--") else f": {error.where}"
            raise UsageError(f"{SINGULAR[kind]} {text!r}{own}", error.found, error.expected, error.remedy) from error


def check_defended(registry: Registry, planned: Iterable[Planned], progress: Progress) -> None:
    """Say which victims and defences cannot go together, before anything is trained: their cells fail.

    Args:
        registry: finds components.
        planned: the cells asked for.
        progress: whom to tell.

    Raises:
        UsageError: no defence asked for can go with any victim.
    """
    pairs = dict.fromkeys((one.cell.victim, one.cell.defense) for one in planned if one.cell.defense != NO_DEFENSE)
    refused: dict[tuple[str, str], Exception] = {}
    for pair in pairs:
        try:
            recipes(registry, *pair)
        except Exception as no:  # a plug-in that breaks must not stop the others
            refused[pair] = no
    if refused and len(refused) == len(pairs) and all(isinstance(no, UsageError) for no in refused.values()):
        raise next(iter(refused.values()))
    for (victim, defense), error in refused.items():
        progress.say(f"Victim {victim} and defence {defense} do not go together, and their cells fail: {error}")


def check_possible(experiment: Experiment, planned: Sequence[Planned]) -> None:
    """Raise before anything is trained where the data cannot serve what is asked."""
    for part in ("train", "test"):
        experiment.noises.part("train" if part == "train" else "test")
    for cell in dict.fromkeys(one.cell for one in planned):
        experiment.split(cell)
        for kind, text in (("attacks", cell.attack), ("defenses", cell.defense)):
            if text != NO_DEFENSE:
                component = experiment.registry.build(kind, text)
                for part in getattr(component, "parts", (component,)):
                    _check_component(experiment, part)


def _check_component(experiment: Experiment, component: Any) -> None:
    """Raise where the noise bank lacks a category that the component names."""
    named = [*getattr(component, "categories", ()), getattr(component, "category", "")]
    for category in named:
        if category and category != SIGNAL:
            experiment.noises.of(category)
    for attack in getattr(component, "made_of", ()):
        _check_component(experiment, experiment.registry.build("attacks", attack))
