"""A surrogate: trained once for all searches, fooled before the victim is asked, at the SNR that counts."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from attacks.surrogate import SurrogateTransfer
from bench import Answer, Heard, KnownSpeech, Samples, UsageError, keyed
from bench.contracts.granting import granted_to
from bench.perturbations import surrogates
from bench.perturbations.surrogates import Ascent, Schooling, known_or_trained, trained
from bench.testing import TASK, sample_tools, sample_utterances

BRIEF = "surrogate:epochs=1,steps=1,models=1,channels=2"
BRIEFLY = SurrogateTransfer(epochs=1, steps=2, models=1, channels=4)
SPEECH = sample_utterances(1, each=1)
TRAINING = tuple(KnownSpeech(Heard.of(one), TASK.label_of(one) or "") for one in sample_utterances(2, each=2, key="t"))
TOOLS = replace(sample_tools(), training=TRAINING)
NOISES = [clip.waveform for clip in TOOLS.noises.clips[:4]]


def test_it_learns_and_what_is_found_lowers_what_it_says() -> None:
    state = torch.get_rng_state()
    surrogate = trained(Schooling(1, 16, 35, 0), TRAINING, NOISES)
    assert torch.equal(torch.get_rng_state(), state)
    assert surrogate is not None
    said = [surrogate.classes[int(surrogate.log_probs(one.waveform[None]).argmax())] for one in SPEECH]
    assert sum(label == TASK.label_of(one) for label, one in zip(said, SPEECH, strict=True)) >= 3
    speech = SPEECH[1].waveform
    norm = float(speech.norm()) / 10 ** (10.1 / 20)
    clean = surrogate.log_probs(speech[None])[0]
    for momentum in (0.0, 1.0):
        away = Ascent(5, momentum).change(surrogate, speech, norm, keyed(1), int(clean.argmax()))
        hiss = (
            speech
            + torch.from_numpy(keyed(2).standard_normal(len(speech), dtype="float32")) * norm / len(speech) ** 0.5
        )
        own = int(clean.argmax())
        assert surrogate.log_probs(away[None])[0, own] < surrogate.log_probs(hiss[None])[0, own] - 0.1
        assert float((away - speech).norm()) == pytest.approx(norm, rel=0.01)
    target = int(clean.argmin())
    towards = Ascent(5, 1.0).change(surrogate, speech, norm, keyed(1), target, towards=True, far=True)
    assert surrogate.log_probs(towards[None])[0, target] > clean[target]


def test_it_is_trained_once_for_all_searches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surrogates, "_LAST", [])
    made = []

    def once(seed: int, speech: tuple[KnownSpeech, ...]) -> None:
        known_or_trained(speech, Schooling(1, 4, 1, seed), lambda: made.append(seed))  # type: ignore[func-returns-value]

    for seed in (0, 0, 1, 0):
        once(seed, TRAINING)
    assert made == [0, 1]
    once(0, TRAINING[:-1])
    assert made == [0, 1, 0]


def test_what_it_asks_counts_and_changes_from_query_to_query() -> None:
    steps = BRIEFLY.search(Heard.of(SPEECH[1]), TOOLS, keyed(1))
    asked = [next(steps), *(steps.send(Answer(fooled=False, counts=True)) for _ in range(2))]
    sounds = [part.waveform for recipe in asked for part in recipe.parts if isinstance(part, Samples)]
    speech = SPEECH[1].waveform.double()
    for sound in sounds:
        assert 10 < float(10 * (speech.square().sum() / (sound - speech).square().sum()).log10()) < 10.5
    assert len({tuple(sound.tolist()) for sound in sounds}) == 3
    with pytest.raises(StopIteration):
        steps.send(Answer(fooled=True, counts=True))


def test_it_asks_nothing_where_it_can_train_nothing() -> None:
    assert granted_to(BRIEFLY).knows == ("training",)
    heard = Heard.of(SPEECH[0])
    assert list(BRIEFLY.search(heard, replace(TOOLS, training=()), keyed(1))) == []
    assert list(BRIEFLY.search(Heard(torch.zeros(8000)), TOOLS, keyed(1))) == []


@pytest.mark.parametrize(("name", "value"), [("method", "cw"), ("steps", 0), ("above_db", 0), ("seed", -1)])
def test_a_wrong_parameter_is_named(name: str, value: object) -> None:
    with pytest.raises(UsageError, match=f"attack 'surrogate', parameter '{name}'"):
        SurrogateTransfer(**{name: value})  # type: ignore[arg-type]
