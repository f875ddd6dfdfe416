"""What a GPU needs and a CPU does not: uploads that nobody waits for, and float32 that is computed as float32."""

from __future__ import annotations

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
