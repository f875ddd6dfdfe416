"""How near the best of all searches of the same victim each of them comes."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from numpy.typing import ArrayLike

from bench.contracts.threat_models import COUNTED, Counted
from bench.scoring.figures.searches import optimality_gap
from bench.scoring.inference.estimates import Estimate
from bench.scoring.record_files.condensed import CondensedCell, Pools
from bench.scoring.record_files.names import Setting
from bench.scoring.record_files.pooled import PooledRecords
from bench.scoring.scores import UTTERANCE

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Optimality:
    """Hold how far one attack stays behind the best of all on the same utterances.

    Args:
        victim: spec.
        defense: spec, or "none".
        attack: spec without corr and noises.
        setting: corpus, noise bank, task, split, limit.
        corr: whether the attacker was informed.
        noises: which successes are counted.
        budget: the greatest number of queries.
        among: so many attacks, this one too.
        gap: from 0, which is the best, to 1.
    """

    victim: str
    defense: str
    attack: str
    setting: Setting
    corr: bool
    noises: Counted
    budget: int
    among: int
    gap: Estimate

    def to_json(self) -> dict[str, object]:
        """Return one of `optimality[]` in docs/json.md."""
        who = {"victim": self.victim, "defense": self.defense, "attack": self.attack, **self.setting.to_json()}
        condition = {"corr": self.corr, "noises": self.noises, "k": self.budget, "among": self.among}
        return {**who, **condition, **self.gap.named("gap"), "n": self.gap.n}


Attacker = tuple[str, bool, str, int]
"""An attack's spec without corr and noises, whether it was informed, its code (two versions are two), its budget."""
Order = tuple[int, int]
"""Where gaps stand among those of other victims: the place of their first cell, and the kind of successes."""


def optimality(
    cells: Sequence[tuple[int, CondensedCell]], pools: Pools
) -> Iterator[tuple[Order, tuple[Optimality, ...]]]:
    """Compare all searches of the same victim, defence, data, rules, threat model (but for Corr) and budget, on the
    utterances that all attacked.

    Args:
        cells: finished, of any attacks, in the order of their descriptions, each with its place; those that ask once
            are left out.
        pools: puts records together.
    """
    groups: dict[tuple[int, Counted], dict[Attacker, list[CondensedCell]]] = {}
    numbers: dict[Hashable, int] = {}
    orders: list[Order] = []
    # a search may have asked once of all utterances of a fold: each fell at the first query
    searches = {_attacker(cell) for _, cell in cells if cell.searches}
    for place, cell in cells:
        about, rests = cell.description, cell.description.rests_on
        who = (about.names.victim, about.names.defense, about.names.setting)
        corpora = rests.corpus_fingerprint, rests.train_corpus_fingerprint
        rules = (corpora, rests.perception, rests.min_snr_db, rests.max_queries, rests.device)
        rests_on = numbers.setdefault((*who, *rules, rests.versions["harness"], about.shared), len(numbers))
        for number, noises in enumerate(COUNTED if _attacker(cell) in searches else ()):
            if noises not in about.noises:
                continue
            orders += [] if (rests_on, noises) in groups else [(place, number)]
            attacks = groups.setdefault((rests_on, noises), {})
            attacks.setdefault(_attacker(cell), []).append(cell)
    for order, ((_, noises), attacks) in zip(orders, groups.items(), strict=True):
        if len(attacks) > 1:
            yield order, tuple(_gaps(attacks, noises, pools))


def _attacker(cell: CondensedCell) -> Attacker:
    about = cell.description
    return about.attack_base, about.corr, about.rests_on.code, about.rests_on.max_queries


def _gaps(attacks: dict[Attacker, list[CondensedCell]], noises: Counted, pools: Pools) -> Iterator[Optimality]:
    about = next(iter(attacks.values()))[0].description
    searched = [pools.of(own) for own in attacks.values()]
    first = searched[0]
    if all(first.same_utterances(one) for one in searched[1:]):
        queries: Sequence[ArrayLike] = [one.first(noises) for one in searched]
        speakers, utterances = first.attacked.speaker, first.attacked.utterance
    else:
        beside = _in_common(searched, noises)
        queries = [beside[str(number)] for number in range(len(searched))]
        speakers, utterances = beside["speaker"].to_numpy(object), beside["utterance"].to_numpy(object)
    if not len(speakers):
        return
    budget, names = about.rests_on.max_queries, about.names
    gaps = optimality_gap({str(place): one for place, one in enumerate(queries)}, budget, speakers, utterances)
    for (attack, corr, *_), gap in zip(attacks, gaps.values(), strict=True):
        yield Optimality(names.victim, names.defense, attack, names.setting, corr, noises, budget, len(attacks), gap)


def _in_common(searched: Sequence[PooledRecords], noises: Counted) -> pd.DataFrame:
    """The utterances that all attacked, and the queries that each needed, by its number."""
    found = [one.listed().assign(**{str(place): one.first(noises)}) for place, one in enumerate(searched)]
    beside = found[0]
    for one in found[1:]:
        beside = beside.merge(one.drop(columns="speaker"), on=[*UTTERANCE])
    return beside
