"""The held-out part of a round: an entry's victims under attacks, sounds and draws that follow from the secret."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

from bench.core.errors import told_of
from bench.scoring.figures.row_shares import robust_accuracy
from bench.scoring.record_files.cell_records import CellRecords, pooled_rows
from bench.sharing.entry.rerunning import Rerun
from bench.sharing.entry.rounds import Round, RoundSecret
from bench.sharing.entry.verdicts import names_of
from bench.sharing.entry.weights import weights_of


@dataclass(frozen=True)
class HeldOut:
    """Hold what one drawn attack did to one of an entry's fitted victims.

    Args:
        names: victim, defence, attack, fold and seed, by name.
        k: queries that were allowed.
        robust_accuracy: with its 95 % interval; None where it could not be run.
        n: utterances.
        reason: why it could not be run.
    """

    names: dict[str, object]
    k: int
    robust_accuracy: tuple[float, float, float] | None
    n: int = 0
    reason: str = ""

    def to_json(self) -> dict[str, object]:
        """Return it as it stands in a receipt."""
        told = self.robust_accuracy
        figure = {"robust_accuracy": told[0], "ci95": list(told[1:])} if told else {"reason": self.reason}
        return {**self.names, "k": self.k, "n": self.n, **figure}


def held_out(rerun: Rerun, of: Round, secret: RoundSecret) -> Iterator[HeldOut]:
    """Attack each fitted victim of an entry with what the secret draws.

    Args:
        rerun: the entry, on our data.
        of: the round.
        secret: of that round.
    """
    noises = secret.sounds(rerun.experiment.noises)
    drawn = replace(rerun, experiment=replace(rerun.experiment, noises=noises))
    sources = {weights_of(one.description): one for one in rerun.contents.cells if one.description.names.half is None}
    for source in sources.values():
        for attack in secret.attacks(of):
            yield _held_out(drawn, source, attack, secret.repeat)


def _held_out(rerun: Rerun, source: CellRecords, attack: str, repeat: int) -> HeldOut:
    k = source.description.rests_on.max_queries
    told = {name: value for name, value in names_of(source).items() if name not in ("repeat", "half")}
    names = told | {"attack": attack}
    try:
        component = rerun.experiment.registry.component("attacks", attack)
        cell = replace(rerun.cell(source), attack=component, repeat=repeat, half=None)
        rows = rerun.rows(source, cell)
    except Exception as error:  # somebody else's code runs
        return HeldOut(names, k, None, reason=told_of(error)[0])
    found = robust_accuracy(pooled_rows([replace(source, rows=rows)]), k, "all")
    return HeldOut(json.loads(json.dumps(names)), k, (found.value, *found.ci95), found.n)
