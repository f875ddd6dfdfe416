"""What a grid is made of: cells, each with what its attacker knows and may use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bench.contracts.variants import Variant
from bench.evaluation.cell.cells import Cell


@dataclass(frozen=True)
class Planned:
    """A cell and the variant of its attack that it measures.

    Args:
        cell: what is measured.
        variant: what the attacker knows and may use, and how tables name the attack.
    """

    cell: Cell
    variant: Variant

    def labels(self) -> dict[str, Any]:
        """Return the columns by which results name the variant: attack_base, corr, noises."""
        return {
            "attack_base": self.variant.base,
            "corr": self.variant.corr,
            "noises": list(self.variant.noises),
        }
