"""Attacks that cheat: each is refused, contained, or stands in the record for what it is.

What got something for nothing once, and more of its kind.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, ClassVar

import pytest
import torch

from bench import (
    Answer,
    AttackTools,
    ComponentError,
    Effect,
    EffectTools,
    Heard,
    Overlay,
    Perturbation,
    Recipe,
    Rng,
    Samples,
    Utterance,
    Victim,
    Words,
)
from bench.audio.signal import mix
from bench.core.noises import NoiseSet
from bench.referee.referee import Referee
from bench.referee.search import AttackRun
from bench.scoring.rows import Row
from bench.testing import CPU, TASK, ContraryVictim, check_attack, sample_tools, sample_utterances

SPEECH = sample_utterances(2, each=2, key="attacked")
Steps = Generator[Any, Answer, None]


@dataclass(frozen=True)
class Cheat:
    """A search made of a plain generator function."""

    steps: Callable[[Heard, AttackTools, Rng], Steps]

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        yield from self.steps(original, tools, rng)


def judged(steps: Callable[..., Steps], k: int = 5) -> list[Row]:
    """The queries that are written down, successes looked at."""
    run = AttackRun(Cheat(steps), "cheat", sample_tools(k), 0, SPEECH)
    rows = Referee(ContraryVictim(), TASK, CPU, examines=True).run(run, SPEECH)
    return [row for row in rows if row.query]


def asking(*recipes: Recipe) -> Callable[..., Steps]:
    """A search that asks for these, one after the other."""

    def steps(original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        for recipe in recipes:  # noqa: UP028 - a tuple cannot be sent answers
            yield recipe

    return steps


def loud(samples: torch.Tensor, seed: int = 0) -> torch.Tensor:
    noise = torch.randn(len(samples), generator=torch.Generator().manual_seed(seed))
    return mix(samples, noise, -20.0)


def test_one_sample_more_under_a_studied_name() -> None:
    def steps(original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        for seed in range(5):
            longer = torch.cat([loud(original.waveform, seed), torch.zeros(1)])
            yield replace(original, waveform=longer, perturbation=Perturbation("fade_in", "signal", "2%/s"))

    rows = judged(steps)
    assert any(row.label_after != row.label_before for row in rows)
    assert {(row.accepted, row.imperceptible, row.additive) for row in rows} == {(False, False, False)}
    assert {row.perturbation for row in rows} == {"samples"}


def test_another_voice_under_a_studied_name() -> None:
    def steps(original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        for other in tools.speech:
            if len(other.waveform) != len(original.waveform):
                yield replace(original, waveform=other.waveform, perturbation=Perturbation("noise", "natural", "rain"))

    rows = judged(steps)
    assert any(row.label_after != row.label_before for row in rows)
    assert not any(row.accepted or row.imperceptible for row in rows)


def test_another_speaker_s_name_changes_nothing() -> None:
    def steps(original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        for other in tools.speech:
            answer = yield replace(original, speaker=other.speaker)
            assert answer.fooled is False

    rows = judged(steps)
    assert {row.speaker for row in rows} == {said.speaker for said in SPEECH}
    assert not any(row.accepted for row in rows)


def reached(thing: object, depth: int = 6) -> Iterator[object]:
    """All that can be had from an object by attributes and items, but for what is private."""
    yield thing
    if depth and not isinstance(thing, torch.Tensor | str | int | float | bytes | type(None)):
        inner: list[object] = []
        if is_dataclass(thing):
            inner = [vars(thing)[field.name] for field in fields(thing) if field.name in vars(thing)]
        elif isinstance(thing, tuple | list):
            inner = list(thing)
        elif isinstance(thing, dict):
            inner = [*thing, *thing.values()]
        for one in inner:
            yield from reached(one, depth - 1)


def test_neither_victim_nor_labels_nor_ids_are_within_reach() -> None:
    seen: list[object] = []

    def steps(original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        seen.extend([*reached(original), *reached(tools), *reached(list(tools.speech))])
        yield Recipe(Overlay("natural-1", 12.0))

    judged(steps)
    assert len(seen) > 100
    assert not [thing for thing in seen if isinstance(thing, Victim | Utterance)]
    names = {said.id for said in SPEECH} | {said.speaker for said in SPEECH} | set(TASK.classes)
    assert not names & {thing for thing in seen if isinstance(thing, str)}


@pytest.mark.parametrize("through", ["original", "speech", "both"])
def test_writing_over_the_original_moves_nothing(through: str) -> None:
    """The loud candidate, written over whatever the attack can reach of its original, is as loud as before."""
    before = [said.waveform.clone() for said in SPEECH]
    found: list[Answer] = []

    def steps(original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        bad = loud(original.waveform).clamp(-1, 1)
        for other in tools.speech if through != "original" else ():
            if torch.equal(other.waveform, original.waveform):
                other.waveform.copy_(bad)
        if through != "speech":
            original.waveform.copy_(bad)
        found.append((yield Recipe(Samples(bad))))

    if through == "speech":
        assert not any(row.accepted for row in judged(steps))
    else:
        with pytest.raises(ComponentError, match="changed in place"):
            judged(steps)
    assert all(answer.snr_db is not None and answer.snr_db < -5 and not answer.counts for answer in found)
    assert all(torch.equal(said.waveform, was) for said, was in zip(SPEECH, before, strict=True))


def test_writing_into_the_noise_bank_changes_no_recipe() -> None:
    """Another sound under the name of one of the bank would be an imperceptible success."""

    def steps(spoil: bool) -> Callable[..., Steps]:
        def search(original: Heard, tools: AttackTools, rng: Rng) -> Steps:
            if spoil:
                for clip in tools.noises.clips:
                    clip.waveform.uniform_(-1, 1, generator=torch.Generator().manual_seed(1))
            for level in (3.0, 10.5):
                yield Recipe(Overlay("natural-1", level))

        return search

    assert judged(steps(spoil=True)) == judged(steps(spoil=False))


def test_a_burst_is_additive_and_the_record_says_how_loud_it_is() -> None:
    def steps(original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        burst = torch.zeros_like(original.waveform)
        burst[200:680] = torch.randn(480, generator=torch.Generator().manual_seed(0))
        yield Recipe(Samples(mix(original.waveform, burst, 10.1)))

    won = [row for row in judged(steps) if row.accepted]
    assert won
    for row in won:
        assert (row.imperceptible, row.additive) == (False, True)
        assert row.burst_snr_db is not None
        assert row.snr_db is not None
        assert row.burst_snr_db < row.snr_db


SEEN: list[str] = []


@dataclass(frozen=True)
class Remembering:
    """Keeps in a global of its module what was tried on others, and goes on from there."""

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        clips = tools.noises.of("natural") + tools.noises.of("human")
        for _ in clips:
            clip = clips[len(SEEN) % len(clips)]
            if not (yield Recipe(Overlay(clip, 10.5))):
                SEEN.append(clip.id)


def test_knowledge_kept_between_searches_is_found() -> None:
    with pytest.raises(AssertionError, match="depend on what else is attacked"):
        check_attack(Remembering())


class Liar(torch.Tensor):
    """A tensor whose difference to anything is nothing."""

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in (torch.Tensor.sub, torch.Tensor.__sub__, torch.sub):
            return torch.zeros(1)
        return super().__torch_function__(func, types, args, kwargs or {})


@pytest.mark.parametrize("dressed", ["utterance", "samples"])
def test_a_tensor_that_lies_is_refused(dressed: str) -> None:
    def steps(original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        bad = loud(original.waveform).as_subclass(Liar)
        yield Recipe(Samples(bad)) if dressed == "samples" else replace(original, waveform=bad)

    with pytest.raises(ComponentError, match="a waveform that is a Liar"):
        judged(steps)


def test_a_part_that_lies_is_refused() -> None:
    class Louder(Overlay):
        @property
        def told(self) -> float:
            return -20.0

    class Moody(Recipe):
        pass

    for recipe in (Recipe(Louder("natural-1", 12.0)), Moody(Louder("natural-1", 12.0))):
        with pytest.raises(ComponentError, match="a Louder"):
            judged(asking(recipe))


def test_a_recipe_changed_after_it_was_checked_is_checked_again() -> None:
    def steps(original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        overlay = Overlay("natural-1", 12.0)
        object.__setattr__(overlay, "snr_db", float("nan"))
        yield Recipe(overlay)

    with pytest.raises(ComponentError, match="snr_db"):
        judged(steps)


def test_a_recipe_changed_while_it_is_asked_about_stays_what_it_was() -> None:
    kept: list[Overlay] = []

    def steps(original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        overlay = Overlay("natural-1", 3.0)
        kept.append(overlay)
        answer = yield Recipe(overlay)
        object.__setattr__(overlay, "snr_db", 40.0)
        assert answer.snr_db == pytest.approx(3.0, abs=0.1)

    assert {row.recipe for row in judged(steps)} == {'[{"overlay":"natural-1","snr_db":3.0}]'}


def test_a_name_that_changes_when_it_is_read_is_one_name() -> None:
    class Name(str):
        __slots__ = ()

        def __str__(self) -> str:
            return "human-1"

    rows = judged(asking(Recipe(Overlay(Name("natural-1"), 12.0))))
    assert {(row.category, row.source) for row in rows} == {("natural", "natural-1")}


def test_a_waveform_laundered_through_a_filter_is_not_imperceptible() -> None:
    """An impulse through a free filter is any sound there is."""

    def steps(original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        taps = loud(original.waveform)[:1024].tolist()
        yield Recipe(Overlay("natural-1", 10.5, filter=taps))
        yield Recipe(Overlay("natural-1", 10.5, segment=(0, 1)))
        yield Recipe(Overlay("natural-1", 10.5), Overlay("natural-2", 40.0))

    assert {(row.imperceptible, row.additive) for row in judged(steps)} == {(False, True)}
    with pytest.raises(ComponentError, match="taps"):
        judged(asking(_long_filter()))


def _long_filter() -> Recipe:
    overlay = Overlay("natural-1", 10.5)
    object.__setattr__(overlay, "filter", (1.0,) * 2_000)
    return Recipe(overlay)


def test_a_studied_effect_at_another_strength_is_not_imperceptible() -> None:
    specs = ["fade_in:percent_per_s=100.0", "speed_segment:rate=4.0,share=1.0", "reverb:room=simulated,t60_s=10.0"]
    rows = judged(asking(*(Recipe(Effect(spec)) for spec in specs)))
    assert {row.imperceptible for row in rows} == {False}


@dataclass(frozen=True)
class BorrowedName:
    """An effect that puts another sound in the speech's place, and says that it faded it in."""

    traits: ClassVar[Any] = None

    def apply(self, original: Heard, tools: EffectTools, rng: Rng) -> Heard | None:
        original.waveform.zero_()
        for clip in tools.noises.clips:
            clip.waveform.zero_()
        return replace(original, waveform=torch.rand(700), perturbation=Perturbation("fade_in", "signal", "2%/s"))


def test_an_effect_under_another_one_s_name() -> None:
    tools = sample_tools(3)
    own = replace(tools, component=lambda spec: BorrowedName())
    rows = Referee(ContraryVictim(), TASK, CPU).run(AttackRun(BorrowedName(), "mine", own, 0, SPEECH), SPEECH)
    asked = [row for row in rows if row.query]
    assert any(row.label_after != row.label_before for row in asked)
    assert {(row.perturbation, row.accepted, row.imperceptible) for row in asked} == {("mine", False, False)}
    assert all(float(said.waveform.abs().max()) > 0 for said in SPEECH)


def test_many_effects_on_top_of_each_other_have_an_end() -> None:
    with pytest.raises(ComponentError, match=r"speed_utterance.* s of "):
        judged(asking(Recipe(*[Effect("speed_utterance:rate=0.25")] * 64)))


def test_nan_in_samples_of_another_length_is_named() -> None:
    with pytest.raises(ComponentError, match="NaN"):
        judged(asking(Recipe(Samples(torch.full((99,), float("nan"))))))


def test_words_under_an_unchanged_sound_are_no_imperceptible_success() -> None:
    rows = judged(asking(Recipe(Words(((0, 1, "hate"),)))))
    assert {(row.snr_db, row.imperceptible, row.additive) for row in rows} == {(None, False, False)}


def test_a_bank_of_the_attacker_s_own_is_not_the_referee_s() -> None:
    """Replacing the tools' bank is of no use: the referee made its copy before."""

    def steps(original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        object.__setattr__(tools, "noises", NoiseSet("mine", (), "mine"))
        yield Recipe(Overlay("natural-1", 10.5))

    assert all(row.source == "natural-1" for row in judged(steps))
