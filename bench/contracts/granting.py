"""What an attack is granted, and whether it needs to know its budget: from what it declares, wherever it says so."""

from __future__ import annotations

from bench.contracts.attacks import InformedAttack, SpeechEffect
from bench.contracts.composition import asks_once
from bench.contracts.threat_models import NOTHING_GRANTED, Knowledge, ThreatModel
from bench.contracts.traits import traits_of


def granted_to(attack: object) -> ThreatModel:
    """Return an attack's threat model, with what P1's `corr` and the traits `adaptive` and `transfers` say of it.

    >>> from attacks.boundary import Boundary
    >>> granted_to(Boundary(corr=True)).knows, granted_to(object()).knows
    (('noise-harm',), ())
    """
    if isinstance(attack, SpeechEffect):  # it searches for nothing
        return NOTHING_GRANTED
    traits = traits_of(attack)
    more: list[Knowledge] = ["defense"] if traits.adaptive else []
    more += ["bare-victim"] if traits.transfers else []
    more += ["noise-harm"] if isinstance(attack, InformedAttack) and attack.corr else []
    return traits.threat_model.knowing(*more)


def is_anytime(attack: object) -> bool:
    """Tell whether an attack asks the same first queries whatever its budget: it declares so, or asks once.

    What is brought from the bare victim was searched for there with the same budget, and what is learnt in rounds was
    told to searches with the same budget: both depend on it, whatever is declared.

    >>> from attacks.fade_in import FadeIn
    >>> is_anytime(FadeIn()), is_anytime(object())
    (True, False)
    """
    if isinstance(attack, SpeechEffect):
        return True
    traits = traits_of(attack)
    declared = traits.anytime and not traits.threat_model.round_size
    return declared or (asks_once(attack) and not traits.transfers)
