"""How fast the victims train and answer, against plain PyTorch on the same networks.

    python -m benchmarks.victim_speed                       # embedded corpus, torch on one thread
    python -m benchmarks.victim_speed --threads 2           # plain PyTorch, and all answers, on two
    python -m benchmarks.victim_speed --victims cnn_gru bert_text

An epoch: the victim's own `fit` against a plain loop over the same network, batch size, ready features, optimiser, loss
and validation, which keeps no best weights. After each epoch of the victim's comes one of the loop's. An answer:
`log_probs` of 64 utterances that have not been heard before, from sound or words to log-probabilities, against the same
features and network in a plain function; the two must agree to 1e-4. `svm_egemaps` has no epochs: its whole fit stands
against scikit-learn's. A ratio is the median over the pairs; times are medians. On one thread they are the processor's
own, which others' work on the machine moves less; on several they are the clock's.

Victims always train on one thread, so that what is learnt is the same on every number of cores. wav2vec 2.0 and AlexNet
are small and untrained: with real ones, what a victim adds counts for less. `wav2vec2_audio_tuned` trains its encoder
too, minutes long: it is measured where it is named. `hf` is never trained. Where the corpus and its eGeMAPS are not in
the cache they are computed first.
"""

from __future__ import annotations

import argparse
import copy
import itertools
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from bench.contracts.registry import Registry
from bench.core.batch import Batch
from bench.core.rng import keyed
from bench.core.showing.progress import SILENT, for_terminal, no_steps
from bench.core.types import Utterance
from bench.testing import TASK, TOLERANCE, sample_context
from benchmarks.plain_answers import svm_egemaps
from benchmarks.plain_victims import Loop, Plain, machine, plain_victims, write_wav2vec2

Said = Sequence[Utterance]
Clock = Callable[[], float]
SVM = "svm_egemaps"
TUNED = "wav2vec2_audio_tuned"
TOGETHER = 64
FEWEST, MOST = 3, 200


@dataclass(frozen=True)
class Pairs:
    """Seconds of the victim's and of the plain work, in turn."""

    ours: list[float]
    plain: list[float]

    def line(self, each: int) -> str:
        """Milliseconds of both over `each` utterances, and the ratio."""
        ratio = statistics.median(own / other for own, other in zip(self.ours, self.plain, strict=True))
        ours, plain = (1e3 * statistics.median(found) / each for found in (self.ours, self.plain))
        return f"{ours:10.2f}{plain:10.2f}{ratio:7.2f}"


@dataclass
class Turns:
    """Hears of the victim's epochs, and runs a plain one after each."""

    plain: Callable[[], object]
    epochs: int
    clock: Clock
    pairs: Pairs = field(default_factory=lambda: Pairs([], []))
    resumed: float | None = None

    @contextmanager
    def task(self, description: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
        """The victim's training is told by its number of epochs; what a victim is made of has another."""
        yield self._turn if (description, total) == ("Training", self.epochs) else no_steps

    def say(self, text: str) -> None:
        """Nobody listens."""

    def _turn(self, steps: int) -> None:
        if self.resumed is not None:
            self.pairs.ours.append(self.clock() - self.resumed)
        seconds = _timed(self.plain, self.clock)
        if self.resumed is not None:  # the first of each is not counted
            self.pairs.plain.append(seconds)
        self.resumed = self.clock()


@dataclass(frozen=True)
class Setting:
    """What all are measured on."""

    train: Said
    valid: Said
    attacked: Said
    seconds: float
    threads: int
    numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def clock(self) -> Clock:
        """What times are read from."""
        return time.process_time if self.threads == 1 else time.perf_counter

    def turns(self, work: Callable[[], object]) -> int:
        """How often to do something, from doing it once."""
        return min(max(round(self.seconds / _timed(work, self.clock)), FEWEST), MOST)

    def fresh(self) -> list[Utterance]:
        """The attacked utterances with noise and words that no victim has been asked about."""
        number = next(self.numbers)
        rng = keyed("fresh", number)
        found = []
        for place, one in enumerate(self.attacked):
            noise = torch.from_numpy(rng.normal(0, 0.01, len(one.waveform))).float()
            words = f"{one.transcript} {number * TOGETHER + place}"
            found.append(replace(one, waveform=(one.waveform + noise).clamp(-1, 1), transcript=words))
        return found


def main() -> None:
    """Measure and print a table."""
    arguments = _arguments()
    torch.set_num_threads(arguments.threads)
    registry = Registry.discover()
    setting = _setting(registry, arguments)
    print(f"{len(setting.train)} utterances to train, {len(setting.valid)} to validate, {TOGETHER} asked at a time;")
    print(f"plain PyTorch and answers on {arguments.threads} threads; load {os.getloadavg()[0]:.1f}")
    print(f"{'':23}{'epoch, ms':>27}{'answer, ms an utterance':>27}")
    print(f"{'victim':23}" + f"{'ours':>10}{'plain':>10}{'ratio':>7}" * 2)
    with tempfile.TemporaryDirectory() as folder:
        known = plain_victims(*write_wav2vec2(Path(folder)))
        for name in arguments.victims:
            plain = known.get(name)
            trained, asked = _network(registry, setting, plain) if plain else _machine(registry, setting)
            print(f"{name:23}{trained.line(1) if trained else '-':>27}{asked.line(TOGETHER)}", flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [*plain_victims(Path(), Path()), SVM]
    usual = [name for name in names if name != TUNED]
    parser.add_argument("--victims", nargs="+", choices=names, default=usual, metavar="NAME", help=", ".join(names))
    parser.add_argument("--utterances", type=int, default=128, help="to train on; half as many to validate")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=1.0, help="for each side of each measurement")
    return parser.parse_args()


def _setting(registry: Registry, arguments: argparse.Namespace) -> Setting:
    read = registry.build("corpora", "synthetic").read(for_terminal()).utterances
    said = [one for one in read if TASK.label_of(one) is not None]
    speakers = sorted({one.speaker for one in said})

    def some(group: Sequence[str], count: int) -> Said:
        own = [one for one in said if one.speaker in group]
        return own[:: max(len(own) // count, 1)][:count]

    train = some(speakers[:-4], arguments.utterances)
    valid = some(speakers[-4:-2], arguments.utterances // 2)
    return Setting(train, valid, some(speakers[-2:], TOGETHER), arguments.seconds, arguments.threads)


def _network(registry: Registry, setting: Setting, plain: Plain) -> tuple[Pairs | None, Pairs]:
    """One victim's line: its epochs, where it has some, and its answers."""
    recipe = registry.build("victims", plain.spec)
    brief = replace(recipe, max_epochs=1) if hasattr(recipe, "max_epochs") else recipe
    victim = brief.fit(setting.train, setting.valid, replace(sample_context(), progress=SILENT))
    trained = None
    if plain.ready and plain.optimizer:
        network = copy.deepcopy(victim.network).requires_grad_(True)
        data = [plain.ready(victim, part, TASK) for part in (setting.train, setting.valid)]
        size = getattr(recipe, "plan", recipe).batch_size
        loop = Loop(network, plain.optimizer(network.parameters()), data[0], data[1], size, keyed("plain"))
        trained = _epochs(recipe, loop, setting)
    return trained, _answers(victim.enroll(setting.attacked), plain.ask, setting)


def _epochs(recipe: Any, loop: Loop, setting: Setting) -> Pairs:
    loop.epoch()
    epochs = setting.turns(loop.epoch) + 1
    turns = Turns(partial(_on, setting.threads, loop.epoch), epochs, setting.clock)
    patient = {"patience": epochs} if hasattr(recipe, "patience") else {}
    longer = replace(recipe, max_epochs=epochs, **patient)
    longer.fit(setting.train, setting.valid, replace(sample_context(), progress=turns))
    return turns.pairs


@torch.no_grad()
def _answers(victim: Any, ask: Callable[[Any, Said], torch.Tensor], setting: Setting) -> Pairs:
    first = setting.fresh()
    difference = float((victim.log_probs(Batch.of(first)) - ask(victim, first)).abs().max())
    if not difference <= TOLERANCE:
        raise SystemExit(f"{type(victim).__name__}: plain PyTorch answers otherwise, by {difference:.2g}")
    count = setting.turns(lambda: ask(victim, first))
    return _pairs(count, lambda: _asks(victim, ask, setting.fresh()), setting.clock)


def _asks(victim: Any, ask: Callable[[Any, Said], torch.Tensor], said: Said) -> tuple[Callable[[], object], ...]:
    return lambda: victim.log_probs(Batch.of(said)), lambda: ask(victim, said)


def _machine(registry: Registry, setting: Setting) -> tuple[Pairs, Pairs]:
    """The support vector machine's line: whole fits, from features that are in the cache."""
    recipe, context = registry.build("victims", SVM), sample_context()
    data = (setting.train, setting.valid)
    victim = recipe.fit(*data, context).enroll(setting.attacked)
    plain = partial(machine, recipe.costs, *data, TASK)
    fitted, jobs = plain(), (lambda: recipe.fit(*data, context), plain)
    trained = _pairs(setting.turns(plain), lambda: jobs, setting.clock)
    return trained, _answers(victim, svm_egemaps(fitted), setting)


def _pairs(count: int, jobs: Callable[[], tuple[Callable[[], object], ...]], clock: Clock) -> Pairs:
    """Both jobs of each turn; the plain one goes first in every other turn."""
    pairs = Pairs([], [])
    for turn in range(count):
        both = list(zip(jobs(), (pairs.ours, pairs.plain), strict=True))
        for job, seconds in both if turn % 2 else both[::-1]:
            seconds.append(_timed(job, clock))
    return pairs


def _on(threads: int, work: Callable[[], object]) -> None:
    """Do it on so many of torch's threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    work()
    torch.set_num_threads(before)


def _timed(work: Callable[[], object], clock: Clock) -> float:
    started = clock()
    work()
    return clock() - started


if __name__ == "__main__":
    main()
