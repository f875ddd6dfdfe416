"""How much a search costs beyond the victim's own forward passes, and what peers take for as many queries.

    python -m benchmarks.attack_speed                       # embedded corpus and noises
    python -m benchmarks.attack_speed --corpus emodb --corpus-root DIR --noise-bank folder --noise-root DIR

The ratio is the time of a k = 25 attack over the time of the victim's forward passes on the very batches that the
referee made, clean speech among them, on as many threads; both are measured in one run, in turns, medians of several.
With OMP_NUM_THREADS=1 the processor's time is what counts where others want the cores too. `--attack
boundary:categories=natural+human+interior` tries noises alone. The peers are Foolbox and ART.
"""

from __future__ import annotations

import argparse
import math
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import torch

from bench.contracts.protocols import Victim
from bench.contracts.registry import Registry
from bench.contracts.traits import Traits, traits_of
from bench.core.batch import Batch
from bench.core.computing.collecting import heap_frozen
from bench.core.computing.threads import in_threads
from bench.core.showing.progress import for_terminal
from bench.core.types import Utterance
from bench.evaluation.cell.cells import Cell, limited
from bench.evaluation.cell.experiment import Experiment
from bench.evaluation.cell.fitted_store import fit_or_load
from bench.evaluation.cell.measuring import lent_tools
from bench.evaluation.plans.options import Options
from bench.evaluation.plans.planning import plan, select
from bench.evaluation.preparing.setup import set_up
from bench.referee.blinding import Instance
from bench.referee.referee import Referee
from bench.referee.search import AttackRun
from bench.referee.side_by_side import threads_for
from benchmarks.peers import PEERS, PeerSetting


class Spent(NamedTuple):
    """Time that went by the clock, and time of processors, in seconds."""

    seconds: float
    processor: float


@dataclass
class Listening:
    """A victim that notes the batches it is asked about, which are those that the victim itself would be asked."""

    victim: Any
    heard: list[Batch] = field(default_factory=list)

    @property
    def traits(self) -> Traits:
        """As the victim's: they say whether it is asked chunk by chunk, side by side."""
        return traits_of(self.victim)

    def log_probs(self, batch: Batch) -> torch.Tensor:
        """As the victim; keeps a copy of the batch."""
        self.heard.append(replace(batch, waveforms=batch.waveforms.clone(), lengths=batch.lengths.clone()))
        answer: torch.Tensor = self.victim.log_probs(batch)
        return answer


def main() -> None:
    """Measure and print a table."""
    arguments = _arguments()
    options = Options(
        victims=(arguments.victim,),
        attacks=(arguments.attack,),
        ks=(arguments.k,),
        corpus=arguments.corpus,
        corpus_root=arguments.corpus_root,
        noise_banks=(arguments.noise_bank,),
        noise_roots=() if arguments.noise_root is None else (arguments.noise_root,),
        corr="no",
        noises="all",
    )
    registry = Registry.discover()
    experiment = set_up(options, registry, for_terminal())
    cell = plan(select(options, registry), experiment)[0].cell
    split = experiment.split(cell.fitted)
    victim = fit_or_load(experiment, cell.fitted).enroll(split.test)
    utterances = limited(split.test, arguments.limit)
    print(f"{len(utterances)} utterances, k = {arguments.k}, {experiment.device}, medians of {arguments.repeats}")
    print(f"{'':34}{'queries':>9}{'ms/query':>10}{'ratio':>8}{'processor, ms/query':>21}{'ratio':>8}")
    _referee_against_forward(experiment, cell, victim, utterances, arguments.repeats)
    if arguments.peers:
        _peers(experiment, victim, utterances[: arguments.peer_utterances], arguments.k)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--victim", default="cnn_gru")
    parser.add_argument("--attack", default="boundary")
    parser.add_argument("--corpus", default="synthetic")
    parser.add_argument("--corpus-root", type=Path)
    parser.add_argument("--noise-bank", default="embedded")
    parser.add_argument("--noise-root", type=Path)
    parser.add_argument("--k", type=int, default=25)
    parser.add_argument("--limit", type=int, default=128)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--peer-utterances", type=int, default=16)
    parser.add_argument("--no-peers", dest="peers", action="store_false")
    return parser.parse_args()


def _referee_against_forward(
    experiment: Experiment, cell: Cell, victim: Victim, utterances: Sequence[Utterance], repeats: int
) -> None:
    tools = lent_tools(experiment, cell.attack, cell.max_queries, "test")
    listening = Listening(victim)
    attack_run = AttackRun(cell.attack.object, cell.attack.spec, tools, cell.search_seed, utterances, anytime=True)
    rows = _referee(experiment, cell, listening).run(attack_run, utterances)
    threads = threads_for(Instance(victim), experiment.device)
    searches, forwards = [], []
    with heap_frozen():  # as a run does
        for _ in range(repeats):  # in turn, so that both see the same machine; a referee who knows no clean answer
            bare = _referee(experiment, cell, victim)
            searches.append(_timed(experiment.device, lambda bare=bare: bare.run(attack_run, utterances)))
            forwards.append(_timed(experiment.device, lambda: _forward(victim, listening.heard, threads)))
    queries = sum(row.query > 0 for row in rows)
    _line("the victim's forward passes alone", queries, forwards, forwards)
    _line(f"{cell.attack.spec.partition(':')[0]}, through the referee", queries, searches, forwards)


def _referee(experiment: Experiment, cell: Cell, victim: Any) -> Referee:
    return Referee(victim, cell.fitted.task, experiment.device, experiment.batch_size, experiment.min_snr_db)


def _forward(victim: Victim, heard: Sequence[Batch], threads: int) -> None:
    @torch.no_grad()
    def work(share: Sequence[Batch], _: threading.Event) -> None:
        for batch in share:
            victim.log_probs(batch)

    in_threads(work, heard, threads)


def _peers(experiment: Experiment, victim: Victim, utterances: Sequence[Utterance], k: int) -> None:
    for name, peer in PEERS.items():
        setting = PeerSetting(victim, utterances, k, experiment.device)
        started = time.perf_counter(), time.process_time()
        queries, forward = peer(setting)
        spent = Spent(time.perf_counter() - started[0], time.process_time() - started[1])
        _line(name, queries, [spent], [Spent(forward, math.nan)])


def _line(name: str, queries: int, work: Sequence[Spent], forward: Sequence[Spent]) -> None:
    own, other = (Spent(*map(statistics.median, zip(*some, strict=True))) for some in (work, forward))
    wall = f"{1e3 * own.seconds / queries:10.2f}{own.seconds / other.seconds:8.2f}"
    print(f"{name:34}{queries:9d}{wall}{1e3 * own.processor / queries:21.2f}{own.processor / other.processor:8.2f}")


def _timed(device: torch.device, work: Callable[[], object]) -> Spent:
    started = time.perf_counter(), time.process_time()
    work()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return Spent(time.perf_counter() - started[0], time.process_time() - started[1])


if __name__ == "__main__":
    main()
