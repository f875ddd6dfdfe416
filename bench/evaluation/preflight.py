"""What a run is refused for before anything is trained: first what needs no data to be seen, then what does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import product
from typing import TYPE_CHECKING

from bench.contracts.component import Component, check_pair
from bench.contracts.composition import specs_in
from bench.contracts.registry import Registry, option_of
from bench.core.errors import BenchError, UsageError
from bench.core.progress import Progress
from bench.core.shadowing import refuse_shadow
from bench.core.specs import NO_DEFENSE, Spec, bare, did_you_mean
from bench.core.types import SIGNAL
from bench.data.partitions import FOLDS
from bench.data.splits import split_named
from bench.evaluation.options import Options
from bench.evaluation.planning import Selection

if TYPE_CHECKING:
    from bench.core.noises import NoiseSet
    from bench.evaluation.cells import FittedKey
    from bench.evaluation.experiment import Experiment

EMBEDDED = ("crowd", "cry", "human", "interior", "laugh", "meeting", "natural", "station", "white")
"""The categories of the bank that needs no files; to make it takes a minute."""


def check_names(options: Options, registry: Registry, progress: Progress) -> None:
    """Refuse the first name that is not registered or whose package is hidden, and say what former names are now;
    imports nothing.

    Args:
        options: what is asked for.
        registry: finds components.
        progress: told of former names.

    Raises:
        UsageError: a name is not registered, or a folder of the user's hides the package that it lies in.
    """
    data = [("corpora", options.corpus), *(("noise_banks", bank) for bank in options.noise_banks)]
    for kind, part in dict.fromkeys((*_asked(options), *data)):
        _check_name(kind, part, registry, progress)
    if options.train_corpus is not None:
        with as_option("--train-corpus"):
            _check_name("corpora", options.train_corpus, registry, progress)


def _check_name(kind: str, part: str, registry: Registry, progress: Progress) -> None:
    name = bare(Spec.parse(part, option_of(kind)).name)
    entry = registry.entry(kind, name)
    refuse_shadow(entry.target)
    if entry.name != name:
        progress.say(f"{option_of(kind)} {name} is now called {entry.name}; records and tables name it so.")


@contextmanager
def as_option(option: str) -> Iterator[None]:
    """Name the options of another corpus in errors of what knows `--corpus` alone.

    Args:
        option: "--train-corpus" or "--test-corpus".
    """
    try:
        yield
    except BenchError as error:
        said = (error.where, error.found, error.expected, error.remedy)
        raise type(error)(*(text.replace("--corpus", option) for text in said)) from error


def _asked(options: Options) -> Iterator[tuple[str, str]]:
    """Kind and spec of every victim, attack and defence, those of a composition or a pipeline one by one."""
    defenses = [text for text in options.defenses if text != NO_DEFENSE]
    for kind, texts in (("victims", options.victims), ("attacks", options.attacks), ("defenses", defenses)):
        for text in texts:
            yield from ((kind, part) for part in specs_in(kind, text))


def check_defended(selections: Iterable[Selection], progress: Progress) -> None:
    """Say which victims and defences cannot go together, before anything is trained: their cells fail.

    Args:
        selections: what is asked for.
        progress: told of each pair that does not go together.

    Raises:
        UsageError: no defence asked for can go with any victim.
    """
    pairs = dict.fromkeys(
        (victim, defense) for one in selections for victim, defense in product(one.victims, one.defenses) if defense
    )
    refused: dict[tuple[Component, Component], BaseException] = {}
    for victim, defense in pairs:
        try:
            check_pair(victim, defense)
        except (Exception, SystemExit) as no:  # a plug-in that breaks must not stop the others
            refused[victim, defense] = no
    if refused and len(refused) == len(pairs) and all(isinstance(no, UsageError) for no in refused.values()):
        raise next(iter(refused.values()))
    for (victim, defense), error in refused.items():
        progress.say(f"Victim {victim} and defence {defense} do not go together, and their cells fail: {error}")


def check_files(selections: Iterable[Selection]) -> None:
    """Refuse a component whose files are not there, before any data are read: its key needs them.

    Args:
        selections: what is asked for.

    Raises:
        UsageError: a file or folder is not there, or cannot be read.
    """
    for one in selections:
        for component in (*one.victims, *filter(None, one.defenses), *(attack for attack, _ in one.attacks)):
            _ = component.identity


def check_folds(selections: Iterable[Selection]) -> None:
    """Refuse a fold that there is in no corpus; how many sessions or speakers there are, only the corpus says.

    Args:
        selections: what is asked for.

    Raises:
        UsageError: the split has no such fold.
    """
    for one in selections:
        split = split_named(one.split)
        dealt = {"k-fold": split.k, "blocks": split.k, "random-blocks": FOLDS, "official": 1, "official-shared": 1}
        last = dealt.get(split.kind, 0) - 1
        if last >= 0 and (beyond := [fold for fold in one.options.folds if fold > last]):
            expected = f"0 to {last}, or all" if last else "0: there is one"
            raise UsageError("--fold", str(beyond[0]), f"{expected}, with --split {split.name}", "count folds from 0")


def check_categories(selections: Iterable[Selection]) -> None:
    """Refuse a noise category that the embedded bank does not have, before it or a corpus is made.

    Args:
        selections: what is asked for. Other banks have the categories that their folders have.

    Raises:
        UsageError: there is none of that name.
    """

    for one in selections:
        if set(one.options.noise_banks) == {"embedded"}:
            for component in (*(attack for attack, _ in one.attacks), *filter(None, one.defenses)):
                for leaf, category in _categories(component):
                    if category not in EMBEDDED:
                        suggested = f"{did_you_mean(category, EMBEDDED)}, or name a bank that has it with --noise-bank"
                        raise _no_category(leaf, [category], "embedded", EMBEDDED, suggested)


def sounds_needed(selections: Iterable[Selection]) -> frozenset[str] | None:
    """Name the noise categories and sounds that are looked for, where that is known before any noise is made.

    It is where nothing but attacks that came with serbench looks at noises: what a plug-in declares is not relied on,
    and a defence may train with every category.

    Args:
        selections: what is asked for.

    Returns:
        Names, or None for all that is in the bank.
    """
    found: set[str] = set()
    for one in selections:
        if not all(defense is None for defense in one.defenses) or not all(victim.built_in for victim in one.victims):
            return None
        for part in (inner for attack, _ in one.attacks for inner in attack.everything()):
            declared = part.traits
            if not part.built_in or declared.categories is None or declared.sounds is None:
                return None
            found.update(declared.categories, declared.sounds)
    return frozenset(found)


def check_possible(experiment: Experiment, fitted: Iterable[FittedKey], attacks: Iterable[Component]) -> None:
    """Refuse, before anything is trained, what the data cannot serve.

    Args:
        experiment: data and machine.
        fitted: the fitted victims asked for.
        attacks: the attacks asked for.

    Raises:
        bench.core.errors.BenchError: a part of the noise bank, a category, a class or a split is missing.
    """
    experiment.noises.part("train")
    experiment.noises.part("test")
    wanted = list(dict.fromkeys(fitted))
    for key in wanted:
        experiment.split(key)
    defenses = (key.defense for key in wanted if key.defense is not None)
    for component in dict.fromkeys((*attacks, *defenses)):
        _check_sounds(component, experiment.noises)


def _check_sounds(component: Component, noises: NoiseSet) -> None:
    """Refuse a bank that has not what a component draws from."""
    there = ", ".join(noises.categories)
    for leaf in _drawing(component):
        if leaf.built_in and leaf.traits.categories is None and not noises.ambient:
            found = f"nothing that can lie under speech in noise bank {noises.name!r}: {there}"
            expected = "other sounds than laughs, cries and room responses"
            remedy = "give --noise-bank a second time, such as --noise-bank embedded"
            raise UsageError(f"{option_of(leaf.kind)} {leaf}", found, expected, remedy)
    lacking: dict[Component, list[str]] = {}
    for leaf, category in dict.fromkeys((*_categories(component), *_trained_with(component, noises))):
        if category not in noises.by_category:
            lacking.setdefault(leaf, []).append(category)
    for leaf, missing in lacking.items():
        how = f"bench list {leaf.kind} {leaf.name} says how"
        others = f"name others{_written(leaf, noises)} ({how}), or map a folder to it"
        remedy = f"{others} with --noise-map where the bank is a folder"
        raise _no_category(leaf, missing, noises.name, noises.categories, remedy)


def _written(leaf: Component, noises: NoiseSet) -> str:
    """What else it could draw from, as it is written, where its parameters say so."""
    there = [name for name in noises.ambient if name.isidentifier()]
    if there and hasattr(leaf.object, "category"):
        return f", such as category={there[0]}"
    if there and hasattr(leaf.object, "categories"):
        kept = (SIGNAL,) if SIGNAL in (leaf.traits.categories or ()) else ()
        return f", such as categories={'+'.join((*there, *kept))}"
    return ""


def _no_category(who: Component, missing: Iterable[str], bank: str, there: Iterable[str], remedy: str) -> UsageError:
    found = f"no category {' or '.join(map(repr, missing))} in noise bank {bank!r}"
    return UsageError(f"{option_of(who.kind)} {who}", found, "one of " + ", ".join(there), remedy)


def _drawing(component: Component) -> Iterator[Component]:
    """Each part that may draw from the noise bank by itself: an attack's with the attacks that they are made of."""
    for leaf in component.leaves():
        yield leaf
        if leaf.kind == "attacks":
            for inner in leaf.made_of:
                yield from _drawing(inner)


def _categories(component: Component) -> Iterator[tuple[Component, str]]:
    """Each noise category that a component names, with the part of it that does."""
    for leaf in _drawing(component):
        yield from ((leaf, category) for category in leaf.traits.categories or () if category != SIGNAL)


def _trained_with(component: Component, noises: NoiseSet) -> Iterator[tuple[Component, str]]:
    """Each noise category that a defence which came with serbench trains with, named or not; what a plug-in's was
    trained against may lie elsewhere."""
    for leaf in component.leaves():
        if leaf.kind == "defenses" and leaf.built_in:
            yield from ((leaf, category) for category in sorted(leaf.seen(noises) - {SIGNAL}))
