"""How much a search costs beyond the victim's own forward passes, and what peers take for as many queries.

    python benchmarks/attack_speed.py                       # embedded corpus and noises
    python benchmarks/attack_speed.py --corpus emodb --corpus-root DIR --noise-bank folder --noise-root DIR

The ratio is the time of a k = 25 attack over the time of the victim's forward passes on the very batches that the
referee made, both measured in one run, medians of several. The peers are Foolbox and ART.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from peers import PEERS, PeerSetting

from bench.contracts.protocols import Victim
from bench.contracts.registry import Registry
from bench.contracts.traits import Traits, traits_of
from bench.core.batch import Batch
from bench.core.progress import for_terminal
from bench.core.types import Utterance
from bench.evaluation.cells import Cell, limited
from bench.evaluation.experiment import Experiment
from bench.evaluation.fitted_store import fit_or_load
from bench.evaluation.measuring import lent_tools
from bench.evaluation.options import Options
from bench.evaluation.planning import plan, select
from bench.evaluation.setup import set_up
from bench.referee.referee import Referee
from bench.referee.search import AttackRun


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
        attacks=("boundary",),
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
    print(f"{'':34}{'queries':>9}{'seconds':>9}{'ms/query':>10}{'ratio':>8}")
    _referee_against_forward(experiment, cell, victim, utterances, arguments.repeats)
    if arguments.peers:
        _peers(experiment, victim, utterances[: arguments.peer_utterances], arguments.k)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--victim", default="cnn_gru")
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
    referee = _referee(experiment, cell, victim)
    searches, forwards = [], []
    for _ in range(repeats):  # alternating, so that both see the same machine
        searches.append(_timed(experiment.device, lambda: referee.run(attack_run, utterances)))
        forwards.append(_timed(experiment.device, lambda: _forward(victim, listening.heard)))
    queries = sum(row.query > 0 for row in rows)
    forward, search = statistics.median(forwards), statistics.median(searches)
    _line("the victim's forward passes alone", queries, forward, forward)
    _line("boundary, through the referee", queries, search, forward)


def _referee(experiment: Experiment, cell: Cell, victim: Any) -> Referee:
    return Referee(victim, cell.fitted.task, experiment.device, experiment.batch_size, experiment.min_snr_db)


@torch.no_grad()
def _forward(victim: Victim, heard: Sequence[Batch]) -> None:
    for batch in heard:
        victim.log_probs(batch)


def _peers(experiment: Experiment, victim: Victim, utterances: Sequence[Utterance], k: int) -> None:
    for name, peer in PEERS.items():
        setting = PeerSetting(victim, utterances, k, experiment.device)
        started = time.perf_counter()
        queries, forward = peer(setting)
        _line(name, queries, time.perf_counter() - started, forward)


def _line(name: str, queries: int, seconds: float, forward: float) -> None:
    print(f"{name:34}{queries:9d}{seconds:9.2f}{1e3 * seconds / queries:10.2f}{seconds / forward:8.2f}")


def _timed(device: torch.device, work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
