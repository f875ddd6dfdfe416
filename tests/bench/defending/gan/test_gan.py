"""The purifying GAN: it learns, its networks never see padding, sound comes back whole, and bad input is named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from bench import Batch, ComponentError, DataError, NoiseSet, Perturbation, Spec, UsageError
from bench.contracts.registry import Registry
from bench.core.rng import keyed
from bench.core.showing.progress import Silent
from bench.defending.gan.fitted import GAN, load_generator, save_generator
from bench.defending.gan.networks import Autoencoder, Generator
from bench.defending.gan.pairs import clean_speech, corrupted, pairs_of, usual_effects
from bench.defending.gan.sound import SoundPurifier, Spectra, frame_counts, spectrum
from bench.defending.gan.training import GanSettings, Pairs, fit_gan, reconstruction_error, verdict
from bench.testing import CPU, sample_context, sample_noises, sample_utterances

SMALL = GanSettings(16, True, 15, 0.003, 10, 5, 0.0001, 100.0, 8, 20)
WHERE = "defense 'gan_purification'"


class Listening(Silent):
    """Keeps what is said."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def say(self, text: str) -> None:
        self.heard.append(text)


def waves(count: int, key: str, width: int = 6) -> Pairs:
    """Smooth features, and the same with a hum in every other one: what takes it out has something to learn."""
    noisy, clean = [], []
    for number in range(count):
        rng = keyed("waves", key, number)
        time = torch.arange(int(rng.integers(8, 40)))[:, None] / 10
        plain = torch.sin(time * torch.from_numpy(rng.uniform(0.5, 1.5, width)).float())
        hum = torch.zeros_like(plain)
        hum[:, ::2] = 0.8
        noisy, clean = [*noisy, plain + hum], [*clean, plain]
    return Pairs(noisy, clean)


def bank(*categories: str) -> NoiseSet:
    """The sample bank's training half with these categories alone."""
    noises = sample_context().noises
    return replace(noises, clips=tuple(clip for clip in noises.clips if clip.category in categories))


@pytest.mark.parametrize("residual", [True, False])
def test_it_learns_to_take_noise_out_for_speakers_it_has_not_heard(residual: bool) -> None:
    progress = Listening()
    context = replace(sample_context(), progress=progress)
    train, valid, test = (waves(count, key) for count, key in ((24, "train"), (6, "valid"), (6, "test")))
    generator = fit_gan(train, valid, replace(SMALL, residual=residual, pretrain_epochs=40), context, WHERE)
    untouched = float(torch.cat([n - c for n, c in zip(test.noisy, test.clean, strict=True)]).abs().mean())
    assert reconstruction_error(generator, test) < (0.6 if residual else 0.85) * untouched
    assert not generator.training
    assert "after pre-training" in progress.heard[-1]
    assert "after adversarial training" in progress.heard[-1]


def test_the_best_adversarial_epoch_is_kept() -> None:
    """What is said of the validation speakers is true of the generator that comes back."""
    progress = Listening()
    valid = waves(6, "valid")
    rates = replace(SMALL, learning_rate=0.05, reconstruction=0.0)  # the error goes up and down
    generator = fit_gan(waves(12, "train"), valid, rates, replace(sample_context(), progress=progress), WHERE)
    said = float(progress.heard[-1].split(", ")[-1].split()[0])
    assert reconstruction_error(generator, valid) == pytest.approx(said, abs=1e-3)


def test_the_discriminator_plays_a_part() -> None:
    weights = [
        torch.cat(
            [
                value.flatten()
                for value in fit_gan(waves(8, "t"), waves(4, "v"), some, sample_context(), "a").parameters()
            ]
        )
        for some in (SMALL, SMALL, replace(SMALL, reconstruction=0.0))
    ]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_a_stretch_is_drawn_and_is_the_same_on_both_sides() -> None:
    whole = torch.arange(50.0)[:, None]
    noisy, clean, counts = Pairs([whole, whole[:3]], [whole + 100, whole[:3] + 100]).batch([0, 1], keyed("x"), 10)
    assert counts.tolist() == [10, 3]
    assert torch.equal(clean[0], noisy[0] + 100)
    assert noisy[0, :, 0].diff().tolist() == [1.0] * 9
    assert noisy[1, 3:].abs().sum() == 0


@settings(max_examples=20, deadline=None)
@given(lengths=st.lists(st.integers(1, 30), min_size=1, max_size=5), residual=st.booleans())
def test_padding_and_company_change_nothing(lengths: list[int], residual: bool) -> None:
    torch.manual_seed(0)
    generator, judge = Generator(4, 8, residual), Autoencoder(4, 8, 1)
    torch.nn.init.normal_(generator.autoencoder.output.weight)
    rows = [torch.randn(length, 4) for length in lengths]
    padded = torch.full((len(rows), 40, 4), 7.0)  # not even zeros
    for row, frames in zip(padded, rows, strict=True):
        row[: len(frames)] = frames
    counts = torch.tensor(lengths)
    with torch.no_grad():
        together, sure = generator(padded, counts), verdict(judge, padded, counts)
        for at, frames in enumerate(rows):
            alone = generator(frames[None], counts[at : at + 1])[0]
            assert torch.allclose(together[at, : len(frames)], alone, atol=1e-5)
            assert together[at, len(frames) :].abs().sum() == 0
            assert torch.allclose(sure[at], verdict(judge, frames[None], counts[at : at + 1])[0], atol=1e-5)


def test_an_error_that_is_no_number_is_named() -> None:
    valid = waves(4, "v")
    valid.clean[0][0] = torch.nan
    with pytest.raises(ComponentError, match="no finite error in any epoch of pre-training"):
        fit_gan(waves(8, "t"), valid, SMALL, sample_context(), WHERE)


# Sound


@settings(max_examples=20, deadline=None)
@given(length=st.integers(1, 1500))
def test_sound_through_a_generator_that_changes_nothing_comes_out_as_it_was(length: int) -> None:
    torch.manual_seed(0)
    spectra = Spectra(torch.stack([torch.zeros(257), torch.ones(257)]))
    purifier = SoundPurifier(Generator(257, 4, residual=True), spectra)
    sound = 0.3 * torch.randn(2, 1500)
    sound[0, length:] = 0
    with torch.no_grad():
        left = purifier.purify(sound, torch.tensor([length, 1500]))
        alone = purifier.purify(sound[:1, :length], torch.tensor([length]))
    assert left.shape == sound.shape
    assert torch.allclose(left[0, :length], sound[0, :length], atol=1e-4)
    assert torch.allclose(alone[0], left[0, :length], atol=1e-5)


def test_all_frames_that_overlap_an_utterance_are_its_own() -> None:
    for length in (1, 255, 256, 257, 5_000):
        assert frame_counts(torch.tensor([length])).item() == spectrum(torch.ones(1, length)).shape[-1]


def test_spectra_are_standardised_over_clean_speech() -> None:
    said = sample_utterances(2, 1)
    spectra = Spectra.of(said, CPU)
    rows = [spectra.sequence(Batch.of([one]))[0][0] for one in said]
    frames: Tensor = torch.cat(rows)
    assert frames.mean(dim=0).abs().max() < 1e-3
    assert (frames.std(dim=0) - 1).abs().max() < 0.05
    magnitudes = spectra.magnitudes(rows[0][None])
    assert torch.allclose(magnitudes, spectrum(said[0].waveform[None]).abs(), atol=1e-4, rtol=1e-2)


# What is learnt from


def test_p2s_noises_are_taken_where_the_bank_has_them() -> None:
    assert usual_effects(bank("meeting", "natural"), 2.0) == ("real_noise:category=meeting,epsilon=2",)
    expected = ("environmental:category=human,snr_db=10", "environmental:category=natural,snr_db=10")
    assert usual_effects(bank("natural", "human", "laugh"), 2.0) == expected


def test_each_utterance_gets_the_noise_of_one_effect() -> None:
    said = sample_utterances(2, 2)
    (noisy,) = corrupted(WHERE, (), 1.0, [said], sample_context())
    categories = {one.perturbation.category for one in noisy if one is not None and one.perturbation}
    assert categories == {"crowd", "meeting", "station"}
    assert [one.id for one in noisy if one is not None] == [one.id for one in said]
    (again,) = corrupted(WHERE, (), 1.0, [said[::-1]], sample_context())
    assert all(torch.equal(a.waveform, b.waveform) for a, b in zip(noisy, again[::-1], strict=True) if a and b)


def test_where_p2s_noise_applies_to_nothing_other_noise_is_taken_and_it_is_said() -> None:
    """Digital silence between two tones: there is no noise to measure."""
    said = [replace(one, waveform=one.waveform.clone()) for one in sample_utterances(1, 1)]
    for one in said:
        one.waveform[1000:-1000] = 0
    progress = Listening()
    (noisy,) = corrupted(WHERE, (), 1.0, [said], replace(sample_context(), progress=progress))
    assert all(noisy)
    assert "applies to 0 utterances: taking others" in progress.heard[0]
    assert "environmental:category=crowd,snr_db=10" in progress.heard[1]


def test_effects_that_change_the_length_are_no_pairs() -> None:
    said = sample_utterances(1, 1)
    with pytest.raises(UsageError, match=r"'attacks'.*speed_utterance.*applies to no utterance"):
        corrupted(WHERE, ("speed_utterance",), 1.0, [said], sample_context())
    (noisy,) = corrupted(WHERE, ("speed_utterance", "white_noise"), 1.0, [said], sample_context())
    assert {one.perturbation.category for one in noisy if one and one.perturbation} == {"signal"}
    assert {one.perturbation.name for one in noisy if one and one.perturbation} == {"white_noise"}
    with pytest.raises(UsageError, match="did you mean 'white_noise'"):
        corrupted(WHERE, ("white_nose",), 1.0, [said], sample_context())


def test_pairs_are_noisy_and_clean_and_clean_with_itself() -> None:
    said = sample_utterances(1, 1)
    spectra = Spectra.of(said, CPU)
    (noisy,) = corrupted(WHERE, ("white_noise",), 1.0, [said], sample_context())
    pairs = pairs_of(spectra.sequence, said, [noisy[0], None, *noisy[2:]], CPU)
    assert len(pairs.noisy) == len(pairs.clean) == 2 * len(said) - 1
    assert torch.equal(pairs.noisy[-1], pairs.clean[-1])
    assert torch.equal(pairs.clean[0], pairs.clean[len(said) - 1])
    assert not torch.equal(pairs.noisy[0], pairs.clean[0])


def test_speech_that_something_was_done_to_is_not_clean() -> None:
    said = sample_utterances(1, 1)
    done = [replace(one, perturbation=Perturbation("noise", "crowd")) for one in said]
    assert clean_speech(WHERE, [*done, said[0]]) == [said[0]]
    assert clean_speech(WHERE, done, said) == said
    silent = [replace(said[0], waveform=torch.zeros(0))]
    with pytest.raises(UsageError, match="no clean speech"):
        clean_speech(WHERE, done, silent)


def test_categories_are_those_of_the_effects() -> None:
    def seen(*attacks: str) -> frozenset[str]:
        spec = Spec("gan_purification", (("attacks", "+".join(attacks)),))
        return Registry.discover().component("defenses", str(spec)).seen(sample_noises())

    assert seen("environmental:category=human", "white_noise") == {"human", "signal"}
    assert seen("fade_in") == {"signal"}
    assert seen("real_noise", "fade_in") == {"crowd", "signal"}


def test_a_damaged_generator_is_named(tmp_path: Path) -> None:
    save_generator(tmp_path, Generator(4, 8, residual=True), {"a": 1})
    generator, spectra, note = load_generator(tmp_path, 8, True, CPU)
    assert (generator.width, spectra, note) == (4, None, {"a": 1})
    with pytest.raises(DataError, match="network's shape"):
        load_generator(tmp_path, 9, True, CPU)
    config = tmp_path / GAN / "config.json"
    config.write_text('{"a": 1}')
    with pytest.raises(DataError, match="width None"):
        load_generator(tmp_path, 8, True, CPU)
    config.unlink()
    with pytest.raises(DataError, match="no usable weights"):
        load_generator(tmp_path, 8, True, CPU)
