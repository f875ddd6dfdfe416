"""What is refused before anything is certified."""

from __future__ import annotations

import pytest

from bench.contracts.registry import Registry
from bench.core.errors import UsageError
from bench.studies.certification import check_certifies


@pytest.mark.parametrize("wrong", ["none", "multi_condition"])
def test_a_defence_that_proves_nothing_is_named(wrong: str) -> None:
    with pytest.raises(UsageError, match=f"--defense '{wrong}': found one that proves nothing"):
        check_certifies(Registry.discover(), ["cnn_gru"], [wrong])


@pytest.mark.parametrize(
    ("victim", "defense", "option"),
    [
        ("isolated:cnn_gru", "smoothing", "--victim"),
        ("cnn_gru", "isolated:smoothing", "--defense"),
        ("cnn_gru", "isolated:rnnoise + smoothing", "--defense"),
    ],
)
def test_a_proof_by_what_is_not_trusted_is_refused(victim: str, defense: str, option: str) -> None:
    with pytest.raises(UsageError, match=f"{option} .*: found one in a process of its own.*leave isolated: out"):
        check_certifies(Registry.discover(), [victim], [defense])
