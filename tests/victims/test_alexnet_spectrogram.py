"""P4's victim beyond the conformance checks. Published weights are stood in for by random ones of their shapes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file
from torch import Tensor

from bench import Batch, DataError, UsageError, Utterance
from bench.core.rng import keyed
from bench.data.segments import segments_of
from bench.modelling.seeding import seeded
from bench.testing import CPU, sample_context, sample_utterances
from victims.alexnet_spectrogram import FROM_SCRATCH, P4, AlexNet, AlexnetSpectrogram, FittedAlexnet, segments_in

BRIEF = "alexnet_spectrogram:image_size=63,width=0.0625,max_epochs=2"
"""For the checks that all components pass: trains in seconds."""

CLASSES = ("anger", "happiness", "sadness", "neutral")
BRIEF = AlexnetSpectrogram(image_size=63, width=0.0625, max_epochs=2)
SMALL = AlexnetSpectrogram(image_size=96, width=0.125)

PUBLISHED = {
    "features.0.weight": (64, 3, 11, 11),
    "features.0.bias": (64,),
    "features.3.weight": (192, 64, 5, 5),
    "features.3.bias": (192,),
    "features.6.weight": (384, 192, 3, 3),
    "features.6.bias": (384,),
    "features.8.weight": (256, 384, 3, 3),
    "features.8.bias": (256,),
    "features.10.weight": (256, 256, 3, 3),
    "features.10.bias": (256,),
    "classifier.1.weight": (4096, 9216),
    "classifier.1.bias": (4096,),
    "classifier.4.weight": (4096, 4096),
    "classifier.4.bias": (4096,),
    "classifier.6.weight": (1000, 4096),
    "classifier.6.bias": (1000,),
}
"""torchvision's alexnet: 61,100,840 numbers."""


@pytest.fixture(scope="module")
def published() -> dict[str, Tensor]:
    """Tensors as they are published, of small random numbers."""
    generator = torch.Generator().manual_seed(0)
    return {name: torch.randn(shape, generator=generator) * 0.01 for name, shape in PUBLISHED.items()}


@pytest.fixture(scope="module")
def file(published: dict[str, Tensor], tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("published") / "alexnet.safetensors"
    save_file(published, place)
    return place


def untrained(recipe: AlexnetSpectrogram = SMALL) -> FittedAlexnet:
    """With initial weights that carry what is seen through to the answer; PyTorch's own let it fade."""
    with seeded("untrained"):
        network = AlexNet(recipe, 4).eval()
        for weight in network.parameters():
            if weight.ndim > 1:
                torch.nn.init.kaiming_normal_(weight, nonlinearity="relu")
    return FittedAlexnet(recipe, CLASSES, network, CPU)


def spoken(id: str, waveform: Tensor) -> Utterance:
    return Utterance(id, waveform, "a", emotion="anger")


def test_names_and_shapes_are_torchvisions() -> None:
    network = AlexNet(AlexnetSpectrogram(width=1.0), 1000)
    assert {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()} == PUBLISHED
    assert sum(tensor.numel() for tensor in network.parameters()) == 61_100_840


def test_each_layer_does_what_torchvisions_does() -> None:
    """Against the network written out with functions, on pictures of ImageNet's size."""
    network = untrained(AlexnetSpectrogram(width=0.0625)).network
    one = {name: tensor.double() for name, tensor in network.state_dict().items()}
    f = torch.nn.functional
    picture = torch.randn(2, 3, 224, 224, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    hidden = picture
    for number, stride, padding, pooled in ((0, 4, 2, 1), (3, 1, 2, 1), (6, 1, 1, 0), (8, 1, 1, 0), (10, 1, 1, 1)):
        weight, bias = one[f"features.{number}.weight"], one[f"features.{number}.bias"]
        hidden = f.relu(f.conv2d(hidden, weight, bias, stride, padding))
        hidden = f.max_pool2d(hidden, 3, 2) if pooled else hidden
    assert hidden.shape[-2:] == (6, 6)
    hidden = hidden.flatten(1)
    for number in (1, 4):
        hidden = f.relu(f.linear(hidden, one[f"classifier.{number}.weight"], one[f"classifier.{number}.bias"]))
    expected = f.linear(hidden, one["classifier.6.weight"], one["classifier.6.bias"])
    with torch.no_grad():
        found = network.double().classifier(network.avgpool(network.features(picture)).flatten(1))
    assert torch.allclose(found, expected)


def test_blocks_are_those_of_the_harness() -> None:
    silent = torch.cat([torch.ones(16_000), torch.zeros(16_000), torch.ones(16_500)])
    waves = [torch.rand(n) + 0.1 for n in (1, 15_999, 16_000, 31_999, 32_000, 50_000)] + [silent]
    said = [spoken(str(number), wave) for number, wave in enumerate(waves)]
    blocks, owners = segments_in(Batch.of(said))
    expected = segments_of(said)
    assert owners.tolist() == [int(block.id.split("#")[0]) for block in expected]
    assert len(expected) == 11
    for found, block in zip(blocks, expected, strict=True):
        short = 16_000 - len(block.waveform)
        assert torch.equal(found, torch.nn.functional.pad(block.waveform, (0, short)))


def test_silence_has_an_answer(asked: Callable) -> None:
    answer = asked(untrained(), [spoken("a", torch.zeros(40_000)), spoken("b", torch.zeros(10))])
    assert bool(answer.isfinite().all())


def test_an_utterance_is_the_mean_of_its_blocks(asked: Callable) -> None:
    waveform = torch.cat([utterance.waveform for utterance in whistled("a", 1)[1:]])[:40_000]
    victim = untrained()
    first, second, whole = asked(
        victim, [spoken("a", waveform[:16_000]), spoken("b", waveform[16_000:32_000]), spoken("c", waveform)]
    )
    assert float((first - second).abs().max()) > 1e-3
    assert torch.allclose(whole.exp(), (first.exp() + second.exp()) / 2, atol=1e-5)


@settings(max_examples=15, deadline=None)
@given(samples=st.integers(1, 60_000), extra=st.integers(0, 70_000))
def test_padding_of_any_length_changes_nothing(samples: int, extra: int, check_padding: Callable) -> None:
    wave = sample_utterances(1, 1)[0].waveform.repeat(9)[:samples]
    check_padding(untrained(), spoken("a", wave), extra)


def test_the_size_that_is_benchmarked_does_not_depend_on_the_batch(check_alone: Callable) -> None:
    check_alone(untrained(AlexnetSpectrogram()), sample_utterances(4, 2, "mixed"))


def test_dropout_is_off_when_it_is_asked(asked: Callable) -> None:
    fitted = replace(BRIEF, dropout=0.5, max_epochs=1).fit(
        sample_utterances(1, 1, "train"), sample_utterances(1, 1, "valid"), sample_context()
    )
    test = sample_utterances(1, 1)
    assert torch.equal(asked(fitted, test), asked(fitted, test))


def test_loudness_is_heard_only_without_normalisation(asked: Callable) -> None:
    said = sample_utterances(1, 1)[0]
    quiet = replace(said, waveform=said.waveform * 0.125)
    for normalise in (True, False):
        loud, soft = asked(untrained(replace(SMALL, normalise=normalise)), [said, quiet])
        assert (float((loud - soft).abs().max()) <= 1e-3) == normalise


def whistled(speaker: str, each: int) -> list[Utterance]:
    """Each class at a pitch of its own, in a little noise."""
    found = []
    for label, emotion in enumerate(CLASSES):
        for take in range(each):
            rng = keyed("whistled", speaker, emotion, take)
            pitch = (500, 2000, 4000, 6500)[label] * rng.uniform(0.9, 1.1)
            wave = 0.3 * np.sin(2 * np.pi * pitch / 16_000 * np.arange(16_000)) + 0.01 * rng.standard_normal(16_000)
            id = f"{speaker}-{emotion}-{take}"
            found.append(Utterance(id, torch.from_numpy(wave).float(), speaker, emotion=emotion))
    return found


def test_it_learns(asked: Callable) -> None:
    recipe = AlexnetSpectrogram(image_size=96, width=0.125, max_epochs=30, batch_size=4, learning_rate=0.02)
    fitted = recipe.fit(whistled("a", 8), whistled("b", 2), sample_context())
    test = whistled("c", 5)
    truth = torch.tensor([CLASSES.index(str(utterance.emotion)) for utterance in test])
    assert float((asked(fitted, test).argmax(dim=1) == truth).float().mean()) > 0.5  # chance is 0.25


def test_pictures_made_once_or_in_every_step_teach_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    said = sample_utterances(8)
    kept = BRIEF.fit(said, said, sample_context()).network.state_dict()
    monkeypatch.setattr("victims.alexnet_spectrogram._ROOM", 0)
    anew = BRIEF.fit(said, said, sample_context()).network.state_dict()
    assert all(torch.equal(kept[name], anew[name]) for name in anew)


def test_what_stands_for_the_parameters_left_out() -> None:
    assert AlexnetSpectrogram().plan == FROM_SCRATCH
    assert AlexnetSpectrogram(weights=Path("any")).plan == P4
    assert AlexnetSpectrogram(weights=Path("any"), max_epochs=1).plan == replace(P4, max_epochs=1)


def test_with_weights_the_first_four_convolutions_stay(file: Path, published: dict[str, Tensor]) -> None:
    recipe = AlexnetSpectrogram(weights=file, image_size=63, max_epochs=1, learning_rate=0.1, dropout=0.0)
    fitted = recipe.fit(sample_utterances(1, 1, "train"), sample_utterances(1, 1, "valid"), sample_context())
    after = fitted.network.state_dict()
    assert after["classifier.6.weight"].shape == (4, 4096)
    same = {name for name, tensor in published.items() if torch.equal(after[name], tensor)}
    assert same == {f"features.{number}.{kind}" for number in (0, 3, 6, 8) for kind in ("weight", "bias")}


def test_weights_that_do_not_fit_are_named(published: dict[str, Tensor], tmp_path: Path) -> None:
    """What else may be wrong with them: tests/bench/modelling/pretrained/test_statefile.py."""
    changed = {name: tensor for name, tensor in published.items() if name != "features.3.bias"}
    save_file(changed, tmp_path / "changed.safetensors")
    with pytest.raises(
        DataError, match=r"changed\.safetensors: found no features\.3\.bias; expected weights of a AlexNet"
    ):
        fit_with(tmp_path / "changed.safetensors")


def fit_with(file: Path) -> FittedAlexnet:
    return AlexnetSpectrogram(weights=file).fit([], [], sample_context())


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    recipe = AlexnetSpectrogram(weights=tmp_path / "none.pth")
    with pytest.raises(UsageError, match=r"none\.pth: found no such file"):
        recipe.fingerprint()
    with pytest.raises(UsageError, match=r"none\.pth: found no such file"):
        fit_with(tmp_path / "none.pth")


def test_the_fingerprint_follows_the_file(tmp_path: Path) -> None:
    place = tmp_path / "weights.safetensors"
    found = {AlexnetSpectrogram().fingerprint()}
    for value in (1.0, 2.0):
        save_file({"a": torch.tensor([value])}, place)
        found.add(AlexnetSpectrogram(weights=place).fingerprint())
    assert len(found) == 3


@pytest.mark.parametrize(
    "wrong",
    [
        {"image_size": 62},
        {"width": 0.0},
        {"learning_rate": float("nan")},
        {"batch_size": 0},
        {"max_epochs": 0},
        {"momentum": 1.0},
        {"weight_decay": -1.0},
        {"gamma": 0.0},
        {"dropout": 1.0},
        {"weights": Path("any"), "width": 0.5},
    ],
)
def test_parameters_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="victim 'alexnet_spectrogram', parameter"):
        AlexnetSpectrogram(**wrong)
