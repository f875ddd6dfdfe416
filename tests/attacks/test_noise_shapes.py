"""Shapes of noise, the effect that lays them over speech, and the search that goes through them."""

from __future__ import annotations

from typing import get_args

import pytest
import torch

from attacks.fresh_noises import FreshNoises
from attacks.shaped_noise import ShapedNoise
from bench import SAMPLE_RATE, Answer, Effect, Heard, Overlay, UsageError, keyed
from bench.audio.signal import snr_db
from bench.perturbations.noise_shapes import NoiseShape, draws_for, shaped_noise
from bench.perturbations.pools import Pool, at_level, level_of
from bench.testing import applied, attacked, sample_effect_tools, sample_tools, sample_utterances

VOICE = sum(torch.sin(2 * torch.pi * 200 * n * torch.arange(16_000) / SAMPLE_RATE) / n for n in range(1, 15)) * 0.1
DRAWS = torch.from_numpy(keyed("draws").standard_normal(draws_for(16_000), dtype="float32"))


def power(noise: torch.Tensor, low_hz: float, high_hz: float) -> float:
    spectrum = torch.fft.rfft(noise.double()).abs().square()
    hertz = torch.fft.rfftfreq(len(noise), 1 / SAMPLE_RATE)
    return float(spectrum[(hertz >= low_hz) & (hertz < high_hz)].sum() / spectrum.sum())


def test_each_shape_is_where_it_says() -> None:
    made = {shape: shaped_noise(VOICE, shape, 8000.0, DRAWS) for shape in get_args(NoiseShape) if shape != "tone"}
    assert power(made["white"], 0, 4000) == pytest.approx(0.5, abs=0.05)
    assert power(made["pink"], 100, 200) == pytest.approx(power(made["pink"], 1600, 3200), rel=0.4)
    assert power(shaped_noise(VOICE, "white", 500.0, DRAWS), 0, 501) == pytest.approx(1.0, abs=2e-3)
    assert power(shaped_noise(VOICE, "tone", 300.0, DRAWS), 295, 305) > 0.95
    assert power(made["speech"], 0, 2900) > 0.95, "it has no partial above 2.8 kHz"
    peaks, between = ((200 * n + by - 20, 200 * n + by + 20) for by in (0, 100) for n in (3,))
    contrast = {name: power(made[name], *between) / power(made[name], *peaks) for name in ("valleys", "envelope")}
    assert contrast["valleys"] > 2 > 1.5 > contrast["envelope"], "it spares the partials"


@pytest.mark.parametrize("shape", get_args(NoiseShape))
def test_it_has_its_level_and_depends_on_nothing_but_its_key(shape: NoiseShape) -> None:
    tools, speech = sample_effect_tools(), Heard(VOICE, "a")
    first, again, other = (applied(ShapedNoise(shape, 800.0, 12.5), speech, tools, keyed(key))[0] for key in (1, 1, 2))
    assert float(snr_db(VOICE, first.waveform)) == pytest.approx(12.5, abs=0.01)
    assert torch.equal(first.waveform, again.waveform)
    assert not torch.equal(first.waveform, other.waveform)
    short = Heard(VOICE[:400], "a")
    assert bool(applied(ShapedNoise(shape), short, tools, keyed(0))[0].waveform.isfinite().all())


def test_parameters_that_make_no_sense_are_named() -> None:
    for wrong in ({"shape": "brown"}, {"below_hz": 9000.0}, {"snr_db": 90.0}):
        with pytest.raises(UsageError, match=next(iter(wrong))):
            ShapedNoise(**wrong)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="to_db"):
        FreshNoises(from_db=5.0, to_db=1.0)
    tools = sample_tools()
    quietest = FreshNoises("additive", from_db=45.0, to_db=45.0).search(Heard(VOICE, "a"), tools, keyed(0))
    assert tools.render(Heard(VOICE, "a"), next(quietest)) is not None
    with pytest.raises(UsageError, match="to_db"):
        FreshNoises(to_db=46.0)


def test_pools_are_the_same_for_all_and_hold_what_is_allowed() -> None:
    tools = sample_tools()
    whole = list(Pool(tools.noises, "all", 80).recipes(15.0))
    assert whole == list(Pool(tools.noises, "all", 80).recipes(15.0))
    assert len(set(map(str, whole))) == 80
    assert {level_of(one) for one in whole} == {15.0, None}
    sounds = [one.parts[0] for one in Pool(tools.noises, "imperceptible", 40).recipes(10.1)]
    assert all(isinstance(part, Overlay) and part.segment is None and not part.fade for part in sounds)
    assert not {tools.noises.clip(part.clip).category for part in sounds if isinstance(part, Overlay)} & {
        "laugh",
        "cry",
    }
    additive = {str(one) for one in Pool(tools.noises, "additive", 80).recipes(15.0)}
    assert not any("filler" in line or "pitch" in line for line in additive)


def test_every_query_is_a_fresh_noise_within_its_levels() -> None:
    original, tools = Heard.of(sample_utterances(1, each=1)[0]), sample_tools()

    def tried(attack: FreshNoises) -> list[Overlay | Effect]:
        steps = attack.search(original, tools, keyed(1))
        found = [next(steps), *(steps.send(Answer(False)) for _ in range(19))]
        return [part for one in found for part in one.parts if isinstance(part, Overlay | Effect)]

    sounds = tried(FreshNoises(from_db=5.0, to_db=25.0))
    levels = [part.snr_db for part in sounds if isinstance(part, Overlay)]
    assert len(levels) == len(set(sounds)) == 20
    assert 15 <= min(levels) < 20 < max(levels) <= 35
    shapes = tried(FreshNoises("additive"))
    assert len({part.spec for part in shapes if isinstance(part, Effect)}) == 18
    assert len({part.key for part in shapes if isinstance(part, Effect)}) == 20


def test_what_it_finds_counts_and_ends_the_search() -> None:
    for noises in ("additive", "imperceptible"):
        rows = attacked(FreshNoises(noises), 10)  # type: ignore[arg-type]
        wins = [row for row in rows if row.accepted]
        assert wins
        for row in wins:
            assert row.query == max(other.query for other in rows if other.utterance == row.utterance)
            assert row.imperceptible is (noises == "imperceptible")
            assert row.snr_db is not None
            assert row.snr_db > 10


def test_gains_shape_its_spectrum() -> None:
    raised = shaped_noise(VOICE, "white", 8000.0, DRAWS, (20.0, 0.0, -20.0))
    assert power(raised, 0, 500) > 0.5 > 1e-3 > power(raised, 7500, 8001)
    assert torch.equal(shaped_noise(VOICE, "white", 8000.0, DRAWS, (3.0, 3.0)).sign(), DRAWS[:16_000].sign())
    for wrong in ({"gains": (1.0,)}, {"gains": (0.0, 70.0)}, {"gains": (0.0, 1.0), "shape": "tone"}):
        with pytest.raises(UsageError, match="gains"):
            ShapedNoise(**wrong)  # type: ignore[arg-type]


def test_two_changes_together_keep_the_level() -> None:
    tools, speech = sample_tools(), Heard.of(sample_utterances(1, each=1)[0])
    both = [one for one in Pool(tools.noises, "additive", 48).recipes(10.1) if len(one.parts) == 2]
    assert len(both) == 18
    for recipe in both:
        heard = tools.render(speech, recipe)
        assert heard is not None
        assert 10 < float(snr_db(speech.waveform, heard.waveform)) < 12
    assert {level_of(at_level(one, 20.0)) for one in both} == {20.0}
