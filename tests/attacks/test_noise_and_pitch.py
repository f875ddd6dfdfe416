"""P3's white noise and semitone, P4's mix-up."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from attacks.mixup import Mixup
from attacks.pitch_semitone import PitchSemitone
from attacks.white_noise import WhiteNoise
from bench import SAMPLE_RATE, Heard, NoiseClip, SpeechEffect, UsageError, keyed
from bench.audio.signal import snr_db
from bench.testing import applied, sample_effect_tools

TOOLS = sample_effect_tools()
SPEECH = Heard(torch.from_numpy(keyed("speech").normal(0, 0.05, 40_000)).float(), "a")


def made(effect: SpeechEffect, original: Heard = SPEECH, *key: object) -> Heard:
    return applied(effect, original, TOOLS, keyed(0, *key))[0]


def test_white_noise_has_its_deviation_whatever_the_speech() -> None:
    added = made(WhiteNoise()).waveform - SPEECH.waveform
    assert float(added.std()) == pytest.approx(0.1, rel=0.02)
    assert abs(float(added.mean())) < 0.002
    assert not torch.equal(added, made(WhiteNoise(), SPEECH, "other key").waveform - SPEECH.waveform)


@settings(deadline=None, max_examples=30)
@given(semitones=st.floats(0.5, 6), frequency=st.floats(200, 1500), key=st.integers(0, 9))
def test_the_pitch_moves_by_its_semitones(semitones: float, frequency: float, key: int) -> None:
    tone = torch.sin(2 * torch.pi * frequency * torch.arange(2 * SAMPLE_RATE) / SAMPLE_RATE) * 0.5
    shifted = made(PitchSemitone(semitones), Heard(tone, "a"), key)
    told = float(shifted.perturbation.source.split()[0]) if shifted.perturbation else 0.0
    middle = shifted.waveform[4000:28_000] * torch.hann_window(24_000)
    heard = int(torch.fft.rfft(middle, n=1 << 18).abs().argmax()) * SAMPLE_RATE / (1 << 18)
    assert abs(told) == pytest.approx(semitones, rel=1e-4)
    assert heard == pytest.approx(frequency * 2 ** (told / 12), rel=0.005)


@pytest.mark.parametrize("samples", [SAMPLE_RATE, 700])
def test_librosa_shifts_as_far_and_keeps_the_length(samples: int) -> None:
    tone = Heard(torch.sin(torch.arange(samples) * (2 * torch.pi * 440 / SAMPLE_RATE)) * 0.5, "a")
    shifted = made(PitchSemitone(2, "librosa"), tone)
    assert shifted.waveform.shape == tone.waveform.shape
    assert not torch.equal(shifted.waveform, made(PitchSemitone(2), tone).waveform)
    told = float(shifted.perturbation.source.split()[0]) if shifted.perturbation else 0.0
    if samples == SAMPLE_RATE:
        heard = int(torch.fft.rfft(shifted.waveform, n=1 << 16).abs().argmax()) * SAMPLE_RATE / (1 << 16)
        assert heard == pytest.approx(440 * 2 ** (told / 12), rel=0.005)


def test_up_or_down_is_drawn() -> None:
    told = [made(PitchSemitone(), SPEECH, key).perturbation for key in range(40)]
    signs = [done.source for done in told if done]
    assert set(signs) == {"+1 semitones", "-1 semitones"}
    assert 10 <= signs.count("+1 semitones") <= 30


@pytest.mark.parametrize("level_db", [15.0, 20.0, 40.0])
def test_mixup_gives_every_second_its_snr(level_db: float) -> None:
    noisy = made(Mixup(level_db, normalise=False)).waveform
    blocks = zip(SPEECH.waveform.split(SAMPLE_RATE), noisy.split(SAMPLE_RATE), strict=True)
    measured = [float(snr_db(clean, block)) for clean, block in blocks]
    assert len(measured) == 3
    assert measured == pytest.approx([level_db] * 3, abs=0.01)


def test_mixup_brings_every_second_to_full_scale() -> None:
    noisy = made(Mixup()).waveform
    assert [float(block.abs().max()) for block in noisy.split(SAMPLE_RATE)] == pytest.approx([1.0] * 3)
    apart = made(Mixup(normalise=False)).waveform
    ratio = [noisy_block / block for noisy_block, block in zip(noisy.split(16_000), apart.split(16_000), strict=True)]
    assert all(float(gain.std() / gain.mean()) < 1e-4 for gain in ratio), "one gain a block"


def test_a_silent_second_stays_silent() -> None:
    sound = torch.cat([SPEECH.waveform[:16_000], torch.zeros(16_000), SPEECH.waveform[:5000]])
    noisy = made(Mixup(), Heard(sound, "a")).waveform
    assert not noisy[16_000:32_000].any()
    assert noisy[:16_000].any()


def test_mixup_draws_from_its_category_or_from_all() -> None:
    fixed = {done.category for key in range(20) if (done := made(Mixup(category="human"), SPEECH, key).perturbation)}
    drawn = {done.category for key in range(99) if (done := made(Mixup(), SPEECH, key).perturbation)}
    assert fixed == {"human"}
    assert drawn == set(TOOLS.noises.categories)


def test_mixup_takes_no_room_response_for_a_noise() -> None:
    clips = (*TOOLS.noises.clips, NoiseClip("hall", "rir", torch.ones(100), "hall"))
    tools = replace(TOOLS, noises=replace(TOOLS.noises, clips=clips))
    said = [Mixup().apply(SPEECH, tools, keyed(key)) for key in range(99)]
    drawn = {one.perturbation.category for one in said if one and one.perturbation}
    assert drawn == set(TOOLS.noises.categories)


def test_a_category_that_the_bank_lacks_is_named() -> None:
    with pytest.raises(UsageError, match="no category 'classroom'"):
        made(Mixup(category="classroom"))
