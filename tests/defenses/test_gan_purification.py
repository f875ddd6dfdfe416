"""P2's GAN before a victim: over its features or over sound, trained on what never attacks, kept to the bit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from bench import Batch, DataError, FitContext, Refusing, UsageError, Utterance, Victim
from bench.contracts.capabilities import Purifying, Sequential
from bench.contracts.registry import Registry
from bench.defending.adversarial_examples import perturbed
from bench.defending.gan.fitted import CleanedFeatures, CleanedSound
from bench.testing import ContraryVictim, check_defense, sample_context, sample_noises, sample_utterances
from defenses.gan_purification import GanPurification
from victims.alexnet_spectrogram import AlexnetSpectrogram
from victims.bert_text import BertText
from victims.cnn_gru import CnnGru
from victims.lstm_egemaps import LstmEgemaps

BRIEF = "gan_purification:hidden=8,pretrain_epochs=2,max_epochs=2"
"""For the checks that all components pass: trains in seconds."""

BRIEF = GanPurification(hidden=8, pretrain_epochs=2, max_epochs=2)
VICTIM = CnnGru(channels=8, hidden=8, dense=8, max_epochs=3)
TRAIN, VALID, TEST = sample_utterances(3, 1, "train"), sample_utterances(2, 1, "valid"), sample_utterances(2, 1, "test")


@dataclass(frozen=True)
class Loud:
    """A recipe of a victim that shows no features."""

    def fit(self, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext) -> Victim:
        return ContraryVictim()

    def load(self, folder: Path, context: FitContext) -> Victim:
        return ContraryVictim()


@cache
def fitted(defense: GanPurification, victim: Any = VICTIM) -> Any:
    """The same for all tests: none of them changes it."""
    return defense.fit(victim, TRAIN, VALID, sample_context()).enroll(TEST)


@cache
def plain() -> Any:
    """The victim without a defence."""
    return VICTIM.fit(TRAIN, VALID, sample_context())


def test_over_sound_it_conforms() -> None:
    check_defense(replace(BRIEF, variant="waveform"), VICTIM)


def test_each_victim_gets_the_variant_that_it_can_have() -> None:
    pytest.importorskip("opensmile")
    for victim, kind in (
        (VICTIM, CleanedFeatures),
        (LstmEgemaps(max_epochs=1), CleanedFeatures),
        (AlexnetSpectrogram(image_size=63, width=0.0625, max_epochs=1), CleanedSound),
    ):
        made = fitted(BRIEF, victim)
        assert type(made) is kind
        assert isinstance(made, Purifying)
        assert made.log_probs(Batch.of(TEST)).shape == (len(TEST), 4)


@pytest.mark.parametrize("variant", ["features", "waveform"])
def test_what_it_leaves_of_noisy_speech_is_nearer_to_clean(variant: Any) -> None:
    """Of speakers and sounds that it was not trained on."""
    learning = GanPurification(
        variant, ("environmental:category=crowd",), hidden=16, pretrain_epochs=15, pretrain_rate=0.01, max_epochs=2
    )
    made = fitted(learning)
    attacking = replace(sample_context(), noises=sample_noises().part("test"))
    noisy = perturbed("environmental:category=crowd", TEST, attacking, "attack")
    with torch.no_grad():
        clean = made.before_after(Batch.of(TEST))
        found = made.before_after(Batch.of([one for one in noisy if one is not None]))
    before, after = (
        sum(float((row[side] - plain[0]).abs().sum()) for row, plain in zip(found, clean, strict=True))
        for side in (0, 1)
    )
    assert after < 0.8 * before


def test_the_victim_is_trained_on_clean_speech_and_left_as_it_was() -> None:
    bare, made = plain(), fitted(BRIEF)
    for name, value in made.victim.network.state_dict().items():
        assert torch.equal(value, bare.network.state_dict()[name])


def test_the_victim_decides_from_what_the_generator_leaves() -> None:
    made, batch = fitted(BRIEF), Batch.of(TEST)
    assert isinstance(made.victim, Sequential)
    for number, left in enumerate(made.trace(batch)):
        alone = made.victim.log_probs_of(left[None], torch.tensor([len(left)]))[0]
        assert torch.allclose(made.log_probs(batch)[number], alone, atol=1e-5)
    assert made.traits.concurrent


def test_a_victims_log_probabilities_are_those_of_its_sequence() -> None:
    bare = plain().enroll(TEST)
    features, counts = bare.sequence(Batch.of(TEST))
    assert torch.equal(bare.log_probs(Batch.of(TEST)), bare.log_probs_of(features, counts))
    assert all(row[count:].abs().sum() == 0 for row, count in zip(features, counts.tolist(), strict=True))


def test_a_detectors_refusals_are_passed_on() -> None:
    bare = fitted(BRIEF)

    @dataclass(frozen=True)
    class Doubting:
        victim: Any

        def enroll(self, clean: Sequence[Utterance]) -> Doubting:
            return self

        def log_probs(self, batch: Batch) -> Tensor:
            return self.answer_or_refuse(batch)[0]

        def answer_or_refuse(self, batch: Batch) -> tuple[Tensor, Tensor]:
            return self.victim.log_probs(batch), torch.arange(len(batch)) == 1

        def sequence(self, batch: Batch) -> tuple[Tensor, Tensor]:
            found: tuple[Tensor, Tensor] = self.victim.sequence(batch)
            return found

        def log_probs_of(self, features: Tensor, counts: Tensor) -> Tensor:
            found: Tensor = self.victim.log_probs_of(features, counts)
            return found

        def save(self, folder: Path) -> None:
            """Nothing."""

    assert not isinstance(bare, Refusing)
    made = replace(bare, victim=Doubting(bare.victim))
    assert isinstance(made, Refusing)
    answered, refused = made.answer_or_refuse(Batch.of(TEST))
    assert torch.equal(answered, bare.log_probs(Batch.of(TEST)))
    assert refused.tolist() == [number == 1 for number in range(len(TEST))]


def test_it_draws_from_the_training_speakers_clean_speech() -> None:
    """Where a defence above has changed all that is trained on."""
    context = sample_context()
    noisy = [one for one in perturbed("white_noise", TRAIN, context) if one is not None]
    made = BRIEF.fit(Loud(), noisy, VALID, replace(context, clean=tuple(TRAIN)))
    plain = BRIEF.fit(Loud(), TRAIN, VALID, context)
    assert isinstance(made, CleanedSound)
    assert isinstance(plain, CleanedSound)
    assert torch.equal(made.purifier.spectra.statistics, plain.purifier.spectra.statistics)


def test_what_it_says_of_itself() -> None:
    noises = sample_noises()
    assert BRIEF.seen(noises) == {"crowd", "meeting", "station"}
    spec = "gan_purification:attacks=environmental:category=human+fade_in"
    assert Registry.discover().component("defenses", spec).seen(noises) == {"human", "signal"}
    assert replace(BRIEF, attacks=("fade_in",)).traits.made_of == (("attacks", "fade_in"),)


def test_a_victim_that_only_reads_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"defense 'gan_purification': found a victim that perceives text alone"):
        BRIEF.fit(BertText(), TRAIN, VALID, sample_context())
    with pytest.raises(UsageError, match="one that hears"):
        BRIEF.load(BertText(), tmp_path, sample_context())


def test_features_of_a_victim_that_shows_none_are_refused() -> None:
    with pytest.raises(UsageError, match=r"parameter 'variant'.*shows none \(ContraryVictim\).*variant=waveform"):
        fitted(replace(BRIEF, variant="features"), Loud())


def test_a_folder_of_another_one_is_refused(tmp_path: Path) -> None:
    for victim, made in ((VICTIM, BRIEF), (Loud(), BRIEF)):
        folder = tmp_path / type(victim).__name__
        folder.mkdir()
        fitted(made, victim).save(folder)
        with pytest.raises(DataError, match=r"'hidden': 8.*delete the folder|network's shape"):
            replace(made, hidden=9).load(victim, folder, sample_context())
        with pytest.raises(DataError, match=r"'residual': True.*delete the folder"):
            replace(made, residual=False).load(victim, folder, sample_context())
    with pytest.raises(DataError, match="no usable weights"):
        BRIEF.load(VICTIM, tmp_path, sample_context())


@pytest.mark.parametrize(
    "wrong",
    [
        {"hidden": 0},
        {"max_epochs": 0},
        {"chunk": 0},
        {"learning_rate": 0.0},
        {"reconstruction": -1.0},
        {"epsilon": 3.0},
    ],
    ids=str,
)
def test_parameters_out_of_range_are_named(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=f"defense 'gan_purification', parameter '{next(iter(wrong))}'"):
        GanPurification(**wrong)
