"""What torch computes by beside its arguments, in this thread: modes, precision, gradients."""

from __future__ import annotations

import torch

from bench.core.errors import ComponentError

Modes = tuple[int, int, bool, bool, bool, torch.dtype]
_functions, _dispatches = torch._C._len_torch_function_stack, torch._C._len_torch_dispatch_stack
_autocast, _grad = torch.is_autocast_enabled, torch.is_grad_enabled
_inference, _dtype = torch.is_inference_mode_enabled, torch.get_default_dtype


def torch_modes() -> Modes:
    """Tell what torch's calls in this thread depend on beside what they are given.

    Whoever runs somebody else's code compares it before and after. A mode that a generator has entered stays on while
    it waits, and sees, or makes, whatever is computed meanwhile.
    """
    return _functions(), _dispatches(), _autocast("cpu"), _grad(), _inference(), _dtype()


def check_modes(before: Modes, doing: str) -> None:
    """Refuse a victim that has left torch in another mode than it found: what is asked next would be asked in it.

    Args:
        before: from `torch_modes`.
        doing: which of its methods was called.

    Raises:
        ComponentError: it has.
    """
    if torch_modes() != before:
        remedy = f"leave what {doing} enters before it returns or yields"
        raise ComponentError("victim", "a mode of torch left on", "torch as it was", remedy)
