"""Which perturbations change the emotion that people hear.

A noise that changes what people hear falsifies the label, so success with it is no fair success (P1). The default table
is P1's: shares of utterances whose perceived activation or valence changed, by majority of three raters.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from bench.rng import key_of
from bench.types import Perturbation

_P1_NAMES = {
    "FillerL": "filler",
    "FillerS": "filler",
    "Laugh": "laugh",
    "Cry": "cry",
    "SpeedUtt0.75": "speed_utterance",
    "SpeedUtt1.25": "speed_utterance",
    "PitchUp1.25": "pitch",
    "PitchDown0.75": "pitch",
}
_P1_IMPERCEPTIBLE = (
    "noise",
    "speed_segment",
    "fade_in",
    "fade_out",
    "drop_words",
    "drop_letters",
    "reverb",
)


@dataclass(frozen=True)
class Perception:
    """A study of what people hear, by the name of the perturbation.

    Args:
        name: the study, as it stands in records.
        perceptible: perturbations found to change the perceived emotion, with the largest share of utterances changed.
        imperceptible: perturbations found not to.
    """

    name: str
    perceptible: Mapping[str, float]
    imperceptible: frozenset[str]

    @property
    def fingerprint(self) -> str:
        """Changes whenever the table does; part of every result's key."""
        rows = [*sorted(self.perceptible.items()), *sorted(self.imperceptible)]
        return f"{key_of(self.name, *rows):016x}"

    def covers(self, perturbation: Perturbation | None) -> bool:
        """Whether the study has looked at it."""
        return perturbation is not None and (
            perturbation.name in self.perceptible or perturbation.name in self.imperceptible
        )

    def is_imperceptible(self, perturbation: Perturbation | None) -> bool:
        """Whether people were found to hear the same emotion.

        What no study has looked at does not count as imperceptible: silence wins no attack a better column.

        >>> p1().is_imperceptible(Perturbation("fade_in", "signal"))
        True
        >>> p1().is_imperceptible(Perturbation("pitch", "signal")), p1().is_imperceptible(None)
        (False, False)
        """
        return perturbation is not None and perturbation.name in self.imperceptible


@cache
def p1() -> Perception:
    """The table of P1, section 5.3. Everything else in P1's catalogue was found imperceptible for emotion."""
    text = resources.files("bench.noises").joinpath("perception_p1.csv").read_text()
    shares: dict[str, float] = {}
    for row in csv.DictReader(text.splitlines()):
        name = _P1_NAMES[row["noise"]]
        share = max(float(row["activation_changed"]), float(row["valence_changed"]))
        shares[name] = max(share, shares.get(name, 0.0))
    return Perception("p1", shares, frozenset(_P1_IMPERCEPTIBLE))
