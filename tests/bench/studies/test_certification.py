"""What is refused before anything is certified."""

from __future__ import annotations

import pytest

from bench.contracts.registry import Registry
from bench.core.errors import UsageError
from bench.studies.certification import check_certifies


@pytest.mark.parametrize("wrong", ["none", "multi_condition"])
def test_a_defence_that_proves_nothing_is_named(wrong: str) -> None:
    with pytest.raises(UsageError, match=f"--defense '{wrong}': found one that proves nothing"):
        check_certifies(Registry.discover(), [wrong])
