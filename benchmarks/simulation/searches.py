"""Searches on a simulated victim: the stopping rule of `attacks.boundary`, for a hundred thousand utterances at once.

Sound c fools the victim about utterance i of speaker g at every SNR below τ = μ + σ (√r a_g + √(1 − r) u_i) + b_c +
e_ic, with a and u standard normal, σ of 6 dB, b of 2 dB, one for each sound of the bank, and e of 3 dB. r makes two
utterances of one speaker as alike in falling as the design wants, about; μ is found so that the true Acc_att is the
wanted share. The bank is the same for all corpora of a point: the interval is about its sounds, and speakers are the
sample.

The rule is vectorised, since the referee would take days. `against_the_attack` lets `Boundary.search` itself run
against the same victim, with the same draws; every end has to be at the same query.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from attacks.boundary import Boundary
from bench import Answer, Heard, NoiseClip
from bench.core.noises import NoiseSet
from bench.testing import sample_tools
from benchmarks.simulation.corpora import Numbers

CATEGORIES = ("natural", "human", "interior")
LEVELS = (0.0, 5.0, 10.1)
"""SNRs in dB: from the lowest by steps of 5 to just above the threshold, as `Boundary` goes."""
BUDGET = 25
SPEAKER_DB, SOUND_DB, PAIR_DB = 6.0, 2.0, 3.0


@dataclass(frozen=True)
class Bank:
    """A bank of sounds: the category of each, and how harmful it is, in dB, shape (C,)."""

    category: NDArray[np.intp]
    harm: Numbers

    @classmethod
    def drawn(cls, rng: np.random.Generator, sounds: int) -> Bank:
        """A bank of so many sounds, dealt out to the categories in turn."""
        return cls(np.arange(sounds) % len(CATEGORIES), SOUND_DB * rng.normal(size=sounds))


@dataclass(frozen=True)
class Draws:
    """All that is random in searches of N utterances.

    Args:
        tau: shape (N, C), the SNR in dB below which each sound fools, less μ.
        order: shape (N, C), in which each category's sounds are tried: ranks within the category.
        choices: shape (N, BUDGET + 4), from 0 to 1, which category is chosen each time that one is.
    """

    tau: Numbers
    order: Numbers
    choices: Numbers

    @classmethod
    def drawn(cls, rng: np.random.Generator, bank: Bank, speakers: int, utterances: int, correlation: float) -> Draws:
        """Utterances of so many speakers, one speaker's after the other's."""
        number, sounds = speakers * utterances, len(bank.harm)
        susceptible = np.repeat(rng.normal(size=speakers), utterances) * correlation**0.5
        susceptible = susceptible + (1 - correlation) ** 0.5 * rng.normal(size=number)
        pairs = rng.normal(scale=PAIR_DB, size=(number, sounds)) + bank.harm
        tau = SPEAKER_DB * susceptible[:, None] + pairs
        return cls(tau, rng.random((number, sounds)), rng.random((number, BUDGET + len(CATEGORIES) + 1)))


def queries_to_success(draws: Draws, bank: Bank, mean_db: float) -> NDArray[np.intp]:
    """The query at which each search succeeds, shape (N,); 0 where it does not within the budget."""
    tau, number = draws.tau + mean_db, len(draws.tau)
    members = [np.flatnonzero(bank.category == category) for category in range(len(CATEGORIES))]
    orders = [own[np.argsort(draws.order[:, own], axis=1, kind="stable")] for own in members]
    tried, gone = np.zeros((number, len(members)), dtype=np.intp), np.zeros((number, len(members)), dtype=bool)
    home, sound = np.full(number, -1), np.full(number, -1)
    level, chosen, won = (np.zeros(number, dtype=np.intp) for _ in range(3))
    ended = np.zeros(number, dtype=bool)
    for query in range(1, BUDGET + 1):
        needs = np.flatnonzero((sound < 0) & ~ended)
        while len(needs):
            ended[needs[gone[needs].all(axis=1)]] = True
            needs = needs[~ended[needs]]
            category = np.where(home[needs] >= 0, home[needs], _chosen(draws.choices, chosen, gone, needs))
            chosen[needs] += home[needs] < 0
            sizes = np.array([len(own) for own in members])[category]
            empty = tried[needs, category] >= sizes
            out = needs[empty]
            gone[out, category[empty]] = True
            home[out], level[out] = -1, 0
            for place, own in enumerate(orders):
                takes = needs[~empty & (category == place)]
                sound[takes] = own[takes, tried[takes, place]]
                tried[takes, place] += 1
            needs = out
        asked = np.flatnonzero(~ended)
        fooled = asked[tau[asked, sound[asked]] > np.array(LEVELS)[level[asked]]]
        home[fooled] = bank.category[sound[fooled]]
        wins = fooled[level[fooled] == len(LEVELS) - 1]
        won[wins], ended[wins] = query, True
        sound[np.setdiff1d(asked, fooled, assume_unique=True)] = -1
        level[fooled] = np.minimum(level[fooled] + 1, len(LEVELS) - 1)
    return won


def _chosen(choices: Numbers, chosen: Numbers, gone: Numbers, needs: Numbers) -> NDArray[np.intp]:
    """A category that is left, for each search that needs one; who has a home does not use it."""
    left = ~gone[needs]
    place = np.minimum(chosen[needs], choices.shape[1] - 1)
    wanted = (choices[needs, place] * left.sum(axis=1)).astype(np.intp)
    return np.argmax(np.cumsum(left, axis=1) > wanted[:, None], axis=1)


def calibrated(draws: Draws, bank: Bank, share: float) -> float:
    """The μ in dB at which so great a share of searches succeeds."""
    low, high = -40.0, 60.0
    for _ in range(18):
        middle = (low + high) / 2
        low, high = (middle, high) if (queries_to_success(draws, bank, middle) > 0).mean() < share else (low, middle)
    return (low + high) / 2


def measured_alike(won: NDArray[np.intp], utterances: int) -> float:
    """The intra-class correlation of success within speakers, by the analysis of variance."""
    hits = (won > 0).astype(float).reshape(-1, utterances)
    between = utterances * hits.mean(axis=1).var(ddof=1)
    within = hits.var(axis=1, ddof=1).mean()
    return float((between - within) / (between + (utterances - 1) * within))


class _Drawn:
    """Gives `Boundary.search` the draws that the vectorised rule has: of its generator it asks these two alone."""

    def __init__(self, orders: list[Numbers], choices: Numbers) -> None:
        self._orders, self._choices = iter(orders), iter(choices)

    def permutation(self, count: int) -> Numbers:
        order = next(self._orders)
        assert len(order) == count
        return order[::-1]  # it takes from the end

    def integers(self, count: int) -> int:
        return int(next(self._choices) * count) if count > 1 else 0


def against_the_attack(draws: Draws, bank: Bank, mean_db: float, some: NDArray[np.intp]) -> list[int]:
    """The query at which `Boundary.search` itself succeeds about some of the utterances; 0 where it does not."""
    tools, members = _tools(bank)
    heard = Heard(torch.full((16_000,), 0.1))
    return [_searched(draws, mean_db, int(one), heard, tools, members) for one in some]


def _tools(bank: Bank) -> tuple[Any, list[NDArray[np.intp]]]:
    wave = torch.full((16,), 0.1)
    clips = [NoiseClip(f"{n}", CATEGORIES[category], wave, f"{n}") for n, category in enumerate(bank.category.tolist())]
    members = [np.flatnonzero(bank.category == category) for category in range(len(CATEGORIES))]
    return replace(sample_tools(BUDGET), noises=NoiseSet("simulated", tuple(clips), "")), members


def _searched(draws: Draws, mean_db: float, one: int, heard: Heard, tools: Any, members: list[NDArray[np.intp]]) -> int:
    orders = [np.argsort(draws.order[one, own], kind="stable") for own in members]
    attack = Boundary(categories=CATEGORIES, shift="level", step_db=5.0)
    search = attack.search(heard, tools, _Drawn(orders, draws.choices[one]))  # type: ignore[arg-type]
    recipe, query = next(search, None), 1
    while recipe is not None and query <= BUDGET:
        (part,) = recipe.parts
        fooled = bool(draws.tau[one, int(part.clip)] + mean_db > part.snr_db)  # type: ignore[union-attr]
        if fooled and part.snr_db > tools.min_snr_db:  # type: ignore[union-attr]
            return query
        try:
            recipe = search.send(Answer(fooled=fooled))
        except StopIteration:
            return 0
        query += 1
    return 0
