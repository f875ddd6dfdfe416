"""Starts and parameters of other libraries' attacks, chosen on validation speakers and on nobody who is attacked.

    python -m benchmarks.peer_tuning --corpus emodb --corpus-root DIR --defense none --defense noise_augmentation

Each peer is run with each setting below on some utterances of every validation speaker of a fold, against each fitted
victim. The setting is taken whose Acc_att, averaged over k = 5 and 25 and over the victims, is greatest; of several
alike the first below, which is the library's own way or what stood before. What it said: docs/peers.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from bench.contracts.component import Component
from bench.contracts.registry import Registry
from bench.core.showing.progress import SILENT
from bench.core.specs import NO_DEFENSE
from bench.core.types import Utterance
from bench.data.tasks import TASKS
from bench.evaluation.cell.cells import FittedKey, limited
from bench.evaluation.cell.experiment import Experiment
from bench.evaluation.cell.instances import panel_of
from bench.evaluation.cell.measuring import lent_tools
from bench.evaluation.plans.options import Options
from bench.evaluation.preparing.setup import set_up
from bench.referee.search import AttackRun

KS = (1, 5, 25)
JUDGED = (5, 25)
SETTINGS = (
    *("foolbox_boundary:start=clip", "foolbox_boundary:start=clip,source_step=0.1"),
    *("foolbox_boundary:start=noise", "foolbox_boundary:start=noise,source_step=0.1"),
    "foolbox_boundary:start=speech,source_step=0.1",
    *("foolbox_hop_skip_jump:start=clip", "foolbox_hop_skip_jump:start=clip,evals=5"),
    *("foolbox_hop_skip_jump:start=noise", "foolbox_hop_skip_jump:start=noise,evals=5"),
    *("art_hop_skip_jump:start=clip", "art_hop_skip_jump:start=noise"),
    *("art_geoda:start=clip", "art_geoda:start=noise", "art_geoda:start=clip,below_hz=1000"),
    *("foolbox_noise", "foolbox_noise:noise=salt_and_pepper"),
    "art_sign_opt",
)
"""What is tried, those of one peer next to each other."""


@dataclass(frozen=True)
class Tried:
    """One setting against one fitted victim.

    Args:
        spec: of the attack.
        defense: of the victim, or "none".
        acc_att: by the number of queries.
    """

    spec: str
    defense: str
    acc_att: dict[int, float]

    @property
    def worth(self) -> float:
        """Average what settings are compared by."""
        return sum(self.acc_att[k] for k in JUDGED) / len(JUDGED)


def of_each_speaker(utterances: Sequence[Utterance], each: int) -> list[Utterance]:
    """Draw as many utterances of every speaker, by their ids."""
    speakers = sorted({one.speaker for one in utterances})
    return [one for name in speakers for one in limited([one for one in utterances if one.speaker == name], each)]


def tried(experiment: Experiment, key: FittedKey, attack: Component, each: int) -> Tried:
    """Run one attack on validation speakers, with the sounds that attacks have.

    Args:
        experiment: data and machine.
        key: which victim.
        attack: the peer, with its setting.
        each: utterances of every validation speaker.
    """
    valid = experiment.split(key).valid
    chosen, panel = of_each_speaker(valid, each), panel_of(experiment, key, valid)
    tools = lent_tools(experiment, attack, max(KS), "test")
    rows = panel.run(AttackRun(attack.object, attack.spec, tools, key.seed, valid), chosen)
    first: dict[str, int] = {}
    for row in rows:
        if row.accepted:
            first.setdefault(row.utterance, row.query)
    shares = {k: sum(query <= k for query in first.values()) / len(chosen) for k in KS}
    return Tried(attack.spec, key.defense_spec, shares)


def best_of_each(found: Iterable[Tried]) -> list[tuple[str, float]]:
    """Choose a setting for every peer, by its worth over all victims.

    Args:
        found: of each setting against each victim, settings in the order in which they are preferred.
    """
    worth: dict[str, list[float]] = {}
    for one in found:
        worth.setdefault(one.spec, []).append(one.worth)
    means = {spec: sum(values) / len(values) for spec, values in worth.items()}
    peers = groupby(means, key=lambda spec: spec.partition(":")[0])
    best = (max(specs, key=lambda spec: means[spec]) for _, specs in peers)
    return [(spec, means[spec]) for spec in best]


def report(experiment: Experiment, keys: Sequence[FittedKey], each: int, settings: Sequence[str] = SETTINGS) -> None:
    """Try all settings, and print what was found and what is taken.

    Args:
        experiment: data and machine.
        keys: the victims.
        each: utterances of every validation speaker.
        settings: specs.
    """
    found = []
    for spec in settings:
        attack = experiment.registry.component("attacks", spec)
        for key in keys:
            found.append(tried(experiment, key, attack, each))
            shown = " / ".join(f"{share:.2f}" for share in found[-1].acc_att.values())
            print(f"{spec:50} {key.defense_spec:24} {shown}", flush=True)
    for spec, worth in best_of_each(found):
        print(f"taken: {spec} ({worth:.2f})")


def main() -> None:
    """Read the data, and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", default="synthetic")
    parser.add_argument("--corpus-root", type=Path)
    parser.add_argument("--noise-bank", action="append")
    parser.add_argument("--noise-root", type=Path, action="append")
    parser.add_argument("--defense", action="append")
    parser.add_argument("--fold", type=int, default=0)
    parser.add_argument("--each", type=int, default=10)
    given = parser.parse_args()
    banks, roots = tuple(given.noise_bank or ("embedded",)), tuple(given.noise_root or ())
    data = {"corpus": given.corpus, "corpus_root": given.corpus_root, "noise_banks": banks, "noise_roots": roots}
    registry = Registry.discover()
    experiment = set_up(Options(("cnn_gru",), device="cpu", **data), registry, SILENT)
    victim = registry.component("victims", "cnn_gru")
    wanted = [
        None if text == NO_DEFENSE else registry.component("defenses", text) for text in given.defense or ["none"]
    ]
    keys = [FittedKey(victim, one, TASKS["ahsn"], "k-fold", given.fold, 0) for one in wanted]
    report(experiment, keys, given.each)


if __name__ == "__main__":
    main()
