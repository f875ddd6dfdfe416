"""What a perception study found: majority of the raters, their agreement, and the file that `--perception` takes."""

from __future__ import annotations

import csv
import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.contracts.perception import CHANGED
from bench.scoring.inference.estimates import Estimate
from bench.scoring.inference.intervals import proportion_interval
from bench.studies.listening.raters import ASKED, Rating, Study
from bench.studies.listening.sounds import fresh_file

LEAST_RATERS = 3
"""Of a pair that counts: P1 has three."""


@dataclass(frozen=True)
class Changed:
    """Say of how many utterances an effect changed the perceived emotion, by majority.

    Args:
        noise: the perturbation's name.
        effect: the attack's spec.
        shares: for "activation" and "valence", of the pairs; the interval is clustered by speaker.
    """

    noise: str
    effect: str
    shares: Mapping[str, Estimate]

    @property
    def perceptible(self) -> bool:
        """Return whether either changed in at least `CHANGED` of the pairs, the rule of perception tables."""
        return any(share.value >= CHANGED for share in self.shares.values())

    @property
    def decided(self) -> bool:
        """Return whether the intervals agree with that: one lies wholly above, or both lie wholly below."""
        if self.perceptible:
            return any(share.low >= CHANGED for share in self.shares.values())
        return all(share.high < CHANGED for share in self.shares.values())


@dataclass(frozen=True)
class Findings:
    """What the answers come to.

    Args:
        changed: one for each effect.
        agreement: for "activation" and "valence", the share of pairs of raters who say the same of a pair (P1: 79 and
            76 %, of a kind that it does not name); None where no pair has two raters.
        raters: whose answers count.
        careless: raters who heard a difference in more than half of the pairs that were the original twice; left out.
        too_few: pairs with fewer raters than asked for; left out.
    """

    changed: tuple[Changed, ...]
    agreement: Mapping[str, float | None]
    raters: tuple[str, ...]
    careless: tuple[str, ...]
    too_few: tuple[str, ...]

    def to_json(self) -> dict[str, object]:
        """Return all of it as plain values."""
        rows = [
            {
                "noise": one.noise,
                "effect": one.effect,
                **{name: one.shares[name].to_json() | {"n": one.shares[name].n} for name in ASKED},
                "perceptible": one.perceptible,
                "decided": one.decided,
            }
            for one in self.changed
        ]
        people = {"raters": list(self.raters), "careless": list(self.careless), "too_few": list(self.too_few)}
        return {"schema": 1, "changed": rows, "agreement": dict(self.agreement), **people}


def findings(study: Study, answers: Sequence[Rating], least_raters: int = LEAST_RATERS) -> Findings:
    """Take the majority of each pair's raters, and count.

    A pair has changed where more than half of its raters say so. Raters who fail the checks are left out first.

    Args:
        study: the key.
        answers: of all raters.
        least_raters: pairs with fewer are left out.
    """
    careless = _careless(study, answers)
    heard: dict[str, list[Rating]] = {}
    for answer in answers:
        if answer.rater not in careless and not study.pairs[answer.pair].check:
            heard.setdefault(answer.pair, []).append(answer)
    enough = {pair: given for pair, given in heard.items() if len(given) >= least_raters}
    effects: dict[tuple[str, str], list[list[Rating]]] = {}
    for pair, given in sorted(enough.items()):
        effects.setdefault((study.pairs[pair].noise, study.pairs[pair].effect), []).append(given)
    asked_of = {pair.pair for pair in study.pairs.values() if not pair.check}
    return Findings(
        tuple(
            Changed(*who, {name: _share(pairs, name, study) for name in ASKED})
            for who, pairs in sorted(effects.items())
        ),
        {name: _agreement(list(enough.values()), name) for name in ASKED},
        tuple(sorted({answer.rater for answer in answers} - set(careless))),
        careless,
        tuple(sorted(asked_of - set(enough))),
    )


def _careless(study: Study, answers: Sequence[Rating]) -> tuple[str, ...]:
    checks, failed = Counter[str](), Counter[str]()
    for answer in answers:
        if study.pairs[answer.pair].check:
            checks[answer.rater] += 1
            failed[answer.rater] += any(answer.changed.values())
    return tuple(sorted(rater for rater, count in checks.items() if 2 * failed[rater] > count))


def _share(pairs: Sequence[Sequence[Rating]], name: str, study: Study) -> Estimate:
    """The share of pairs that changed by majority."""
    hits = [float(2 * sum(answer.changed[name] for answer in given) > len(given)) for given in pairs]
    told = [study.pairs[given[0].pair] for given in pairs]
    interval = proportion_interval(hits, [one.speaker for one in told], units=[one.utterance for one in told])
    return Estimate(sum(hits) / len(hits), *interval, n=len(hits))


def _agreement(pairs: Sequence[Sequence[Rating]], name: str) -> float | None:
    same = [
        first.changed[name] == second.changed[name]
        for given in pairs
        for first, second in itertools.combinations(given, 2)
    ]
    return sum(same) / len(same) if same else None


def write_perception(found: Findings, file: Path) -> None:
    """Write the table that `--perception` takes: P1's columns, and what they rest on.

    Args:
        found: of a study.
        file: CSV.

    Raises:
        UsageError: it cannot be written, or is a folder.
    """
    columns = ["noise", *(f"{name}_changed" for name in ASKED), "perceptible", "decided", "effect", "n"]
    columns += [f"{name}_{end}" for name in ASKED for end in ("low", "high")]
    with fresh_file(file) as temporary, temporary.open("w", newline="", encoding="utf-8") as stream:
        table = csv.writer(stream)
        table.writerow(columns)
        for one in found.changed:
            shares = [one.shares[name] for name in ASKED]
            words = ["yes" if truth else "no" for truth in (one.perceptible, one.decided)]
            ends = [f"{end:.4f}" for share in shares for end in share.ci95]
            table.writerow(
                [one.noise, *(f"{share.value:.4f}" for share in shares), *words, one.effect, shares[0].n, *ends]
            )
