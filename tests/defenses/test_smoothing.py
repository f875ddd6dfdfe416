"""Randomised smoothing: the vote, its abstentions, and certificates against a victim whose true radius is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from scipy import stats
from torch import Tensor

from bench import Batch, ComponentError, FitContext, Refusing, Traits, UsageError, Utterance, Victim
from bench.contracts.capabilities import Embedding, Purifying
from bench.defending.certificates import Certifying
from bench.testing import ContraryVictim, check_defense, sample_context, sample_noises, sample_utterances
from defenses.smoothing import Smoothed, Smoothing
from victims.bert_text import BertText
from victims.cnn_gru import CnnGru

BRIEF = "smoothing:copies=5,alpha=0.1"
"""For the checks that all components pass: trains in seconds."""

SMALL = CnnGru(channels=8, hidden=8, dense=8, max_epochs=3)
CPU = torch.device("cpu")
LONG = 400


def direction(samples: int) -> Tensor:
    """Of length 1."""
    found = torch.cos(torch.arange(samples) * 0.3)
    return found / found.norm()


@dataclass(frozen=True)
class Linear(ContraryVictim):
    """Class 0 where the samples' part along a direction is positive, else class 1; keeps what it was asked."""

    asked: list[Batch] = field(default_factory=list)
    traits: ClassVar[Traits] = Traits(concurrent=True)

    def enroll(self, clean: Sequence[Utterance]) -> Linear:
        return self

    def log_probs(self, batch: Batch) -> Tensor:
        self.asked.append(batch)
        side = batch.waveforms @ direction(batch.waveforms.shape[1])
        return torch.log_softmax(torch.stack([side, -side, side * 0 - 99, side * 0 - 99], dim=1) * 1e4, dim=1)

    def fit(self, train: Any, valid: Any, context: FitContext) -> Heard:
        return Heard(train=list(train), valid=list(valid), clean=list(context.clean))

    def load(self, folder: Path, context: FitContext) -> Victim:
        return Linear()


@dataclass(frozen=True)
class Heard(Linear):
    """What it was trained on."""

    train: list[Utterance] = field(default_factory=list)
    valid: list[Utterance] = field(default_factory=list)
    clean: list[Utterance] = field(default_factory=list)


@dataclass(frozen=True)
class Shy(Linear):
    """Refuses what is not clearly of class 0."""

    def answer_or_refuse(self, batch: Batch) -> tuple[Tensor, Tensor]:
        return self.log_probs(batch), batch.waveforms @ direction(batch.waveforms.shape[1]) < 0.01

    def hidden(self, batch: Batch) -> Tensor:
        return batch.waveforms[:, :3]

    def trace(self, batch: Batch) -> list[Tensor]:
        return [row[:, None] for row in batch.waveforms]


@dataclass(frozen=True)
class Broken(Linear):
    def log_probs(self, batch: Batch) -> Tensor:
        return torch.full((len(batch), 4), torch.nan)


def at(distance: float, id: str = "a") -> Utterance:
    """An utterance so far from the border, on the side of class 0."""
    return Utterance(id, distance * direction(LONG), "s", emotion="anger")


def drawing(said: Utterance, times: int) -> Batch:
    """The same utterance several times, each time with other draws."""
    return Batch.of([said] * times, sample_keys=[f"u{number}" for number in range(times)])


def smoothed(victim: Victim, **params: Any) -> Smoothed:
    return Smoothed(Smoothing(**params), victim, CPU)


def test_it_conforms() -> None:
    check_defense(Smoothing(copies=6, alpha=0.1), SMALL)


def test_the_victim_learns_from_clean_and_noisy_speech_with_clean_statistics() -> None:
    train, valid = sample_utterances(2, 1, "train"), sample_utterances(1, 1, "valid")
    heard = Smoothing(sigma=0.03).fit(Linear(), train, valid, sample_context()).victim
    assert isinstance(heard, Heard)
    assert heard.train[: len(train)] == heard.clean == train
    assert heard.valid == valid
    noisy = heard.train[len(train) :]
    assert [(one.id, one.emotion) for one in noisy] == [(one.id, one.emotion) for one in train]
    for one, before in zip(noisy, train, strict=True):
        noise = one.waveform - before.waveform
        assert float(noise.std()) == pytest.approx(0.03, rel=0.1)
        assert one.perturbation is not None
        assert one.perturbation.name == "white_noise"
    again = Smoothing(sigma=0.03).noisy_copies(train, sample_context())
    assert all(torch.equal(a.waveform, b.waveform) for a, b in zip(noisy, again, strict=True))
    other = Smoothing(sigma=0.03).noisy_copies(train, sample_context(seed=1))
    assert not torch.equal(noisy[0].waveform, other[0].waveform)


def test_clean_speech_told_from_above_is_kept() -> None:
    train, told = sample_utterances(1, 1, "train"), tuple(sample_utterances(1, 1, "told"))
    heard = Smoothing().fit(Linear(), train, train, replace(sample_context(), clean=told)).victim
    assert isinstance(heard, Heard)
    assert tuple(heard.clean) == told


def test_copies_are_as_long_as_the_utterance_not_clipped_and_each_another() -> None:
    victim = Linear()
    short, long = Utterance("short", torch.ones(50), "s"), Utterance("long", torch.zeros(LONG), "s")
    smoothed(victim, sigma=0.1, copies=70).log_probs(Batch.of([short, long]))
    shapes = [tuple(batch.waveforms.shape) for batch in victim.asked]
    assert shapes == [(64, 50), (6, 50), (64, LONG), (6, LONG)], "copies of one utterance, never padded"
    first = victim.asked[0].waveforms
    assert float(first.max()) > 1.2, "not clipped"
    assert float((first - 1).std()) == pytest.approx(0.1, rel=0.05)
    assert len({float(row[0]) for row in torch.cat([first, victim.asked[1].waveforms])}) == 70
    sample_keys = [draw for batch in victim.asked[:2] for draw in batch.sample_keys]
    assert len(set(sample_keys)) == 70, "a victim that draws too draws anew for each copy"


def test_noise_is_drawn_anew_for_every_query_and_for_nothing_else() -> None:
    def heard(sample_key: str, beside: Sequence[Utterance] = ()) -> Tensor:
        victim = Linear()
        batch = Batch.of([at(0.1), *beside], sample_keys=[sample_key] * (1 + len(beside)))
        smoothed(victim).log_probs(batch)
        return victim.asked[0].waveforms

    assert torch.equal(heard("0/0/1"), heard("0/0/1"))
    assert torch.equal(heard("0/0/1"), heard("0/0/1", [Utterance("b", torch.ones(2 * LONG), "s")]))
    assert not torch.equal(heard("0/0/1"), heard("0/0/2"))


def test_the_vote_and_its_log_probabilities() -> None:
    log_probs, refused = smoothed(Linear(), sigma=0.01, copies=20).answer_or_refuse(Batch.of([at(0.1), at(-0.1, "b")]))
    assert not refused.any()
    most, none = torch.tensor([20.5 / 22, 0.5 / 22]).log()
    assert torch.allclose(log_probs, torch.stack([most, none, none, none])[torch.tensor([[0, 1, 2, 3], [1, 0, 2, 3]])])


def test_it_abstains_where_the_vote_is_close() -> None:
    """At the border each copy is a fair coin: it may answer no more often than alpha allows."""
    border = drawing(at(0.0), 100)
    _, refused = smoothed(Linear(), copies=20, alpha=0.05).answer_or_refuse(border)
    assert 90 <= int(refused.sum()) < 100
    _, strict = smoothed(Linear(), copies=20, alpha=0.0001).answer_or_refuse(border)
    assert bool(strict.all())


def test_a_refusal_behind_is_a_vote_for_no_class() -> None:
    victim = smoothed(Shy(), sigma=0.01)
    assert isinstance(victim, Refusing)
    log_probs, refused = victim.answer_or_refuse(Batch.of([at(0.1), at(-0.1, "b")]))
    assert refused.tolist() == [False, True]
    assert torch.allclose(log_probs[1].exp(), torch.full((4,), 0.25))
    sure, nothing = victim.certify(Batch.of([at(0.1), at(-0.1, "b")]), 20, 100, 0.001)
    assert (sure.label, sure.hits) == (0, 100)
    assert (nothing.label, nothing.hits, nothing.radius) == (None, 0, 0.0)


def test_what_the_victim_behind_has_is_passed_on() -> None:
    victim = smoothed(Shy(), sigma=0.01, copies=20)
    assert isinstance(victim, Embedding)
    assert isinstance(victim, Purifying)
    batch = Batch.of([at(0.1)])
    assert torch.equal(victim.trace(batch)[0][:, 0], at(0.1).waveform)
    assert torch.allclose(victim.hidden(batch)[0], at(0.1).waveform[:3], atol=0.01), "the mean over the copies"
    assert victim.traits.concurrent
    plain = smoothed(ContraryVictim())
    assert not isinstance(plain, Embedding | Purifying)
    assert not plain.traits.concurrent


# ---- certificates


def test_a_certificate_lies_below_the_true_radius_as_often_as_it_says() -> None:
    """The smoothed linear victim changes its answer at just the distance to the border (Cohen et al., appendix B)."""
    sigma, alpha, n = 0.05, 0.1, 300
    batch = drawing(at(0.06), n)
    found = smoothed(Linear(), sigma=sigma).certify(batch, 20, 200, alpha)
    wrong = sum(proof.radius > 0.06 for proof in found)
    assert wrong <= stats.binom.ppf(0.999, n, alpha)
    assert wrong > 0, "else it is more careful than it says"
    assert sum(proof.radius for proof in found) / n > 0.7 * 0.06, "and it says something"


def test_no_noise_within_the_radius_changes_the_answer() -> None:
    victim = smoothed(Linear(), sigma=0.05, copies=2000)
    (proof,) = victim.certify(Batch.of([at(0.06)]), 20, 500, 0.001)
    assert proof.label == 0
    assert 0 < proof.radius <= 0.06
    worst = at(0.06 - 0.98 * proof.radius)
    assert int(victim.log_probs(Batch.of([worst])).argmax()) == 0
    assert int(victim.log_probs(Batch.of([at(-0.06)])).argmax()) == 1


def test_the_class_is_chosen_and_its_chance_bounded_on_different_copies() -> None:
    victim = Linear()
    smoothed(victim).certify(Batch.of([at(0.1)]), 30, 40, 0.01)
    chosen, counted = (batch.waveforms for batch in victim.asked)
    assert (len(chosen), len(counted)) == (30, 40)
    assert not torch.equal(chosen[:30], counted[:30])


def test_at_the_border_nothing_is_proven() -> None:
    victim = smoothed(Linear())
    assert isinstance(victim, Certifying)
    found = victim.certify(drawing(at(0.0), 20), 20, 100, 0.001)
    assert {(proof.label, proof.radius, proof.snr_db) for proof in found} == {(None, 0.0, None)}


@pytest.mark.parametrize("wrong", [(0, 10, 0.1), (10, 0, 0.1), (10, 10, 0.0), (10, 10, 0.6)])
def test_certificates_of_nothing_are_named(wrong: tuple[int, int, float]) -> None:
    with pytest.raises(UsageError, match="certify"):
        smoothed(Linear()).certify(Batch.of([at(0.1)]), *wrong)


# ---- what is refused


def test_a_victim_that_only_reads_is_refused(tmp_path: Path) -> None:
    train, context = sample_utterances(1, 1), sample_context()
    with pytest.raises(UsageError, match=r"defense 'smoothing': found a victim that perceives text alone"):
        Smoothing().fit(BertText(), train, train, context)
    with pytest.raises(UsageError, match="one that hears"):
        Smoothing().load(BertText(), tmp_path, context)


@pytest.mark.parametrize(
    "wrong", [{"sigma": 0.0}, {"sigma": 1.5}, {"copies": 0}, {"alpha": 0.0}, {"alpha": 0.6}, {"alpha": float("nan")}]
)
def test_parameters_out_of_range_are_named(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=f"defense 'smoothing', parameter '{next(iter(wrong))}'"):
        Smoothing(**wrong)


def test_too_few_copies_to_settle_anything_are_named() -> None:
    with pytest.raises(UsageError, match=r"'copies': found 10; .*alpha=0.001; 11 copies can"):
        Smoothing(copies=10)
    assert Smoothing(copies=11).copies == 11


def test_a_victim_that_answers_nan_is_named() -> None:
    with pytest.raises(ComponentError, match="NaN"):
        smoothed(Broken()).log_probs(Batch.of([at(0.1)]))


def test_what_it_says_of_itself() -> None:
    assert Smoothing.traits.randomised
    assert Smoothing.traits.certifies
    assert Smoothing().seen(sample_noises()) == {"white"}
