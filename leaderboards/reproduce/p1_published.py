"""P1's published figures, in the reading that is taken and in the other one.

Source: Jaiswal, Mower Provost: Best practices for noise-based augmentation to improve the performance of deployable
speech-based emotion recognition systems: Table 1 (`best_practices_table1.csv`), Table 2 (`best_practices_table2.csv`)
and the text of sections 7.1 to 7.3 (`best_practices_text.csv`).

Reading: Table 1 and the percentages of the text are **relative**. The caption speaks of "change in UAR", but section
7.1 calls the same figures the percentage change over clean test data, 0.67 and 0.59; read as differences, 16 of the 36
noisy UARs would lie below chance (0.33), read as relative changes none. The gains of the augmented columns are relative
to the un-augmented victim **on the same noise**. The other reading, that all of them are differences of UAR, stands
beside.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from leaderboards.reproduce.facts import facts

PaperColumn = Literal["activation", "valence"]
"""The paper's columns."""
CATEGORIES = {"Nat": "natural", "Hum": "human", "Int": "interior"}
"""P1's environmental noises, by the bank's categories."""
EFFECTS = {
    "SpeedSeg": "speed_segment",
    "FadeIn": "fade_in",
    "FadeOut": "fade_out",
    "DropW": "drop_words",
    "DropLt": "drop_letters",
    "Reverb": "reverb",
}
"""P1's imperceptible synthetic noises, and the attacks that make them."""


def column_of(task: str) -> PaperColumn:
    """Name the paper's column that a task is set beside: activation, unless the task is valence.

    >>> column_of("valence3"), column_of("ahsn")
    ('valence', 'activation')
    """
    return "valence" if task.startswith("valence") else "activation"


@dataclass(frozen=True)
class Readings:
    """Hold a published figure in both readings.

    Args:
        printed: as the paper has it: a relative change in the reading that is taken, a difference of UAR in the other.
        base: UAR that the relative change is of.
    """

    printed: float
    base: float

    @property
    def uar(self) -> float:
        """Return the difference of UAR that the relative change makes.

        >>> Readings(-0.25, 0.67).uar
        -0.17
        """
        return round(self.printed * self.base, 2)

    def columns(self) -> dict[str, float]:
        """Return the columns of a table: what is judged, the same as a difference of UAR, and the other reading."""
        return {
            "published, relative": self.printed,
            "published, as UAR": self.uar,
            "published, read as UAR": self.printed,
        }


@dataclass(frozen=True)
class Published:
    """One row of Table 1.

    Args:
        noise: its name there.
        snr_db: of the whole-utterance noises.
        changes: from column to the relative change of UAR, un-augmented; negative is a loss.
        gains: from column to what augmentation gains, relative to the un-augmented victim on this noise.
        attack: the spec that makes this noise here.
    """

    noise: str
    snr_db: str
    changes: dict[PaperColumn, float]
    gains: dict[PaperColumn, float]
    attack: str

    def change(self, column: PaperColumn) -> Readings:
        """Return what the noise costs, relative to clean speech."""
        return Readings(self.changes[column], clean_uar(column))

    def gain(self, column: PaperColumn) -> Readings:
        """Return what augmentation gains.

        >>> nat_co_10 = published()[2]
        >>> nat_co_10.noise, nat_co_10.snr_db, nat_co_10.gain("activation").uar
        ('NatCo', '10', 0.14)
        """
        return Readings(self.gains[column], clean_uar(column) * (1 + self.changes[column]))

    @property
    def environmental(self) -> bool:
        """Return whether the noise is a sound laid over the speech."""
        return self.noise[:3] in CATEGORIES


@cache
def published() -> tuple[Published, ...]:
    """Read the paper's rows, in its order."""
    columns: tuple[PaperColumn, PaperColumn] = ("activation", "valence")
    return tuple(
        Published(
            row["noise"],
            row["snr_db"],
            {name: float(row[f"{name}_change"]) for name in columns},
            {name: float(row[f"augmented_{name}_gain"]) for name in columns},
            _attack(row["noise"], row["snr_db"]),
        )
        for row in facts("best_practices_table1.csv")
    )


def clean_uar(column: PaperColumn) -> float:
    """Return the UAR that P1 measured on clean speech."""
    return _text("clean_uar", column)


def _text(quantity: str, column: PaperColumn) -> float:
    return next(float(row[column]) for row in facts("best_practices_text.csv") if row["quantity"] == quantity)


def told(quantity: str, task: str) -> float:
    """Return a figure of the text of P1's sections 7.1 to 7.3.

    Args:
        quantity: its name in `best_practices_text.csv`.
        task: which column it is set beside.
    """
    return _text(quantity, column_of(task))


def _attack(noise: str, snr_db: str) -> str:
    if noise in EFFECTS:
        return EFFECTS[noise]
    parts = [f"category={CATEGORIES[noise[:3]]}"] * (noise[:3] != "Nat")
    parts += ["position=start"] if noise.endswith("St") else [f"snr_db={float(snr_db)}"] * (snr_db != "20")
    return "environmental" + (":" + ",".join(parts) if parts else "")
