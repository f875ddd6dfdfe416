"""The defence that remembers: what it takes for the same, what it forgets, and whom it does not refuse."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from bench import Batch, DataError, UsageError, Utterance, keyed
from bench.audio.signal import mix
from bench.defending.fingerprints import BITS, UNLIKE, distance, fingerprint, nearest
from bench.perturbations.noise_shapes import draws_for, shaped_noise
from bench.testing import ContraryVictim, check_defense, sample_context, sample_utterances
from defenses.stateful_detector import Remembering, StatefulDetector
from victims.bert_text import BertText
from victims.cnn_gru import CnnGru

BRIEF = "stateful_detector"
"""For the checks that all components pass."""
SAID = sample_utterances(2, 4, "test")


def victim(threshold: float = 0.1, **parameters: float) -> Remembering:
    return Remembering(StatefulDetector(**parameters), ContraryVictim(), threshold).enroll(SAID)  # type: ignore[arg-type]


def noisy(said: Utterance, snr_db: float, key: int = 0) -> Utterance:
    noise = torch.from_numpy(keyed("noise", key).standard_normal(len(said.waveform), dtype="float32"))
    return replace(said, waveform=mix(said.waveform, noise, snr_db))


def refusals(asked: Remembering, said: list[Utterance], session: str = "a") -> list[bool]:
    one_by_one = (Batch(Batch.of([one]).utterances, *_sound(one), (), (session,)) for one in said)
    return [bool(asked.answer_or_refuse(batch)[1]) for batch in one_by_one]


def _sound(said: Utterance) -> tuple[torch.Tensor, torch.Tensor]:
    batch = Batch.of([said])
    return batch.waveforms, batch.lengths


def test_it_conforms() -> None:
    check_defense(StatefulDetector(), CnnGru(channels=8, hidden=8, dense=8, max_epochs=1))


def test_what_is_asked_again_under_another_noise_is_refused_until_another_session() -> None:
    again = [noisy(SAID[0], 10.5, key) for key in range(3)]
    asked = victim()
    assert refusals(asked, again) == [False, True, True]
    assert refusals(asked, again[:1], "b") == [False]
    assert refusals(asked, again, "") == [False] * 3, "in no session nothing is remembered"
    assert refusals(victim(answered=2), again) == [False, False, True]


def test_who_asks_about_other_things_is_answered_and_a_closed_session_is_not() -> None:
    other = torch.from_numpy(keyed("other").standard_normal(24_000, dtype="float32")) * torch.linspace(0, 0.1, 24_000)
    stranger = replace(SAID[0], waveform=other)
    asked = [SAID[0], SAID[0], stranger]
    assert refusals(victim(), asked) == [False, True, False]
    assert refusals(victim(closes=True), asked) == [False, True, True]


def test_it_forgets_all_but_the_last_questions_and_knows_nothing_of_another_instance() -> None:
    other = replace(SAID[0], waveform=torch.from_numpy(keyed("x").standard_normal(24_000, dtype="float32")))
    short = victim(remembers=1)
    assert refusals(short, [SAID[0], other, SAID[0]]) == [False, False, False]
    assert refusals(short.enroll(SAID), [SAID[0]]) == [False]


@pytest.mark.parametrize("shape", ["white", "valleys", "envelope"])
def test_a_fingerprint_survives_noise_shift_and_more_sound(shape: str) -> None:
    speech = _syllables()
    draws = torch.from_numpy(keyed("draws").standard_normal(draws_for(len(speech)), dtype="float32"))
    own = fingerprint(speech)
    assert own.shape[1] * 8 == BITS
    loud = mix(speech, shaped_noise(speech, shape, 8000.0, draws), 10.1)  # type: ignore[arg-type]
    assert distance(fingerprint(loud), own) < 0.15
    assert distance(fingerprint(torch.cat([torch.zeros(777), speech, torch.zeros(5000)])), own) < 0.1
    assert distance(fingerprint(_syllables(1)), own) > 0.15
    assert nearest(own, []) == UNLIKE


def _syllables(key: int = 0) -> torch.Tensor:
    """Partials of a voice that comes and goes, in its own rhythm and formants."""
    rng = keyed("syllables", key)
    seconds = torch.arange(24_000) / 16_000
    sound = torch.zeros(24_000)
    for start in rng.uniform(0, 1.2, 5).tolist():
        window = torch.exp(-(((seconds - start - 0.1) / 0.08) ** 2))
        low, high = rng.uniform(300, 900), rng.uniform(1000, 3000)
        voice = sum(torch.sin(2 * torch.pi * hertz * seconds) for hertz in (150, low, high))
        sound = sound + window * voice
    return sound * 0.1


def test_the_threshold_lies_where_clean_speech_is_seldom_the_same(tmp_path: Path) -> None:
    speech = [replace(said, waveform=_syllables(place)) for place, said in enumerate(SAID)]
    fitted = StatefulDetector(false_matches=0).fit(_Given(), speech, [], sample_context())
    assert 0 < fitted.threshold <= 0.2
    asked = fitted.enroll(speech)
    own = [one for one in speech if one.speaker == speech[0].speaker]
    assert not any(refusals(asked, own)), "one who says each thing once is never refused"
    fitted.save(tmp_path)
    assert StatefulDetector().load(_Given(), tmp_path, sample_context()).threshold == fitted.threshold
    with pytest.raises(UsageError, match="all 32 utterances repeat another of their speaker"):
        StatefulDetector().fit(
            _Given(), [replace(one, waveform=speech[0].waveform) for one in speech], [], sample_context()
        )


def test_what_it_cannot_defend_or_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="stateful_detector': found a victim that perceives text alone"):
        StatefulDetector().fit(BertText(), SAID, SAID, sample_context())
    with pytest.raises(DataError, match="no usable weights"):
        StatefulDetector().load(_Given(), tmp_path, sample_context())
    for wrong in ({"answered": 0}, {"false_matches": 0.6}, {"remembers": 0}):
        with pytest.raises(UsageError, match=next(iter(wrong))):
            StatefulDetector(**wrong)


class _Given:
    """A recipe whose victim needs no training."""

    def fit(self, *_: object) -> ContraryVictim:
        return ContraryVictim()

    def load(self, *_: object) -> ContraryVictim:
        return ContraryVictim()
