"""The errors that a user can cause, and the one way of saying them.

Every message names the file or option, what was found, what was expected, and what to do. The command line prints
the message alone and leaves with `exit_code`; from Python it is an ordinary exception.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_HERE = Path(__file__).parents[1]
_LONGEST = 1_000
"""Characters of what was found, or of where, that a message shows."""


class BenchError(Exception):
    """Something a user or a plug-in author can put right.

    Args:
        where: the file, option or component at fault.
        found: what was found there.
        expected: what was expected instead.
        remedy: what to do about it.

    >>> raise BenchError("--k", "0", "whole numbers of at least 1", "for example --k 5,15,25")
    Traceback (most recent call last):
        ...
    bench.core.errors.BenchError: --k: found 0; expected whole numbers of at least 1; for example --k 5,15,25
    """

    exit_code = 2

    def __init__(self, where: object, found: str, expected: str, remedy: str) -> None:
        self.where, self.found, self.expected, self.remedy = str(where), found, expected, remedy
        message = f"{_short(self.where)}: found {_short(found)}; expected {expected}; {remedy}"
        super().__init__(" ".join(message.splitlines()))  # one line, whatever another library's error says

    def __reduce__(self) -> tuple[type["BenchError"], tuple[str, str, str, str]]:
        return type(self), (self.where, self.found, self.expected, self.remedy)


def _short(text: str) -> str:
    """A text without its middle, where it is longer than a message may be."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]} … {text[-_LONGEST // 4 :]}"


def told_of(error: BaseException) -> tuple[str, int]:
    """Tell what is said of an error that ended one of several pieces of work: one line, and the exit code.

    >>> told_of(ValueError("no")), told_of(UsageError("--k", "0", "1", "try 5"))[1]
    (('ValueError: no', 1), 2)
    """
    return (str(error), error.exit_code) if isinstance(error, BenchError) else (f"{type(error).__name__}: {error}", 1)


def raised_at(error: BaseException) -> str:
    """Tell where somebody's own code raised an error, " (mine.py, line 31)": the innermost place that is neither here
    nor in a library; "" where there is none.

    Args:
        error: as it was caught.
    """
    import sysconfig
    import traceback

    places = traceback.extract_tb(error.__traceback__)
    libraries = [_HERE, *{Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib", "platlib")}]
    own = [place for place in places if not any(map(Path(place.filename).is_relative_to, libraries))]
    return f" ({Path(own[-1].filename).name}, line {own[-1].lineno})" if own else ""


class UsageError(BenchError):
    """An option or argument that cannot be used as given."""


class RoomError(UsageError):
    """A folder that cannot be written to, or whose disk is full: nothing more can be kept there."""


class DataError(BenchError):
    """A file or folder of the user's that cannot be used as it is."""


class ComponentError(BenchError):
    """A victim, attack or defence that broke its contract; its cell fails and the others go on."""

    exit_code = 1


@contextmanager
def blaming(where: object, expected: str, remedy: str) -> Iterator[None]:
    """Blame a component for whatever its code raises in the body of a `with`: it may leave as a script does.

    A `BenchError` says itself what is wrong, and Ctrl-C is nobody's fault: both pass as they are.

    Args:
        where: the component, and what of it is run.
        expected: what it should have given.
        remedy: what to do about it.

    Raises:
        ComponentError: it raised anything else.

    >>> with blaming("attack 'mine', learn", "a plan", "correct it"):
    ...     raise SystemExit(3)
    Traceback (most recent call last):
        ...
    bench.core.errors.ComponentError: attack 'mine', learn: found SystemExit: 3; expected a plan; correct it
    """
    try:
        yield
    except (BenchError, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise ComponentError(where, f"{type(error).__name__}: {error}", expected, remedy) from error
