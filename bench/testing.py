"""Checks that any component can run on itself: an author's test calls one of them, and so do the built-ins' tests.

    from bench.testing import check_attack

    def test_my_attack_conforms():
        check_attack(MyAttack())

They need no data: speech-like tones stand in for speech. A check that fails raises `AssertionError` saying what was
found; what the referee itself refuses raises `bench.ComponentError`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import Tensor

from bench.conformance.asking import TOLERANCE as TOLERANCE
from bench.conformance.asking import ExaminedVictim
from bench.conformance.attacks import AttackedSamples, attack_checks, effect_checks, with_knowledge
from bench.conformance.checking import ConformanceCheck, assert_all
from bench.conformance.components import component_checks, parts_check
from bench.conformance.defenses import refusals_check
from bench.conformance.numbers import numbers_check
from bench.conformance.sample_sounds import sample_hiss, sample_tones, sample_words
from bench.conformance.sounds import dataset_checks, noise_set_checks, same_again_check
from bench.conformance.victims import victim_checks
from bench.contracts.attacks import Attack, AttackTools, EffectTools, SpeechEffect
from bench.contracts.defense_view import DefenseView
from bench.contracts.granting import granted_to
from bench.contracts.perception import p1
from bench.contracts.pipeline import modalities_of
from bench.contracts.protocols import Defense, FitContext, TrainableVictim, Victim
from bench.contracts.registry import Registry
from bench.contracts.traits import traits_of
from bench.core.batch import Batch
from bench.core.heard import Heard
from bench.core.noises import NoiseSet
from bench.core.showing.progress import SILENT, Progress
from bench.core.specs import spec_of
from bench.core.types import SAMPLE_RATE, Dataset, NoiseClip, Rng, Task, Utterance
from bench.data.tasks import TASKS
from bench.defending.adversarial_examples import best_candidates
from bench.evaluation.cell.training_speech import lent
from bench.perturbations.rendering import attack_tools
from bench.referee.referee import Referee
from bench.referee.rehearsal import rehearsed
from bench.referee.search import AttackRun
from bench.scoring.record_files.rows import Row

CPU, TASK, NUMBERS = torch.device("cpu"), TASKS["ahsn"], TASKS["activation"]


def sample_utterances(speakers: int = 3, each: int = 2, key: str = "sample") -> list[Utterance]:
    """Make speech-like tones of 0.3 to 0.8 s: each class of another pitch and loudness, each speaker of another voice.

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
                waveform = sample_tones(id, 110.0 * (1 + 0.1 * speaker) * 1.35**label, 0.05 * (1 + label)).clone()
                words = sample_words(len(waveform) / SAMPLE_RATE)
                text = " ".join(word.text for word in words)
                said = Utterance(id, waveform, f"{key}-{speaker}", transcript=text, words=words, emotion=emotion)
                found.append(replace(said, activation=1.0 + label, valence=5.0 - label))
    return found


def sample_noises() -> NoiseSet:
    """Make a noise bank of four sounds of 1 s in each category of the embedded one."""
    categories = ("natural", "human", "interior", "crowd", "meeting", "station", "white", "laugh", "cry")
    clips = []
    for category in categories:
        for number in range(4):
            waveform = sample_hiss(category, number).clone()
            clips.append(NoiseClip(f"{category}-{number}", category, waveform, f"{category}-{number}"))
    return NoiseSet("sample", tuple(clips), "sample")


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
    assert_all(component_checks(component))


def check_victim(recipe: TrainableVictim) -> None:
    """Assert that a trainable victim conforms: shape, normalisation, batch invariance, repeatability, saving, loading.

    Args:
        recipe: with parameters that train in seconds.
    """
    assert isinstance(recipe, TrainableVictim), f"{type(recipe).__name__} needs fit and load"
    with TemporaryDirectory() as folder:
        assert_all(checks_of("victims", recipe, Path(folder)))


def check_defense(defense: Defense, victim: TrainableVictim) -> None:
    """Assert that what a defence makes of a victim passes every check of a victim, and refuses what that refuses.

    Args:
        defense: with parameters that train in seconds.
        victim: what it defends, with parameters that train in seconds.
    """
    assert isinstance(defense, Defense), f"{type(defense).__name__} needs fit and load"
    with TemporaryDirectory() as folder:
        assert_all(checks_of("defenses", defense, Path(folder), victim))


def check_fitted(fitted: Victim, again: Victim, load: Callable[[Path], Victim], sessions: bool = False) -> None:
    """Assert that a fitted victim conforms, and that a second fit of it and its own copy from disk answer alike.

    Asked as by the referee: other names, whole utterances, order, batch and earlier questions must change no answer.

    Args:
        fitted: by `sample_context`, on `sample_utterances`.
        again: fitted a second time, with the same seed.
        load: gives the victim that was saved into a folder.
        sessions: whether it has the trait `sessions`.
    """
    fits = iter((fitted, again))
    with TemporaryDirectory() as folder:
        said = sample_utterances(2, 1, "test")
        examined = ExaminedVictim(lambda: next(fits), load, Path(folder), said, len(TASK.classes), sessions)
        assert_all(victim_checks(examined))


def checks_of(
    kind: str, component: Any, folder: Path, victim: TrainableVictim | None = None, progress: Progress = SILENT
) -> list[ConformanceCheck]:
    """List everything that is asked of a component of a kind, to be run by `bench.conformance.checking.outcomes`.

    Args:
        kind: one of "victims", "attacks", "defenses", "corpora" and "noise_banks".
        component: with parameters that train in seconds.
        folder: an empty one, into which victims are saved.
        victim: what a defence defends.
        progress: is told how far the reading of a corpus or a noise bank is.
    """
    own = component_checks(component)
    if kind == "attacks":
        return [*own, *_attack_checks(component, (1, 5, 25))]
    if kind in ("corpora", "noise_banks"):
        once, read = cache(lambda: component.read(progress)), partial(component.read, progress)
        found = dataset_checks(once) if kind == "corpora" else noise_set_checks(once)
        return [*own, *found, same_again_check(once, read)]
    built: list[tuple[str, str]] = []

    def noting(of: str, spec: str) -> Any:
        built.append((of, spec))
        return _registry().build(of, spec)

    context = replace(sample_context(), component=noting)
    speech = (sample_utterances(key="train"), sample_utterances(2, key="valid"))
    against = () if victim is None else (victim,)

    def fitted(within: FitContext, *around: TrainableVictim) -> Victim:
        with lent("fit", *speech) as own:
            made: Victim = component.fit(*around, *own, within)
        return made

    def ways(within: FitContext) -> tuple[Callable[[], Victim], Callable[[Path], Victim]]:
        return lambda: fitted(within, *against), lambda saved: component.load(*against, saved, within)

    said, traits = sample_utterances(2, 1, "test"), traits_of(component)
    words = "text" in (modalities_of(component, None) if victim is None else modalities_of(victim, component))
    examined = ExaminedVictim(*ways(context), folder, said, len(TASK.classes), traits.sessions, words)
    checks = [*own, *victim_checks(examined), parts_check(component, built, _registry())]
    theirs = [traits_of(one) for one in (component, *against)]
    if all(one.dimensional and one.trains for one in theirs):  # of a model from elsewhere nobody knows what it answers
        checks.append(numbers_check(*ways(replace(context, task=NUMBERS)), said, NUMBERS, words))
    return [*checks, refusals_check(partial(fitted, context), said, examined.classes)] if against else checks


def _attack_checks(attack: Attack | SpeechEffect, budgets: Sequence[int]) -> list[ConformanceCheck]:
    samples = AttackedSamples(attack, partial(attacked, attack), budgets)
    if not isinstance(attack, SpeechEffect):
        return attack_checks(samples)
    return [
        *attack_checks(samples),
        *effect_checks(attack, sample_utterances(2, key="attacked"), sample_effect_tools),
    ]


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
    run = AttackRun(attack, spec_of(type(attack).__name__, attack), tools, seed=0, speech=speech)
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
    assert isinstance(attack, Attack | SpeechEffect), f"{type(attack).__name__} needs search, or apply for an effect"
    assert_all([*component_checks(attack), *_attack_checks(attack, budgets)])


def check_dataset(dataset: Dataset) -> None:
    """Assert that a corpus conforms: unique ids, sound within [-1, 1], words within their utterance."""
    assert_all(dataset_checks(lambda: dataset))
