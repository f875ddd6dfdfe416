"""What a run is refused for before anything is trained: first what needs no data to be seen, then what does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import product
from typing import TYPE_CHECKING

from bench.contracts.component import Component, check_pair
from bench.contracts.composition import specs_in
from bench.contracts.registry import Registry, option_of
from bench.core.code.shadowing import refuse_shadow
from bench.core.errors import BenchError, UsageError
from bench.core.showing.progress import Progress
from bench.core.specs import NO_DEFENSE, Spec, bare
from bench.data.partitions import FOLDS
from bench.data.splits import split_named
from bench.evaluation.plans.options import Options
from bench.evaluation.plans.planning import Selection
from bench.evaluation.preparing.sounds_needed import check_sounds

if TYPE_CHECKING:
    from bench.evaluation.cell.cells import FittedKey
    from bench.evaluation.cell.experiment import Experiment


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


def check_possible(experiment: Experiment, fitted: Iterable[FittedKey], attacks: Mapping[Component, str]) -> None:
    """Refuse, before anything is trained, what the data cannot serve.

    Args:
        experiment: data and machine.
        fitted: the fitted victims asked for.
        attacks: the attacks asked for, and how tables name each: a run adds Corr and Noises to what was typed.

    Raises:
        bench.core.errors.BenchError: a part of the noise bank, a category, a class or a split is missing.
    """
    experiment.noises.part("train")
    experiment.noises.part("test")
    wanted = list(dict.fromkeys(fitted))
    for key in wanted:
        experiment.split(key)
    defenses = {key.defense: str(key.defense) for key in wanted if key.defense is not None}
    for component, named in {**attacks, **defenses}.items():
        check_sounds(component, experiment.noises, named)
