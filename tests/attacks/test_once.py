"""What every effect promises, whatever it does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from attacks.amr import Amr
from attacks.clipping import Clipping
from attacks.dc_offset import DcOffset
from attacks.dither import Dither
from attacks.equaliser import Equaliser
from attacks.gain import Gain
from attacks.low_pass import LowPass
from attacks.mask_adjectives import MaskAdjectives
from attacks.mask_nouns import MaskNouns
from attacks.mixup import Mixup
from attacks.mp3 import Mp3
from attacks.mu_law import MuLaw
from attacks.no_audio import NoAudio
from attacks.no_text import NoText
from attacks.opus import Opus
from attacks.packet_loss import PacketLoss
from attacks.pitch_semitone import PitchSemitone
from attacks.spectral_threshold import SpectralThreshold
from attacks.telephone import Telephone
from attacks.white_noise import WhiteNoise
from bench import Heard, NoiseClip, NoiseSet, SpeechEffect, UsageError, Word, keyed
from bench.contracts.perception import p1
from bench.contracts.registry import Registry
from bench.core.specs import spec_of
from bench.testing import applied, check_attack, sample_effect_tools, sample_utterances

LOSSY = [
    Clipping(),
    DcOffset(-0.2),
    Dither(),
    Equaliser(),
    Gain(),
    LowPass(),
    Mixup(),
    Mixup(snr_db=40, normalise=False),
    Mp3(),
    MuLaw(),
    MuLaw(rate_hz=16000),
    Opus(),
    PacketLoss(),
    PacketLoss(30, burst_packets=3, concealment="repeat"),
    PitchSemitone(),
    SpectralThreshold(),
    SpectralThreshold(0),
    Telephone(),
    WhiteNoise(),
    *([Amr(), Amr(12.2)] if find_spec("av") else []),
]
"""All that change the sound and keep its length."""
OTHERS = [MaskAdjectives(), MaskAdjectives(control=True), MaskNouns(), MaskNouns(control=True), NoText(), NoAudio()]
TOOLS = sample_effect_tools()


def named(effect: SpeechEffect) -> str:
    return str(effect)


def asked(effect: SpeechEffect, original: Heard, *key: object) -> list[Heard]:
    return applied(effect, original, TOOLS, keyed(0, *key))


def sounds() -> Iterator[torch.Tensor]:
    """Awkward ones: a few samples, silence, a peak alone, full scale, silence that ends in speech."""
    for samples in (1, 2, 7, 401, 16_001):
        drawn = torch.from_numpy(keyed("sound", samples).uniform(-1, 1, samples)).float()
        yield from (drawn, drawn * 1e-4, torch.zeros(samples), torch.ones(samples), drawn.sign())
        yield torch.cat([drawn[:1], torch.zeros(samples)])
        yield torch.cat([torch.zeros(20_000), drawn])


SOUNDS = list(sounds())


@pytest.mark.parametrize("effect", LOSSY, ids=named)
@settings(deadline=None, max_examples=25)
@given(sound=st.sampled_from(SOUNDS), key=st.integers(0, 99))
def test_a_sound_comes_out_changed_or_not_at_all(effect: SpeechEffect, sound: torch.Tensor, key: int) -> None:
    original = Heard(sound.clone(), "a", transcript="hello")
    candidates = asked(effect, original, key)
    assert torch.equal(original.waveform, sound)
    assert len(candidates) <= 1
    for candidate in candidates:
        waveform = candidate.waveform
        assert waveform.dtype == torch.float32
        assert waveform.shape == sound.shape
        assert waveform.isfinite().all()
        assert float(waveform.abs().max()) <= 1
        assert not torch.equal(waveform, sound)
        assert candidate.transcript == original.transcript
        again = asked(effect, original, key)[0]
        assert waveform.numpy().tobytes() == again.waveform.numpy().tobytes()
        assert candidate.perturbation == again.perturbation


def test_no_effect_writes_into_what_it_is_given() -> None:
    """Not into the speech, the bank's sounds or what else is said; and what comes of it shares no sound's memory."""
    said, other = (Heard.of(one, "a") for one in sample_utterances(1, each=2)[:2])
    filled = replace(other, words=(Word("um", 0.05, 0.25),))
    room = NoiseClip("room", "rir", torch.from_numpy(keyed("room").normal(0, 0.1, 4_000)).float(), "hall")
    tools = replace(TOOLS, noises=NoiseSet("some", (*TOOLS.noises.clips, room), "some"), others=(filled,))
    given = [said.waveform, filled.waveform, *(clip.waveform for clip in tools.noises.clips)]
    before = [waveform.clone() for waveform in given]
    registered = Registry.discover()
    names = [name for name in registered.names("attacks") if name != "amr" or find_spec("av")]
    classes = [registered.entry("attacks", name).load() for name in names]
    effects = [kind() for kind in classes if issubclass(kind, SpeechEffect)]
    assert len(effects) == 32 + bool(find_spec("av"))
    for effect in effects:
        for candidate in applied(effect, said, tools, keyed(0)):
            if candidate.waveform is not said.waveform:
                candidate.waveform.zero_()
    assert all(torch.equal(now, then) for now, then in zip(given, before, strict=True))


@pytest.mark.parametrize("effect", LOSSY, ids=named)
def test_words_alone_are_left_out(effect: SpeechEffect) -> None:
    assert not asked(effect, Heard(torch.zeros(0), "a", transcript="no sound here"))


@pytest.mark.parametrize("effect", [one for one in (*LOSSY, *OTHERS) if one != type(one)()], ids=named)
def test_it_conforms_with_other_parameters_than_its_defaults(effect: SpeechEffect) -> None:
    check_attack(effect, budgets=(1, 5))


@pytest.mark.parametrize("effect", [*LOSSY, *OTHERS], ids=named)
def test_it_declares_what_it_did(effect: SpeechEffect) -> None:
    waveform = torch.from_numpy(keyed("speech").normal(0, 0.1, 48_000)).float()
    done = asked(effect, Heard(waveform, "a", transcript="An old dog."))[0].perturbation
    assert done is not None
    module = type(effect).__module__.removeprefix("attacks.")
    assert done.name == module
    text = module in ("mask_adjectives", "mask_nouns", "no_text")
    categories = TOOLS.noises.categories if module == "mixup" else ("text" if text else "signal",)
    assert done.category in categories
    assert not p1().is_imperceptible(done.name)
    assert not p1().is_imperceptible(spec_of(module, effect))


@pytest.mark.parametrize(
    ("component", "wrong"),
    [
        (Clipping, {"percent": 0.0}),
        (Clipping, {"percent": float("nan")}),
        (DcOffset, {"offset": 0.0}),
        (DcOffset, {"offset": 1.0}),
        (Dither, {"bits": 1}),
        (Dither, {"bits": 17}),
        (Gain, {"gain_db": 0.0}),
        (Gain, {"gain_db": float("inf")}),
        (LowPass, {"cutoff_hz": 8000.0}),
        (LowPass, {"order": 0}),
        (MaskAdjectives, {"tagger": "nltk"}),
        (MaskAdjectives, {"tagger": "spacy:"}),
        (MaskNouns, {"tagger": "spacy:no_such_pipeline"}),
        (Mixup, {"snr_db": 100.0}),
        (Mp3, {"kbps": 17}),
        (MuLaw, {"rate_hz": 11_025}),
        (NoAudio, {"length_s": 0.0}),
        (Opus, {"kbps": 5.0}),
        (PacketLoss, {"loss_percent": 0.0}),
        (PacketLoss, {"packet_ms": 0.0}),
        (PacketLoss, {"burst_packets": 0.5}),
        (PacketLoss, {"loss_percent": 80.0, "burst_packets": 2.0}),
        (PacketLoss, {"concealment": "noise"}),
        (PitchSemitone, {"semitones": 12.0}),
        (Telephone, {"low_hz": 10.0}),
        (Telephone, {"high_hz": 4001.0}),
        (Telephone, {"order": 0}),
        (WhiteNoise, {"std": -0.1}),
    ],
)
def test_parameters_out_of_range_are_named(component: type, wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=f"parameter '{list(wrong)[-1]}'"):
        component(**wrong)


def test_a_change_that_the_clipping_takes_back_is_none() -> None:
    square = Heard(torch.ones(100), "a")
    assert not asked(Gain(6.0), square)
    assert not asked(DcOffset(0.1), square)
    assert asked(Gain(6.0), replace(square, waveform=square.waveform / 2))
