"""Where tensors go. No GPU is needed: what would be set for one is set by the type of a device alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from bench.core.batch import Batch
from bench.core.devices import compute_exactly, placed
from bench.evaluation.preparing.setup import device_named
from bench.testing import sample_noises, sample_utterances

CPU = torch.device("cpu")


@pytest.fixture
def restored() -> Iterator[None]:
    cudnn, products = torch.backends.cudnn, torch.backends.cuda.matmul
    kept = cudnn.allow_tf32, cudnn.benchmark, cudnn.deterministic, products.allow_tf32
    yield
    cudnn.allow_tf32, cudnn.benchmark, cudnn.deterministic, products.allow_tf32 = kept


@pytest.mark.usefixtures("restored")
def test_a_gpu_computes_float32_as_float32() -> None:
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = True
    torch.backends.cudnn.deterministic = False
    compute_exactly(torch.device("cuda"))
    assert not torch.backends.cudnn.allow_tf32
    assert not torch.backends.cuda.matmul.allow_tf32
    assert not torch.backends.cudnn.benchmark
    assert torch.backends.cudnn.deterministic


@pytest.mark.usefixtures("restored")
def test_a_cpu_is_left_as_it_is() -> None:
    torch.backends.cudnn.allow_tf32 = True
    assert device_named("cpu") == CPU
    assert torch.backends.cudnn.allow_tf32


def test_what_is_in_its_place_is_not_copied() -> None:
    samples = torch.ones(3)
    assert placed(samples, CPU) is samples
    assert placed(samples, None) is samples


def test_all_of_a_batch_is_on_its_device() -> None:
    batch = Batch.of(sample_utterances(1, 1), torch.device("meta"))
    assert {batch.waveforms.device.type, batch.lengths.device.type} == {"meta"}


def test_a_bank_is_put_where_it_is_computed_on_once() -> None:
    bank = sample_noises()
    assert bank.on(CPU) is bank
    there = bank.on(torch.device("meta"))
    assert {clip.waveform.device.type for clip in there.clips} == {"meta"}
    assert there.on(torch.device("meta")) is there
    assert [clip.id for clip in there.part("test").clips] == [clip.id for clip in bank.part("test").clips]
