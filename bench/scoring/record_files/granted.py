"""The threat model of a finished cell, as its record file says it, or as it follows from what older ones say."""

from __future__ import annotations

from bench.contracts.threat_models import COUNTED, Counted, Knowledge, ThreatModel
from bench.core.errors import UsageError
from bench.core.specs import bare
from bench.core.storage.json_objects import JsonObject

_KNEW: dict[str, Knowledge] = {
    "adaptive": "defense",
    "aware": "defense",
    "transfer": "bare-victim",
    "unaware": "bare-victim",
}
"""Built-ins that knew something before attacks declared it, by all their names."""


def granted_in(told: JsonObject) -> ThreatModel:
    """Read a cell's threat model from its description.

    A file of before threat models were declared has none: its attack's name says what it knew, its Corr whether it was
    informed, its parameter `noises` what it kept to. It was told whether it fooled the victim, and no more.

    Args:
        told: the description.

    Raises:
        DataError: it is none that there can be.
    """
    if told.has("threat_model"):
        found = told.inner("threat_model")
        try:
            return ThreatModel.of(found.fields)
        except UsageError as error:
            raise told.wrong("threat_model", error.found, error.expected) from error
    knows: list[Knowledge] = ["noise-harm"] if told.truth("corr") else []
    name = bare(told.text("attack")).partition(":")[0]
    knows += [_KNEW[name]] if name in _KNEW else []
    kept_to = told.inner("attack_identity").inner_or_empty("params").fields.get("noises")
    allowed: tuple[Counted, ...] = tuple(one for one in COUNTED if one == kept_to)
    return ThreatModel(tuple(knows), allowed=allowed[0] if allowed else "all")
