"""What kinds of arrays figures are computed of, as types."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.intp]
"""Positions in another array; negative where there is none."""
Mask = NDArray[np.bool_]
