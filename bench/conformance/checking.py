"""One thing that is asked of a component, and what came of it: a failing check hides no other."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from bench.core.errors import BenchError, ComponentError, raised_at

Status = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True)
class ConformanceCheck:
    """One thing that is asked of a component.

    Args:
        name: in a word or three.
        asks: what is expected, in one sentence that begins with a verb.
        run: checks it; raises `AssertionError` saying what was found, or returns a remark, "" for none.
        needs: names of the checks without which this one can say nothing.
        skip: why it does not concern this component; "" where it does.
        rests_on_user: whether what the user gave, such as a folder, can be why it cannot be run: a `UsageError`
            or `DataError` is then no failure of the component's.
    """

    name: str
    asks: str
    run: Callable[[], str]
    needs: tuple[str, ...] = ()
    skip: str = ""
    rests_on_user: bool = False


@dataclass(frozen=True)
class CheckOutcome:
    """What came of a check.

    Args:
        check: which.
        status: "passed", "failed" or "skipped".
        found: what was found where it failed, why it was skipped, or a remark.
        seconds: that it took.
    """

    check: ConformanceCheck
    status: Status
    found: str
    seconds: float


class NotConcernedError(Exception):
    """A check that turns out not to concern the component, and says why: it is skipped."""


def require(holds: bool, found: str) -> None:
    """Raise an `AssertionError` where something does not hold; so it does under `python -O`, which drops asserts.

    Args:
        holds: whether it does.
        found: what was found instead.
    """
    if not holds:
        raise AssertionError(found)


def assert_all(checks: Iterable[ConformanceCheck]) -> None:
    """Run checks in their order, and leave with the error of the first that fails."""
    for check in checks:
        if not check.skip:
            with suppress(NotConcernedError):
                check.run()


def outcomes(checks: Sequence[ConformanceCheck]) -> Iterator[CheckOutcome]:
    """Run checks one after the other, each whatever came of the others but those that it needs.

    Raises:
        BenchError: what the user gave cannot be used: an option, or a file or folder of theirs.
    """
    without: dict[str, str] = {}
    for check in checks:
        lacking = next((name for name in check.needs if name in without), None)
        if check.skip or lacking is not None:
            reason = check.skip or f"it needs {lacking!r}, which {without[lacking or '']}"
            found = CheckOutcome(check, "skipped", reason, 0.0)
        else:
            found = _outcome(check)
        if found.status != "passed":
            without[check.name] = found.status if found.status == "failed" else "was skipped"
        yield found


def _outcome(check: ConformanceCheck) -> CheckOutcome:
    started = time.monotonic()
    status: Status = "failed"
    try:
        found, status = check.run(), "passed"
    except NotConcernedError as error:
        found, status = str(error), "skipped"
    except AssertionError as error:
        found = (str(error) or "an assertion of its own that says nothing") + _raised_by(error)
    except BenchError as error:
        if check.rests_on_user and not isinstance(error, ComponentError):
            raise
        found = str(error) + _raised_by(error)
    except (Exception, SystemExit) as error:  # somebody else's code runs here
        found = f"{type(error).__name__}: {error}{raised_at(error)}"
    return CheckOutcome(check, status, found, time.monotonic() - started)


def _raised_by(error: BaseException) -> str:
    """Where somebody's own code raised what led to an error; "" where nothing did."""
    return "" if error.__cause__ is None else raised_at(error.__cause__)
