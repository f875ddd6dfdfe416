"""What is computed once of a sound, however many tests bring it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import numpy as np
import pytest

_HEARD: dict[tuple[int, bytes], Any] = {}
"""What openSMILE and RNNoise have made of a sound in this worker."""


@pytest.fixture(scope="module")
def heard_once() -> Iterator[None]:
    """Give each sound to openSMILE and RNNoise once: checks bring the same ones four times, and both forget.

    That they do, test_egemaps.py and test_denoiser.py test without this.
    """
    from bench.defending import denoiser
    from bench.modelling.features import egemaps

    def once(plain: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        def make(library: Any, sound: Any) -> Any:
            key = id(library), np.asarray(sound).tobytes()
            if key not in _HEARD:
                _HEARD[key] = plain(library, sound)
            return deepcopy(_HEARD[key])

        return make

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(egemaps, "_one", once(egemaps._one))
        patch.setattr(denoiser, "_denoised", once(denoiser._denoised))
        yield
