"""`art_square`: what it is checked with, what it needs, and a wrong parameter."""

from __future__ import annotations

import pytest

from attacks.art_square import ArtSquare
from bench import UsageError
from tests.attacks.told_probabilities import (
    check_it_asks_nothing_where_the_clean_speech_is_refused,
    check_it_goes_where_the_label_is_less_likely,
)

BRIEF = "art_square:steps=1"


def test_it_goes_where_the_label_is_less_likely() -> None:
    check_it_goes_where_the_label_is_less_likely(ArtSquare())


def test_it_asks_nothing_where_the_clean_speech_is_refused() -> None:
    check_it_asks_nothing_where_the_clean_speech_is_refused(ArtSquare())


def test_a_wrong_parameter_is_named() -> None:
    with pytest.raises(UsageError, match="attack 'art_square', parameter 'norm'"):
        ArtSquare(norm="l1")  # type: ignore[arg-type]
