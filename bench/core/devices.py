"""What a GPU needs and a CPU does not: uploads that nobody waits for, and float32 that is computed as float32."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

import torch
from torch import Tensor


def placed(tensor: Tensor, device: torch.device | None) -> Tensor:
    """Put a tensor where it is computed on; an upload to a GPU is queued, and nobody waits for what is queued before.

    A download is waited for: what comes from a GPU is read at once.

    Args:
        tensor: of any shape, anywhere. One that is there already is returned itself.
        device: where it goes; None leaves it where it is.

    >>> placed(torch.zeros(2), torch.device("meta")).device
    device(type='meta')
    """
    if device is None:
        return tensor
    return tensor.to(device, non_blocking=device.type == "cuda" and not tensor.is_cuda)


def copied(tensor: Tensor, device: torch.device) -> Tensor:
    """Put a copy of a tensor where it is computed on, as `placed` does: nobody else has its memory.

    Args:
        tensor: of any shape, anywhere.
        device: where the copy goes.

    >>> samples = torch.zeros(2)
    >>> copied(samples, samples.device).data_ptr() == samples.data_ptr()
    False
    """
    there = placed(tensor, device)
    return tensor.clone() if there is tensor else there


def fetched(tensors: Sequence[Tensor]) -> list[list[Any]]:
    """Read tensors of numbers in one transfer, as lists: waited for once.

    Args:
        tensors: of one or two dimensions, on one device.

    >>> fetched([torch.tensor([[1.0, 0.5], [0.25, 0.0]]), torch.tensor([2.0])])
    [[[1.0, 0.5], [0.25, 0.0]], [2.0]]
    """
    if not tensors:
        return []
    flat = iter(torch.cat([one.double().flatten() for one in tensors]).tolist())
    found: list[list[Any]] = []
    for one in tensors:
        rows, *columns = one.shape
        found.append([list(islice(flat, *columns)) for _ in range(rows)] if columns else list(islice(flat, rows)))
    return found


def compute_exactly(device: torch.device) -> None:
    """Let a GPU compute float32 as float32, and the same way every time; on a CPU nothing changes.

    cuDNN's convolutions and recurrent layers take TF32 by default, ten bits of a float32's twenty-three. It is off
    here, and so is the choice of an algorithm by trying which is faster, for that depends on the batch. Set for the
    whole process.

    Args:
        device: what will be computed on.
    """
    if device.type != "cuda":
        return
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True
