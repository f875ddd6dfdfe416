"""Free samples that a cell accepted, which no recipe describes: kept beside its records, each named by its digest."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from bench.core.errors import DataError
from bench.core.storage.files import refuse_special
from bench.scoring.record_files.schema import AGAIN

if TYPE_CHECKING:
    from torch import Tensor

_NAMED = re.compile(r'"samples":"([0-9a-f]{64})"')


def read_samples(path: Path) -> dict[str, Tensor]:
    """Read free samples by their digests, each compared with its own.

    Args:
        path: `samples/KEY.safetensors` in a run's folder.

    Raises:
        DataError: there is no such file, or it is damaged.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    from bench.contracts.recipes import Samples

    try:
        refuse_special(path)
        found = load_file(path)
        wrong = [digest for digest, one in found.items() if not _plain(one) or Samples(one).digest != digest]
    except (OSError, SafetensorError) as error:
        raise DataError(path, f"no readable samples ({error})", "what a run kept", AGAIN) from error
    if wrong:
        raise DataError(path, f"samples that are not {wrong[0][:16]}", "those that were accepted", AGAIN)
    return found


def _plain(waveform: Tensor) -> bool:
    """Whether it is of the form that samples have, which their digest does not tell."""
    return waveform.dim() == 1 and str(waveform.dtype) == "torch.float32"


def named_samples(recipes: Iterable[str | None]) -> set[str]:
    """List the digests of the free samples among recipes.

    Args:
        recipes: lines of JSON, as records have them.

    >>> named_samples(['[{"samples":"' + "ab" * 32 + '","n":16000}]', '[{"effect":"fade_in"}]', None]) == {"ab" * 32}
    True
    """
    return {digest for text in recipes if text for digest in _NAMED.findall(text)}
