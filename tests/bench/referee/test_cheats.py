"""Attacks that cheat: each is refused, contained, or stands in the record for what it is.

What got something for nothing once, and more of its kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

import pytest
import torch
from torch.overrides import TorchFunctionMode

from bench import (
    Answer,
    AttackTools,
    Batch,
    ComponentError,
    Effect,
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
from bench.testing import CPU, TASK, ContraryVictim, check_attack, sample_tools
from tests.bench.referee.cheating import SPEECH, Cheat, Steps, asking, judged, loud


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


@pytest.mark.parametrize(
    "asked",
    [Overlay("natural-1", 3.0), Overlay("natural-1", 10.5), Effect("real_noise:category=natural"), Effect("laugh", 3)],
    ids=str,
)
def test_writing_into_the_noise_bank_changes_no_recipe(asked: Overlay | Effect) -> None:
    """Another sound under the name of one of the bank would be an imperceptible success."""

    def steps(spoil: bool) -> Callable[..., Steps]:
        def search(original: Heard, tools: AttackTools, rng: Rng) -> Steps:
            if spoil:
                for clip in tools.noises.clips:
                    clip.waveform.uniform_(-1, 1, generator=torch.Generator().manual_seed(1))
            yield Recipe(asked)

        return search

    assert judged(steps(spoil=True)) == judged(steps(spoil=False))


def test_an_effect_that_was_built_for_an_attack_is_nobody_else_s() -> None:
    """Else it would be studied under its name, and be whatever the attack had made of it: for the next attack too."""

    def steps(spoil: bool) -> Callable[..., Steps]:
        def search(original: Heard, tools: AttackTools, rng: Rng) -> Steps:
            if spoil:
                changed = replace(original, waveform=torch.rand(700))
                object.__setattr__(tools.component("fade_in"), "apply", lambda *_: changed)
            yield Recipe(Effect("fade_in"))

        return search

    honest = judged(steps(spoil=False))
    assert honest
    assert judged(steps(spoil=True)) == judged(steps(spoil=False)) == honest


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


def test_words_under_an_unchanged_sound_are_no_imperceptible_success() -> None:
    rows = judged(asking(Recipe(Words(((0, 1, "hate"),)))))
    assert {(row.snr_db, row.imperceptible, row.additive) for row in rows} == {(None, False, False)}


def test_a_bank_of_the_attacker_s_own_is_not_the_referee_s() -> None:
    """Replacing the tools' bank is of no use: the referee made its copy before."""

    def steps(original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        object.__setattr__(tools, "noises", NoiseSet("mine", (), "mine"))
        yield Recipe(Overlay("natural-1", 10.5))

    assert all(row.source == "natural-1" for row in judged(steps))


class Softens(TorchFunctionMode):
    """Says of every difference that is written somewhere that it is small."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func.__name__ == "sub" and "out" in (kwargs or {}):
            return kwargs["out"].fill_(1e-4)
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("mode", [Softens, torch.enable_grad, lambda: torch.autocast("cpu", torch.bfloat16)])
def test_what_a_search_has_entered_does_not_stay_on_while_it_waits(mode: Callable[[], Any]) -> None:
    """What is louder than the speech was measured at 49 dB in it; others of a thread were asked in half precision."""

    def steps(original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        with mode():
            yield Recipe(Overlay("natural-1", -20.0))

    with pytest.raises(ComponentError, match=r"attack 'cheat' on utterance .*a mode of torch left on"):
        judged(steps)
    assert not torch.is_autocast_enabled("cpu")


class Entering(ContraryVictim):
    """Leaves on what makes every candidate too loud to count."""

    def log_probs(self, batch: Batch) -> torch.Tensor:
        Softens().__enter__()
        return super().log_probs(batch)


def test_nor_does_what_a_victim_has_entered() -> None:
    run = AttackRun(Cheat(asking(Recipe(Overlay("natural-1", 12.0)))), "cheat", sample_tools(1), 0, SPEECH)
    try:
        with pytest.raises(ComponentError, match="victim: found a mode of torch left on"):
            Referee(Entering(), TASK, CPU).run(run, SPEECH)
    finally:
        torch.overrides._pop_mode()
