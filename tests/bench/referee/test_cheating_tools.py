"""Attacks that write to what they are lent, or name an effect as studies name something else."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import Any

import pytest
import torch

from bench import AttackTools, ComponentError, Effect, EffectTools, Heard, Perturbation, Phone, Recipe, Rng, Word
from bench.core.noises import LentNoises
from bench.referee.referee import Referee
from bench.referee.search import AttackRun
from bench.scoring.record_files.rows import Row
from bench.testing import CPU, TASK, ContraryVictim, sample_noises, sample_tools
from tests.bench.referee.cheating import SPEECH, Cheat, Steps, asking, judged


def other_sound(original: Heard, tools: EffectTools, rng: Rng) -> Heard:
    return replace(original, waveform=torch.rand(700, generator=torch.Generator().manual_seed(1)))


def effect_of(does: Callable[[Heard, EffectTools, Rng], Any]) -> Any:
    @dataclass(frozen=True)
    class Given:
        def apply(self, original: Heard, tools: EffectTools, rng: Rng) -> Any:
            return does(original, tools, rng)

    return Given()


def with_effect(
    name: str, does: Callable[[Heard, EffectTools, Rng], Any], steps: Callable[..., Steps] | None = None
) -> list[Row]:
    """What comes of a search that may use an effect of its own."""
    tools, effect = sample_tools(3), effect_of(does)
    build = tools.component
    own = replace(tools, component=lambda spec: effect if spec == name else build(spec))
    run = AttackRun(Cheat(steps or asking(Recipe(Effect(name)))), "cheat", own, 0, SPEECH)
    return [row for row in Referee(ContraryVictim(), TASK, CPU).run(run, SPEECH) if row.query]


def test_an_effect_that_is_called_noise_is_not_what_people_were_asked_about() -> None:
    rows = with_effect("noise", other_sound)
    assert any(row.label_after != row.label_before for row in rows)
    assert {(row.accepted, row.imperceptible, row.additive) for row in rows} == {(False, False, False)}


def test_writing_into_the_study_studies_nothing() -> None:
    def steps(original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        tools.perception.perceptible["mine"] = 0.0  # type: ignore[index]
        object.__setattr__(tools.perception, "imperceptible", frozenset({"mine"}))
        yield Recipe(Effect("mine"))

    rows = with_effect("mine", other_sound, steps)
    assert any(row.label_after != row.label_before for row in rows)
    assert not any(row.accepted or row.imperceptible for row in rows)


def test_a_built_effect_that_was_written_to_is_not_the_one_that_is_applied() -> None:
    def steps(spoil: bool) -> Callable[..., Steps]:
        def search(original: Heard, tools: AttackTools, rng: Rng) -> Steps:
            if spoil:
                effect = tools.component("fade_in")
                object.__setattr__(effect, "percent_per_s", 90.0)
                object.__setattr__(effect, "apply", other_sound)
            yield Recipe(Effect("fade_in"))

        return search

    assert judged(steps(spoil=True)) == judged(steps(spoil=False))


def test_writing_into_the_noise_bank_changes_no_effect() -> None:
    """Any sound of one's own, laid over the speech by an effect that people were asked about."""
    own = torch.sin(torch.arange(16_000) * 0.3)

    def steps(spoil: bool) -> Callable[..., Steps]:
        def search(original: Heard, tools: AttackTools, rng: Rng) -> Steps:
            for clip in tools.noises.clips if spoil else ():
                clip.waveform.copy_(own)
            for key in range(3):
                yield Recipe(Effect("real_noise:category=natural,epsilon=0.5", key))

        return search

    heard: list[list[torch.Tensor]] = []
    for spoil in (True, False):
        run = AttackRun(Cheat(steps(spoil)), "cheat", sample_tools(3), 0, SPEECH)
        found: list[torch.Tensor] = []
        Referee(ContraryVictim(), TASK, CPU, 1).run(
            run, SPEECH[:4], keep=lambda candidate, row, found=found: found.append(candidate.rendered.waveform)
        )
        heard.append(found)
    assert heard[0]
    assert all(torch.equal(one, other) for one, other in zip(*heard, strict=True))


def test_an_effect_spoils_no_other_one_s_sounds() -> None:
    bank = sample_noises()
    first, second = LentNoises.guarding(bank), LentNoises.guarding(bank)
    for clip in first.clips:
        clip.waveform.zero_()
    first.by_category.clear()
    assert all(torch.equal(one.waveform, was.waveform) for one, was in zip(second.clips, bank.clips, strict=True))
    assert second.by_category.keys() == bank.by_category.keys()
    assert {type(replace(one, label="x").waveform) for one in first.clips} == {torch.Tensor}


@pytest.mark.parametrize(
    ("gives", "found"),
    [
        (lambda original: replace(original, perturbation=Perturbation("mine", 5)), "category=5"),  # type: ignore[arg-type]
        (lambda original: replace(original, perturbation=Perturbation("mine", "x", "\ud800")), "source="),
        (lambda original: replace(original, transcript=7), "transcript=7"),
        (lambda original: replace(original, words=("hate",)), "other words"),
        (lambda original: "speech", "a str"),
    ],
)
def test_what_could_not_be_written_down_of_an_effect_is_named(gives: Callable[[Heard], Any], found: str) -> None:
    with pytest.raises(ComponentError, match=rf"effect 'mine': found .*{found}"):
        with_effect("mine", lambda original, tools, rng: gives(original))


def test_an_effect_that_says_other_words_is_no_change_of_sound() -> None:
    def said_otherwise(original: Heard, tools: EffectTools, rng: Rng) -> Heard:
        return replace(original, words=tuple(replace(word, text="hate") for word in original.words or ()))

    rows = with_effect("mine", said_otherwise)
    assert {(row.snr_db, row.imperceptible, row.additive) for row in rows} == {(None, False, False)}


def later(word: Word) -> Word:
    return replace(word, start_s=word.start_s + 9, end_s=word.end_s + 9)


def respelt(word: Word) -> Word:
    return replace(word, phones=(Phone("X", word.start_s, word.end_s),))


@pytest.mark.parametrize("change", [later, respelt])
def test_times_and_sounds_beside_speech_that_is_left_as_it_is_are_no_change_of_it(
    change: Callable[[Word], Word],
) -> None:
    """Who goes by them would be fooled by a sound that nobody hears, at an infinite SNR."""
    rows = with_effect("mine", lambda original, *_: replace(original, words=tuple(map(change, original.words or ()))))
    assert {(row.snr_db, row.imperceptible, row.additive) for row in rows} == {(None, False, False)}


def leaving(error: BaseException) -> Callable[..., Generator[Any, Any, None]]:
    def steps(original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        yield Recipe(Effect("fade_in"))
        raise error

    return steps


@pytest.mark.parametrize("error", [SystemExit(0), GeneratorExit(), BaseException("gone"), StopIteration()])
def test_an_attack_that_leaves_as_a_script_does_is_named(error: BaseException) -> None:
    with pytest.raises(ComponentError, match=r"attack 'cheat' on utterance 'attacked"):
        judged(leaving(error))


def test_who_interrupts_is_not_the_attack() -> None:
    with pytest.raises(KeyboardInterrupt):
        judged(leaving(KeyboardInterrupt()))


@dataclass(frozen=True)
class Early:
    """Not a generator's function: it runs when it is called."""

    gives: Any = None

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Any:
        if self.gives is None:
            raise ValueError("at once")
        return self.gives


@pytest.mark.parametrize("gives", [None, 5, "", [Recipe(Effect("fade_in"))]])
def test_a_search_that_is_no_generator_is_named(gives: Any) -> None:
    run = AttackRun(Early(gives), "early", sample_tools(3), 0, SPEECH)
    with pytest.raises(ComponentError, match=r"attack 'early' on utterance 'attacked"):
        Referee(ContraryVictim(), TASK, CPU).run(run, SPEECH)


def test_an_original_that_is_no_tensor_any_more_was_changed() -> None:
    def steps(original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        object.__setattr__(original, "waveform", None)
        yield Recipe(Effect("fade_in"))

    with pytest.raises(ComponentError, match="changed in place"):
        judged(steps)
