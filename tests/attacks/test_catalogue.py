"""What every effect of P1's catalogue promises alike: the contract, keyed randomness, and where it does not apply."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from attacks.boundary import Boundary
from attacks.cry import Cry
from attacks.drop_letters import DropLetters
from attacks.drop_words import DropWords
from attacks.environmental import Environmental
from attacks.fade_in import FadeIn
from attacks.fade_out import FadeOut
from attacks.filler import Filler
from attacks.laugh import Laugh
from attacks.pitch import Pitch
from attacks.reverb import Reverb
from attacks.speed_segment import SpeedSegment
from attacks.speed_utterance import SpeedUtterance
from bench import Answer, Heard, SpeechEffect, keyed
from bench.contracts.perception import p1
from bench.perturbations.rendering import Renderer
from bench.testing import applied, check_attack, sample_effect_tools, sample_tools, sample_utterances

TOOLS = sample_effect_tools()
EFFECTS: dict[str, Any] = {
    "cry": Cry(),
    "drop_letters": DropLetters(),
    "drop_words": DropWords(),
    "noise": Environmental(),
    "fade_in": FadeIn(),
    "fade_out": FadeOut(),
    "filler": Filler("long"),
    "laugh": Laugh(),
    "pitch": Pitch(),
    "reverb": Reverb(),
    "speed_segment": SpeedSegment(),
    "speed_utterance": SpeedUtterance(),
}
EACH = pytest.mark.parametrize(("name", "effect"), list(EFFECTS.items()), ids=list(EFFECTS))
SILENT_BUT = {
    "no sound": torch.empty(0),
    "one sample": torch.full((1,), 0.5),
    "shorter than a window": torch.full((399,), 0.5),
    "silence": torch.zeros(16_000),
    "next to silence": torch.full((16_000,), 1e-8),
}


def made(effect: Any, original: Heard, key: object = 0) -> list[Heard]:
    """What comes of an effect, or of all that a search tries which never succeeds."""
    if isinstance(effect, SpeechEffect):
        return applied(effect, original, TOOLS, keyed(key))
    tools, tried = sample_tools(), []
    rendering = Renderer(tools.noises, tools.component).of(original)
    steps, answer = effect.search(original, tools, keyed(key)), None
    for _ in range(tools.max_queries):
        try:
            found = rendering.rendered(steps.send(answer))
        except StopIteration:
            break
        applies = found is not None and bool(found.gain)
        tried += [replace(found.heard, perturbation=found.done)] if found and applies else []
        answer = Answer(fooled=False, applied=applies)
    return tried


def test_the_catalogue_is_p1s() -> None:
    study = p1()
    assert set(EFFECTS) == set(study.perceptible) | {spec.partition(":")[0] for spec in study.imperceptible}


def test_a_long_filler_conforms() -> None:
    check_attack(EFFECTS["filler"], budgets=(1, 5))


@EACH
def test_it_asks_once_under_the_name_of_the_study(name: str, effect: Any) -> None:
    (candidate,) = made(effect, Heard.of(sample_utterances(1, each=1)[0]))
    assert candidate.perturbation is not None
    assert candidate.perturbation.name == name
    assert candidate.perturbation.source
    assert p1().covers(candidate.perturbation.name)


@pytest.mark.parametrize("waveform", list(SILENT_BUT.values()), ids=list(SILENT_BUT))
@pytest.mark.parametrize("effect", [*EFFECTS.values(), Boundary()], ids=[*EFFECTS, "boundary"])
def test_it_does_not_apply_where_there_is_nothing_to_hear(effect: Any, waveform: torch.Tensor) -> None:
    original = replace(Heard.of(sample_utterances(1, each=1)[0]), waveform=waveform)
    assert not made(effect, original)


def test_the_informed_boundary_attack_does_not_probe_silence() -> None:
    silent = replace(Heard.of(sample_utterances(1, each=1)[0]), waveform=torch.zeros(16_000))
    assert Boundary().probe(silent, "natural/whole", sample_tools(), keyed(0)) is None


@EACH
@settings(max_examples=12, deadline=None)
@given(which=st.integers(0, 7), key=st.integers(), level=st.floats(1e-3, 1))
def test_the_same_key_gives_the_same_bytes_and_the_original_stays(
    name: str, effect: Any, which: int, key: int, level: float
) -> None:
    said = Heard.of(sample_utterances(1, key="attacked")[which])
    original = replace(said, waveform=said.waveform * level)
    before = original.waveform.clone()
    state = torch.random.get_rng_state()
    first, again = (made(effect, original, key) for _ in range(2))
    assert [one.waveform.numpy().tobytes() for one in first] == [one.waveform.numpy().tobytes() for one in again]
    assert [one.perturbation for one in first] == [one.perturbation for one in again]
    assert torch.equal(original.waveform, before)
    assert torch.equal(torch.random.get_rng_state(), state)
    for one in first:
        assert one.waveform.isfinite().all()
        assert one.waveform.dtype == torch.float32
        assert not torch.equal(one.waveform, before)
        for word in one.words or ():
            assert 0 <= word.start_s <= word.end_s <= one.duration_s + 1e-6


@EACH
def test_it_applies_to_the_softest_and_shortest_speech(name: str, effect: Any) -> None:
    said = Heard.of(sample_utterances(1, each=1)[0])
    assert len(made(effect, replace(said, waveform=said.waveform * 1e-3))) == 1
    short = replace(said, waveform=said.waveform[:480], words=None)
    for one in made(effect, short):
        assert one.waveform.isfinite().all()
