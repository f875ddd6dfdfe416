"""What is looked at of a success: bursts, peaks, and whether it lives on as 16-bit PCM."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from bench import AttackTools, Batch, Heard, Overlay, Recipe, Rng, Samples, Steps
from bench.audio.reading import read_audio
from bench.audio.signal import mix
from bench.audio.writing import as_pcm, pcm_of
from bench.referee.examination import burst_snr_db, peak_ratio
from bench.referee.referee import Referee
from bench.referee.search import AttackRun
from bench.testing import CPU, TASK, sample_tools, sample_utterances

SPEECH = sample_utterances(2, each=1)


def test_pcm_is_what_a_file_gives_back(tmp_path: Path) -> None:
    for said in SPEECH[:2]:
        loud = (said.waveform * 9).clamp(-1, 1)
        soundfile.write(tmp_path / "one.wav", loud.numpy(), 16_000, subtype="PCM_16")
        read = torch.from_numpy(soundfile.read(tmp_path / "one.wav", dtype="float32")[0])
        assert float((as_pcm(loud) - read).abs().max()) <= 1 / 32_768
        assert torch.equal(as_pcm(read), read), "what was recorded with 16 bits comes back as it was"


def test_a_burst_is_measured_where_it_is_loud() -> None:
    speech = torch.from_numpy(np.random.default_rng(0).normal(0, 0.1, 48_000)).float()
    noise = torch.zeros(48_000)
    noise[20_000:20_480] = torch.randn(480, generator=torch.Generator().manual_seed(0))
    heard = mix(speech, noise, 10.1)
    whole = 10 * math.log10(float(speech.square().sum()) / float((heard - speech).square().sum()))
    assert whole == pytest.approx(10.1, abs=0.01)
    assert float(burst_snr_db(speech, heard)) < -0.5, "3 s of noise in 30 ms"
    steady = mix(speech, torch.ones(48_000), 10.1)
    assert float(burst_snr_db(speech, steady)) == pytest.approx(10.1, abs=1.0)
    assert float(peak_ratio(speech, heard)) > 3 * float(peak_ratio(speech, steady))


@pytest.mark.parametrize("samples", [1, 10, 999, 1_000, 3_999, 4_001])
def test_short_speech_has_one_window(samples: int) -> None:
    speech = torch.full((samples,), 0.1)
    assert float(burst_snr_db(speech, speech + 0.01)) == pytest.approx(20.0, abs=0.01)
    assert float(burst_snr_db(speech, speech)) == math.inf


def test_noise_in_a_pause_is_no_burst_over_speech() -> None:
    speech = torch.full((32_000,), 0.1)
    speech[8_000:24_000] = 1e-6
    heard = speech.clone()
    heard[14_000:18_000] += 0.05
    assert float(burst_snr_db(speech, heard)) == math.inf


@dataclass(frozen=True)
class Precise:
    """Says class 1 where any sample lies between the steps of 16 bits, or the first one is above 0.45."""

    def enroll(self, clean: Sequence[object]) -> Precise:
        return self

    def log_probs(self, batch: Batch) -> torch.Tensor:
        waves = batch.waveforms
        between = (waves != as_pcm(waves)).any(dim=1) | (waves[:, 0] > 0.45)
        return torch.nn.functional.one_hot(between.long(), 4).float().add(1e-6).log()

    def save(self, folder: Path) -> None: ...


@dataclass(frozen=True)
class Whisper:
    """First a change below half a step of 16 bits, then one that is heard."""

    audible: bool

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        changed = original.waveform.clone()
        changed[0] = 0.5 if self.audible else changed[0] + 0.2 / 32_768
        yield Recipe(Samples(changed))


@pytest.mark.parametrize("audible", [True, False])
def test_a_success_below_one_bit_dies_in_a_file_and_the_record_says_so(audible: bool) -> None:
    said = [replace(one, waveform=as_pcm(one.waveform)) for one in SPEECH]
    run = AttackRun(Whisper(audible), "whisper", sample_tools(3), 0)
    rows = Referee(Precise(), TASK, CPU, examines=True).run(run, said)
    asked = [row for row in rows if row.query]
    assert asked
    assert all(row.accepted for row in asked), "it is a success by the rule"
    assert all(row.survives_pcm is audible for row in asked)
    assert all(row.burst_snr_db is not None and row.peak_ratio is not None for row in asked)
    assert all(row.survives_pcm is None for row in rows if not row.query)


@dataclass(frozen=True)
class InTurn:
    """Goes on after each success: free samples twice, which count as additive alone, then a studied sound, twice."""

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        changed = original.waveform.clone()
        changed[0] = 0.5
        sound = tools.noises.of("natural")[0].id
        for recipe in (Samples(changed), Samples(changed), Overlay(sound, 15.0), Overlay(sound, 16.0)):
            yield Recipe(recipe)


def test_the_first_success_of_each_column_is_written_as_a_file() -> None:
    said = [replace(one, waveform=as_pcm(one.waveform)) for one in SPEECH]
    run = AttackRun(InTurn(), "in_turn", sample_tools(4), 0)
    rows = Referee(Precise(), TASK, CPU, examines=True).run(run, said)
    asked = [row for row in rows if row.query]
    assert all(row.accepted for row in asked)
    assert [row.imperceptible for row in asked[:4]] == [False, False, True, True]
    looked_at = [[row.survives_pcm for row in asked[start : start + 4]] for start in range(0, len(asked), 4)]
    assert looked_at == [[True, None, False, None]] * len(said)


def treble(waveforms: torch.Tensor) -> torch.Tensor:
    """The share of energy between 5 and 7 kHz of each, shape (b,)."""
    power = torch.fft.rfft(waveforms, n=16_384).abs().square()
    return power[:, 5_120:7_168].sum(dim=1) / power.sum(dim=1)


@dataclass(frozen=True)
class Treble:
    """Says class 1 where a sixtieth of the energy lies between 5 and 7 kHz."""

    def enroll(self, clean: Sequence[object]) -> Treble:
        return self

    def log_probs(self, batch: Batch) -> torch.Tensor:
        bright = treble(batch.waveforms) > 1 / 60
        return torch.nn.functional.one_hot(bright.long(), 4).float().add(1e-6).log()

    def save(self, folder: Path) -> None: ...


@dataclass(frozen=True)
class Whistle:
    """A tone at 6 kHz, 11 dB below the speech."""

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        tone = torch.sin(2 * torch.pi * 6_000 * torch.arange(original.waveform.shape[-1]) / 16_000)
        yield Recipe(Samples(mix(original.waveform, tone, 11.0)))


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000])
def test_a_success_has_to_live_on_at_the_rate_of_its_own_file(rate: int, tmp_path: Path) -> None:
    soft = [replace(one, waveform=as_pcm(one.waveform * 0.3, 8_000), rate_hz=rate) for one in SPEECH]
    assert float(treble(torch.stack([one.waveform[:4_000] for one in soft])).max()) < 1 / 60
    run = AttackRun(Whistle(), "whistle", sample_tools(3), 0)
    found: dict[str, torch.Tensor] = {}
    referee = Referee(Treble(), TASK, CPU, examines=True)
    rows = referee.run(
        run, soft, keep=lambda candidate, row: found.update({row.utterance: candidate.utterance.waveform})
    )
    asked = [row for row in rows if row.query]
    assert len(asked) == len(SPEECH)
    assert all(row.accepted for row in asked)
    assert {row.survives_pcm for row in asked} == {rate > 8_000}, "a file of 8 kHz has nothing at 6 kHz"
    for row in asked:  # the same by way of a real file
        path = tmp_path / f"{row.utterance}.wav"
        soundfile.write(path, pcm_of(found[row.utterance], rate), rate, subtype="PCM_16")
        said = replace(soft[0], waveform=read_audio(path))
        assert (referee.labels([said]) == [1]) is row.survives_pcm


@pytest.mark.parametrize("together", [1, 3])
def test_successes_are_looked_at_while_searches_run_and_let_go(together: int, monkeypatch: pytest.MonkeyPatch) -> None:
    said = [replace(one, id=f"{one.id}-{n}", waveform=as_pcm(one.waveform)) for one in SPEECH for n in range(3)]
    run = AttackRun(InTurn(), "in_turn", sample_tools(4), 0)
    late = Referee(Precise(), TASK, CPU, 2, examines=True).run(run, said)
    monkeypatch.setattr("bench.referee.referee.TOGETHER", together)
    sitting = Referee(Precise(), TASK, CPU, 2, examines=True).open(run, said)
    sitting.search(said, "{}")
    assert len(sitting.minutes.successes) < together, "the others are let go, and their samples with them"
    assert sitting.finish() == late
    assert sum(row.survives_pcm is not None for row in late) >= len(said)
