"""Checks that any component can run on itself: an author's test calls one of them, and so do the built-ins' tests.

    from bench.testing import check_attack

    def test_my_attack_conforms():
        check_attack(MyAttack())

They need no data: speech-like tones stand in for speech. A check that fails raises `AssertionError` saying what was
found; what the referee itself refuses raises `bench.ComponentError`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from bench.conformance import TOLERANCE as TOLERANCE
from bench.conformance import Copies, check_effect, check_fitted_victim, with_knowledge
from bench.contracts.attacks import Attack, AttackTools, EffectTools, SpeechEffect
from bench.contracts.component import KINDS
from bench.contracts.defense_view import DefenseView
from bench.contracts.granting import granted_to, is_anytime
from bench.contracts.perception import p1
from bench.contracts.protocols import Defense, FitContext, TrainableVictim, Victim
from bench.contracts.registry import Registry
from bench.contracts.traits import Traits, traits_of
from bench.core.batch import Batch
from bench.core.heard import Heard
from bench.core.noises import NoiseSet
from bench.core.rng import keyed
from bench.core.specs import params_of, spec_of
from bench.core.types import SAMPLE_RATE, Dataset, NoiseClip, Phone, Rng, Task, Utterance, Word
from bench.data.tasks import TASKS
from bench.defending.adversarial_examples import best_candidates
from bench.perturbations.rendering import attack_tools
from bench.referee.referee import Referee
from bench.referee.rehearsal import rehearsed
from bench.referee.search import AttackRun
from bench.scoring.rows import Row

CPU, TASK = torch.device("cpu"), TASKS["ahsn"]


def sample_utterances(speakers: int = 3, each: int = 2, key: str = "sample") -> list[Utterance]:
    """Make speech-like tones of 0.3 to 1.2 s: each class of another pitch and loudness, each speaker of another voice.

    Args:
        speakers: how many.
        each: utterances of each class by each speaker.
        key: another key gives other speakers.
    """
    found = []
    for speaker in range(speakers):
        for label, emotion in enumerate(TASK.classes):
            for take in range(each):
                id = f"{key}-{speaker}-{emotion}-{take}"
                waveform = _tones(id, 110.0 * (1 + 0.1 * speaker) * 1.35**label, 0.05 * (1 + label)).clone()
                words = _words(len(waveform) / SAMPLE_RATE)
                text = " ".join(word.text for word in words)
                said = Utterance(id, waveform, f"{key}-{speaker}", transcript=text, words=words, emotion=emotion)
                found.append(replace(said, activation=1.0 + label, valence=5.0 - label))
    return found


_SAID = (
    ("the", "DH AH"),
    ("old", "OW L D"),
    ("hand", "HH AE N D"),
    ("likes", "L AY K S"),
    ("a", "AH"),
    ("warm", "W AO R M"),
    ("evening", "IY V N IH NG"),
)
"""What every sample says: function words, adjectives, nouns, and phones that casual speech drops."""


def _words(seconds: float) -> tuple[Word, ...]:
    """The words of a sample, each phone of one length."""
    step = seconds / sum(len(phones.split()) for _, phones in _SAID)
    words, at = [], 0
    for text, phones in _SAID:
        own = tuple(Phone(p, (at + n) * step, (at + n + 1) * step) for n, p in enumerate(phones.split()))
        words.append(Word(text, own[0].start_s, own[-1].end_s, own))
        at += len(own)
    return tuple(words)


@cache
def _tones(id: str, pitch: float, level: float) -> Tensor:
    rng = keyed("tones", id)
    seconds = torch.arange(int(rng.uniform(0.3, 1.2) * SAMPLE_RATE), dtype=torch.float64) / SAMPLE_RATE
    wave = sum(torch.sin(2 * torch.pi * pitch * n * seconds + rng.uniform(0, 6)) / n for n in range(1, 6))
    breath = torch.from_numpy(rng.normal(0, 0.05, len(seconds)))
    return (level * (0.6 + 0.4 * torch.sin(25 * seconds)) * (wave + breath)).clamp(-1, 1).float()


def sample_noises() -> NoiseSet:
    """Make a noise bank of four sounds of 1 s in each category of the embedded one."""
    categories = ("natural", "human", "interior", "crowd", "meeting", "station", "white", "laugh", "cry")
    clips = []
    for category in categories:
        for number in range(4):
            waveform = _hiss(category, number).clone()
            clips.append(NoiseClip(f"{category}-{number}", category, waveform, f"{category}-{number}"))
    return NoiseSet("sample", tuple(clips), "sample")


@cache
def _hiss(category: str, number: int) -> Tensor:
    return torch.from_numpy(keyed("noise", category, number).normal(0, 0.1, SAMPLE_RATE)).clamp(-1, 1).float()


@cache
def _registry() -> Registry:
    return Registry.discover()


def sample_context(seed: int = 0) -> FitContext:
    """Make what a component is fitted with: four classes, sample noises, and a builder of registered components."""
    return FitContext(TASK, seed, CPU, sample_noises().part("train"), component=_registry().build)


def sample_tools(max_queries: int = 25) -> AttackTools:
    """Make what an attack is given: sample noises, P1's perception, 10 dB, and a budget of queries."""
    build = partial(_registry().build, "attacks")
    return attack_tools(sample_noises().part("test"), p1(), 10.0, max_queries, build)


def sample_effect_tools(speaker: str = "", but: str = "") -> EffectTools:
    """Make what an effect is given: sample noises, and what a speaker of the sample speech says.

    Args:
        speaker: whose other utterances there are; "" for nobody's.
        but: the id of the one at hand.
    """
    said = [one for one in sample_utterances(2, key="attacked") if one.speaker == speaker and one.id != but]
    return EffectTools(sample_noises().part("test"), [Heard.of(one, speaker) for one in said])


def applied(effect: SpeechEffect, original: Heard, tools: EffectTools, rng: Rng) -> list[Heard]:
    """Apply an effect, and return what came of it in a list; an empty one where it does not apply.

    Args:
        effect: with any parameters.
        original: the speech.
        tools: see `sample_effect_tools`.
        rng: `bench.keyed(0)`, for one.
    """
    changed = effect.apply(original, tools, rng)
    return [] if changed is None else [changed]


def check_component(component: Any) -> None:
    """Assert that a component is a documented frozen dataclass whose parameters survive the way through a spec."""
    name = type(component).__name__
    assert dataclasses.is_dataclass(component), f"{name} is no dataclass"
    frozen = getattr(type(component), "__dataclass_params__").frozen  # noqa: B009
    assert frozen, f"{name} is not frozen: @dataclass(frozen=True)"
    assert params_of(component) is not None
    traits = traits_of(component)
    assert isinstance(traits, Traits), f"{name}.traits is a {type(traits).__name__}: from bench import Traits"
    odd = [one for one in traits.made_of if len(one) != 2 or one[0] not in KINDS]
    assert not odd, f"{name}.traits.made_of has {odd}: kind and spec of each, kinds {', '.join(KINDS)}"
    assert spec_of("x", component)
    assert (type(component).__doc__ or "").strip(), f"{name} has no docstring: bench list prints its first line"


def check_victim(recipe: TrainableVictim) -> None:
    """Assert that a trainable victim conforms: shape, normalisation, batch invariance, repeatability, saving, loading.

    Args:
        recipe: with parameters that train in seconds.
    """
    check_component(recipe)
    assert isinstance(recipe, TrainableVictim), f"{type(recipe).__name__} needs fit and load"
    context, speech = sample_context(), (sample_utterances(key="train"), sample_utterances(2, key="valid"))
    first, again = (recipe.fit(*speech, context) for _ in range(2))
    check_fitted(first, again, lambda folder: recipe.load(folder, context), traits_of(recipe).sessions)


def check_defense(defense: Defense, victim: TrainableVictim) -> None:
    """Assert that what a defence makes of a victim passes every check of a victim.

    Args:
        defense: with parameters that train in seconds.
        victim: what it defends, with parameters that train in seconds.
    """
    check_component(defense)
    assert isinstance(defense, Defense), f"{type(defense).__name__} needs fit and load"
    context, speech = sample_context(), (sample_utterances(key="train"), sample_utterances(2, key="valid"))
    first, again = (defense.fit(victim, *speech, context) for _ in range(2))
    check_fitted(first, again, lambda folder: defense.load(victim, folder, context), traits_of(defense).sessions)


def check_fitted(fitted: Victim, again: Victim, load: Callable[[Path], Victim], sessions: bool = False) -> None:
    """Assert that a fitted victim conforms, and that a second fit of it and its own copy from disk answer alike.

    Asked as by the referee: other names, whole utterances, order, batch and earlier questions must change no answer.

    Args:
        fitted: by `sample_context`, on `sample_utterances`.
        again: fitted a second time, with the same seed.
        load: gives the victim that was saved into a folder.
        sessions: whether it has the trait `sessions`.
    """
    copies = Copies(lambda: fitted, sample_utterances(2, key="test"), len(TASK.classes), sessions)
    check_fitted_victim(fitted, again, load, copies)


@dataclass(frozen=True)
class ContraryVictim:
    """Answers by the loudness of the first 100 ms alone: fooled by noise at some levels and not at others."""

    def enroll(self, clean: Sequence[Utterance]) -> ContraryVictim:
        """Return itself: it knows everybody."""
        return self

    def log_probs(self, batch: Batch) -> Tensor:
        """Estimate log-probabilities of four classes, shape (b, 4)."""
        level = batch.waveforms[:, : SAMPLE_RATE // 10].square().mean(dim=1).add(1e-9).log10().mul(10).round()
        return torch.log_softmax(torch.nn.functional.one_hot(level.long() % 4, 4).float() * 4, dim=1)

    def save(self, folder: Path) -> None:
        """Write nothing: there is nothing to save."""


def attacked(attack: Attack | SpeechEffect, max_queries: int, batch_size: int = 64, task: Task = TASK) -> list[Row]:
    """Attack a victim that is easily, but not always, fooled, and return what the referee writes down.

    Args:
        attack: with any parameters.
        max_queries: the budget of each search, at least 1.
        batch_size: searches side by side; changes no row.
        task: gives the victim's four classes.
    """
    referee = Referee(ContraryVictim(), task, CPU, batch_size)
    speech, known = (sample_utterances(2, key=key) for key in ("attacked", "known"))
    tools = with_knowledge(granted_to(attack), sample_tools(max_queries), known, referee)
    run = AttackRun(attack, spec_of("checked", attack), tools, seed=0, speech=speech)
    run, _ = rehearsed(referee, run, known[::4])
    if "defense" in granted_to(attack).knows:
        run = replace(run, view=DefenseView.through(referee.victim, referee.blinding.batch, CPU))
    if traits_of(attack).transfers:
        (_, spec), *_ = traits_of(attack).made_of
        bare = best_candidates(referee, replace(run, attack=tools.component(spec), name=spec), speech)
        run = replace(run, transferred={id: candidate.recipe for id, candidate in bare.items()})
    return referee.run(run, speech)


def check_attack(attack: Attack | SpeechEffect, budgets: Sequence[int] = (1, 5, 25)) -> None:
    """Assert that an attack is repeatable, within any budget, independent of its neighbours, and spares its original;
    that its first queries are the same whatever the budget, if it declares `anytime`.

    Args:
        attack: with any parameters.
        budgets: numbers of queries to try; 1 is the one that breaks most.

    Raises:
        bench.ComponentError: the referee itself refused what the attack did.
    """
    check_component(attack)
    assert isinstance(attack, Attack | SpeechEffect), f"{type(attack).__name__} needs search, or apply for an effect"
    most: list[Row] = []
    for budget in sorted(budgets, reverse=True):
        rows = attacked(attack, budget)
        asked = [row for row in rows if row.query]
        assert asked, "it never asked"
        assert max(row.query for row in asked) <= budget
        assert attacked(attack, budget, batch_size=1) == rows, "records depend on what else is attacked"
        most = most or rows
        begun = not is_anytime(attack) or rows == [row for row in most if row.query <= budget]
        assert begun, "it declares the trait anytime, and what it asks first depends on its budget"
    if traits_of(attack).asks_once:
        assert max(row.query for row in asked) == 1, "it declares the trait asks_once, and asks more than once"
    if isinstance(attack, SpeechEffect):
        check_effect(attack, sample_utterances(2, key="attacked"), sample_effect_tools)


def check_dataset(dataset: Dataset) -> None:
    """Assert that a corpus conforms: unique ids, sound within [-1, 1], words within their utterance."""
    ids = [utterance.id for utterance in dataset.utterances]
    assert len(ids) == len(set(ids)), "ids repeat"
    assert dataset.fingerprint, "no fingerprint"
    for utterance in dataset.utterances:
        waveform = utterance.waveform
        assert waveform.dtype == torch.float32, f"{utterance.id}: {waveform.dtype}"
        assert waveform.ndim == 1, f"{utterance.id}: shape {tuple(waveform.shape)}"
        if utterance.has_sound:
            assert 0 < float(waveform.abs().max()) <= 1, f"{utterance.id}: silent or beyond [-1, 1]"
        else:
            assert utterance.transcript, f"{utterance.id}: neither sound nor words"
        for word in utterance.words or ():
            assert 0 <= word.start_s <= word.end_s <= utterance.duration_s + 1e-6, f"{utterance.id}: {word}"
