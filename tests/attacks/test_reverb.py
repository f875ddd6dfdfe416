"""Reverb: a measured room where the bank has one, else a simulated one; length and level are kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from scipy.signal import fftconvolve

from attacks.reverb import Reverb
from bench import Heard, NoiseClip, NoiseSet, UsageError, keyed
from bench.audio.signal import snr_db
from bench.audio.signal.levels import rms
from bench.audio.signal.reverberation import polack
from bench.testing import applied, sample_effect_tools, sample_utterances

TOOLS = sample_effect_tools()
ORIGINAL = Heard.of(sample_utterances(1, each=1)[0])


def asked(effect: Reverb, *rooms: torch.Tensor, key: int = 0) -> list[Heard]:
    clips = tuple(NoiseClip(f"room-{n}", "rir", room, f"hall-{n}") for n, room in enumerate(rooms))
    tools = replace(TOOLS, noises=NoiseSet("some", (*TOOLS.noises.clips, *clips), "some"))
    return applied(effect, ORIGINAL, tools, keyed(key))


def test_a_measured_room_is_convolved_from_its_direct_sound_on() -> None:
    late = torch.cat([torch.zeros(50), 0.5 * polack(0.3, 3.0, keyed("room"))])
    (candidate,) = asked(Reverb(), late)
    expected = fftconvolve(ORIGINAL.waveform.double().numpy(), late[50:].double().numpy())[: len(ORIGINAL.waveform)]
    expected *= float(rms(ORIGINAL.waveform)) / np.sqrt(np.mean(expected**2))
    np.testing.assert_allclose(candidate.waveform.numpy(), expected, atol=1e-5)
    assert candidate.perturbation is not None
    assert (candidate.perturbation.name, candidate.perturbation.source) == ("reverb", "room-0")


@pytest.mark.parametrize("effect", [Reverb(), Reverb(room="simulated"), Reverb(t60_s=2.0, direct_db=-10.0)])
def test_length_and_level_are_kept(effect: Reverb) -> None:
    before = ORIGINAL.waveform.clone()
    (candidate,) = asked(effect)
    assert candidate.waveform.shape == before.shape
    assert float(rms(candidate.waveform) / rms(before)) == pytest.approx(1, abs=1e-4)
    assert torch.equal(ORIGINAL.waveform, before)
    assert candidate.words == ORIGINAL.words


def test_without_measured_rooms_one_is_simulated_and_the_record_says_so() -> None:
    (candidate,) = asked(Reverb(t60_s=0.8))
    assert candidate.perturbation is not None
    assert candidate.perturbation.source == "simulated t60=0.8 s direct=0 dB"


def test_the_kind_of_room_can_be_asked_for() -> None:
    room = polack(0.3, 3.0, keyed("room"))
    assert not asked(Reverb(room="measured"))
    (measured,) = asked(Reverb(room="measured"), room)
    (simulated,) = asked(Reverb(room="simulated"), room)
    assert [str(one.perturbation.source)[:6] for one in (measured, simulated) if one.perturbation] == [
        "room-0",
        "simula",
    ]


def test_every_measured_room_comes_up() -> None:
    rooms = [polack(0.3, 3.0, keyed("room", n)) for n in range(2)]
    assert {asked(Reverb(), *rooms, key=key)[0].perturbation.source for key in range(12)} == {"room-0", "room-1"}  # type: ignore[union-attr]


def test_the_drier_the_room_the_nearer_to_the_original() -> None:
    levels = [float(snr_db(ORIGINAL.waveform, asked(Reverb(direct_db=db))[0].waveform)) for db in (-10, 0, 10, 30)]
    assert levels == sorted(levels)
    assert levels[-1] > 20


@pytest.mark.parametrize("wrong", [{"room": "hall"}, {"t60_s": 0.0}, {"t60_s": 11.0}, {"direct_db": 41.0}])
def test_parameters_out_of_range_are_named(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        Reverb(**wrong)
