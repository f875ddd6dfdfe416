"""A backend of torch's, written in Python: its tensors lie in the CPU's memory, and are on a device of their own.

Every operation comes here. One whose tensors lie on two devices is refused, as a GPU's would be; any other is computed
by the CPU, on the same memory. What the host reads is counted. It shows neither a GPU's times, nor the end of its
memory, nor its rounding.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, library
from torch.utils._pytree import tree_flatten, tree_map, tree_unflatten

NAME = "pretended"
DEVICE_KEY, GRADIENT_KEY = "PrivateUse1", "AutogradPrivateUse1"
_CPU, _ELSEWHERE = 1, 12
"""Kinds of devices by DLPack: the CPU, and one that DLPack knows nothing of."""
_MADE = (
    *("arange", "arange.start", "arange.start_step", "linspace", "eye", "eye.m", "randperm", "randperm.generator"),
    *("kaiser_window", "kaiser_window.periodic", "kaiser_window.beta"),
)
_WHOLE = ("gru.input", "gru.data", "lstm.input", "lstm.data")
"""What torch would compute by kernels of a backend's own, forwards and back."""
_kept: list[library.Library] = []


@dataclass
class Count:
    """How often the host has read from the device."""

    waits: int = 0


_reads = Count()


def install() -> torch.device:
    """Make the device known to torch; for the rest of this process.

    Returns:
        The device.
    """
    from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

    if not _kept:
        _setup_privateuseone_for_python_backend(NAME)
        everything, aten = (library.Library(name, "IMPL") for name in ("_", "aten"))
        _kept.extend((everything, aten))
        everything.fallback(_computed, DEVICE_KEY)
        _register(aten)
        torch.Tensor.__deepcopy__ = _deepcopy
    return torch.device(NAME, 0)


@contextmanager
def counted() -> Iterator[Count]:
    """Count how often the host reads from the device in a `with` block; the number stands there after it."""
    found, before = Count(), _reads.waits
    yield found
    found.waits = _reads.waits - before


def _register(aten: library.Library) -> None:
    """Give kernels of their own to operations that torch would not bring here, or that read."""
    kernels: dict[str, Callable[..., Any]] = {
        "_copy_from": _copy_from,
        "_local_scalar_dense": _item,
        "convolution_overrideable": _convolution,
        "convolution_backward_overrideable": _convolution_backward,
        "ldexp.Tensor": lambda one, other: _there(torch.ldexp(_here(one), _here(other))),
        **{name: _making(_named(name)) for name in _MADE},
    }
    for name, kernel in kernels.items():
        aten.impl(name, kernel, DEVICE_KEY)
    for name in _WHOLE:
        aten.impl(name, _differentiated(_named(name)), GRADIENT_KEY)
    for key in ("Conjugate", "Negative"):  # or a copy would resolve a conjugate by a copy
        aten.impl("_copy_from", library.fallthrough_kernel, key)


def _named(name: str) -> Callable[..., Any]:
    base, _, overload = name.partition(".")
    found: Callable[..., Any] = getattr(getattr(torch.ops.aten, base), overload or "default")
    return found


def _moved(tensor: Tensor, kind: int) -> Tensor:
    """The same memory as a tensor of another device."""
    capsule = torch._C._to_dlpack(tensor)
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    device = (ctypes.c_int32 * 2).from_address(pointer(capsule, b"dltensor") + ctypes.sizeof(ctypes.c_void_p))
    device[0], device[1] = kind, 0
    return torch._C._from_dlpack(capsule)


def _there(tensor: Tensor) -> Tensor:
    """A tensor of the CPU's as one of the device's."""
    with torch.inference_mode(False):
        return _moved(tensor.resolve_conj().resolve_neg(), _ELSEWHERE)


def _here(tensor: Tensor) -> Tensor:
    """A tensor of the device's as one of the CPU's."""
    with torch.inference_mode(False):
        if not tensor.numel():  # has no memory, and may be given some
            return torch.empty(tensor.shape, dtype=tensor.dtype)
        found = _moved(tensor, _CPU)
        found = found.conj() if tensor.is_conj() else found
        return torch._neg_view(found) if tensor.is_neg() else found


def _is_there(value: object) -> bool:
    return isinstance(value, Tensor) and value.device.type == NAME


def _argument(operation: Any, value: object) -> object:
    """What the CPU is given in the place of an argument."""
    if isinstance(value, torch.device):
        return torch.device("cpu")
    if not isinstance(value, Tensor):
        return value
    if _is_there(value):
        return _here(value)
    if value.dim():
        raise RuntimeError(f"{operation}: expected all tensors to be on the same device, found {NAME} and cpu")
    return value


def _computed(operation: Any, *args: Any, **kwargs: Any) -> Any:
    """Any operation: refused where its tensors lie on two devices, and else computed by the CPU."""
    flat, shape = tree_flatten((args, kwargs))
    own = [_argument(operation, value) for value in flat]
    given, named = tree_unflatten(own, shape)
    tensors = [isinstance(one.type, torch._C.TensorType) for one in operation._schema.arguments]
    numbers = [
        torch.tensor(value) if is_tensor and isinstance(value, int | float) else value
        for value, is_tensor in zip(given, tensors, strict=False)
    ]
    found = operation(*numbers, **{name: value for name, value in named.items() if name != "pin_memory"})
    for value, mine in zip(flat, own, strict=True):
        if isinstance(value, Tensor) and isinstance(mine, Tensor) and value.shape != mine.shape:
            value.data = _there(mine)  # written into what had no size yet
    return tree_map(lambda one: _answer(one, flat, own), found)


def _answer(found: object, flat: Sequence[object], own: Sequence[object]) -> object:
    """What an operation returns, on the device: an argument itself where it was written into."""
    if not isinstance(found, Tensor):
        return found
    written = [value for value, mine in zip(flat, own, strict=True) if mine is found]
    return written[0] if written else _there(found)


def _copy_from(source: Tensor, target: Tensor, non_blocking: bool = False) -> Tensor:
    _reads.waits += _is_there(source) and not _is_there(target)
    (_here(target) if _is_there(target) else target).copy_(_here(source) if _is_there(source) else source)
    return target


def _item(tensor: Tensor) -> Any:
    _reads.waits += 1
    return _here(tensor).item()


def _making(operation: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """An operation that makes a tensor out of numbers."""

    def made(*args: Any, device: object = None, pin_memory: object = None, **kwargs: Any) -> Tensor:
        return _there(operation(*args, **kwargs))

    return made


def _convolution(*args: Any) -> Tensor:
    return _there(torch.ops.aten.convolution(*(_here(one) if _is_there(one) else one for one in args)))


def _convolution_backward(gradient: Tensor, sound: Tensor, weight: Tensor, *how: Any) -> tuple[Tensor | None, ...]:
    *_, transposed, _, groups, _ = how
    biases = [weight.shape[1] * groups if transposed else weight.shape[0]]
    found = torch.ops.aten.convolution_backward(_here(gradient), _here(sound), _here(weight), biases, *how)
    return tuple(None if one is None else _there(one) for one in found)


def _differentiated(operation: Callable[..., Any]) -> Callable[..., Any]:
    """An operation that the CPU computes whole, and whose gradient it computes too."""

    class Whole(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, shape: Any, *flat: Any) -> Any:
            leaves = [_here(one).detach().requires_grad_(one.requires_grad) if _is_there(one) else one for one in flat]
            with torch.enable_grad():
                ctx.found = operation(*tree_unflatten(leaves, shape))
            ctx.leaves = leaves
            return tuple(_there(one.detach()) for one in ctx.found)

        @staticmethod
        def backward(ctx: Any, *gradients: Any) -> Any:
            asked = [one for one in ctx.leaves if isinstance(one, Tensor) and one.requires_grad]
            slopes = iter(torch.autograd.grad(ctx.found, asked, [_here(one) for one in gradients], allow_unused=True))
            wants = [isinstance(one, Tensor) and one.requires_grad for one in ctx.leaves]
            found = [next(slopes) if wanted else None for wanted in wants]
            return (None, *(None if one is None else _there(one) for one in found))

    def computed(*args: Any) -> Any:
        flat, shape = tree_flatten(args)
        return Whole.apply(shape, *flat)

    return computed


_copied = torch.Tensor.__deepcopy__


def _deepcopy(self: Tensor, memo: dict[int, Any]) -> Tensor:
    """torch copies the storage of a tensor by an allocator of the device's, which there is not."""
    if type(self) is not Tensor or not _is_there(self):
        return _copied(self, memo)
    if id(self) not in memo:
        memo[id(self)] = self.detach().clone().requires_grad_(self.requires_grad)
    found: Tensor = memo[id(self)]
    return found
