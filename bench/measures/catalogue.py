"""The measures by name: what each says, and where it is computed. Nothing heavy is imported before one is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module, metadata
from importlib.util import find_spec
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from bench.core.errors import UsageError
from bench.core.specs import did_you_mean

if TYPE_CHECKING:
    from torch import Tensor

DECIMALS = 4
"""Decimals of a recorded value: beyond any of these measures' precision."""


@dataclass(frozen=True)
class Measure:
    """One measure of the distance between an original and a candidate.

    Args:
        name: its column in the records, and its name after `--measure`.
        unit: "dB", "MOS-LQO", or "" for a plain number.
        least: the least value it takes.
        greatest: the greatest.
        closer: whether a candidate nearer to the original has a higher or a lower value.
        source: where it is defined.
        place: "module:function"; the function takes two tensors, shape (t,), and gives a float, or None where it is
            not defined.
        package: what of the extra `perceptual` it needs; "" for nothing.
    """

    name: str
    unit: str
    least: float
    greatest: float
    closer: Literal["higher", "lower"]
    source: str
    place: str
    package: str = ""

    def __call__(self, original: Tensor, candidate: Tensor) -> float | None:
        """Measure one candidate.

        Args:
            original: shape (t,), at 16 kHz, in [-1, 1].
            candidate: shape (u,), likewise; what the victim heard.

        Returns:
            The value to `DECIMALS` decimals; None where the measure is not defined, as for another length.

        Raises:
            UsageError: its package is not installed.
        """
        module, _, function = self.place.partition(":")
        value: float | None = getattr(import_module(module), function)(original, candidate)
        return None if value is None else round(value, DECIMALS)

    def version(self) -> str:
        """Return the version of the measure's package; "" where it needs none: its own code is in the key of every cell
        that asks for it.
        """
        return metadata.version(self.package) if self.package else ""

    def check(self) -> None:
        """Raise a UsageError where the measure's package is not installed; imports nothing."""
        if self.package and find_spec(self.package) is None:
            raise missing(self.name, self.package)


def missing(name: str, package: str) -> UsageError:
    """Make the error to raise where a measure's package is not there.

    Args:
        name: the measure.
        package: what it needs, by its name on PyPI.
    """
    return UsageError(
        f"measure {name!r}", f"no package `{package}`", "the extra `perceptual`", "pip install 'serbench[perceptual]'"
    )


_INFINITE = float("inf")
_LISTED = (
    Measure(
        "seg_snr_db",
        "dB",
        -10.0,
        35.0,
        "higher",
        "Hansen and Pellom 1998; Loizou 2007, section 10.1",
        "bench.measures.segmental_snr:segmental_snr_db",
    ),
    Measure("stoi", "", -1.0, 1.0, "higher", "Taal et al. 2011", "bench.measures.stoi:short_time_objective", "pystoi"),
    Measure("pesq", "MOS-LQO", 1.0, 4.65, "higher", "ITU-T P.862.2", "bench.measures.pesq:wide_band", "pesq"),
    Measure(
        "nmr_db",
        "dB",
        -_INFINITE,
        _INFINITE,
        "lower",
        "ISO/IEC 11172-3 Annex D.1; ITU-R BS.1387",
        "bench.measures.noise_to_mask:noise_to_mask_db",
    ),
    Measure(
        "audible_share",
        "",
        0.0,
        1.0,
        "lower",
        "ISO/IEC 11172-3 Annex D.1; ITU-R BS.1387",
        "bench.measures.noise_to_mask:audible_share",
    ),
)

MEASURES: Mapping[str, Measure] = MappingProxyType({measure.name: measure for measure in _LISTED})
"""By name, in the order of the records' columns."""


def parse_measures(given: str | Sequence[str]) -> tuple[str, ...]:
    """Read names of measures; return them in the order of the records' columns, each once.

    Args:
        given: names, or one text with commas between them; "" is none.

    Raises:
        UsageError: one is not known.

    >>> parse_measures("stoi, seg_snr_db,stoi")
    ('seg_snr_db', 'stoi')
    """
    names = {name.strip() for name in (given.split(",") if isinstance(given, str) else given)} - {""}
    for name in sorted(names - MEASURES.keys()):
        raise UsageError("--measure", repr(name), "one of " + ", ".join(MEASURES), did_you_mean(name, tuple(MEASURES)))
    return tuple(name for name in MEASURES if name in names)


def check_measures(names: Sequence[str]) -> None:
    """Raise a UsageError unless all these are known and can be computed here; imports nothing heavy."""
    for name in parse_measures(names):
        MEASURES[name].check()
