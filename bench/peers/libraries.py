"""Foolbox and ART, imported when they are first used: that takes seconds."""

from __future__ import annotations

import warnings
from functools import cache
from importlib import import_module
from typing import Any


@cache
def foolbox() -> Any:
    """Import Foolbox; what it warns of while it is imported concerns its authors."""
    return _quietly("foolbox")


@cache
def art_evasion() -> Any:
    """Import ART's evasion attacks, likewise."""
    return _quietly("art.attacks.evasion")


@cache
def art_classifiers() -> Any:
    """Import ART's classifiers, likewise."""
    return _quietly("art.estimators.classification")


def _quietly(module: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return import_module(module)
