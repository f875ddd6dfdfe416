"""One file over HTTP: taken up where it was cut, and under its own name only when all of it has come.

Beside `FILE`, what has come so far stands in `FILE.part`, and where it is from in `FILE.part.json`. Why this is not
left to a library: docs/decisions/0008-downloads.md. References: RFC 9110, sections 13.1.5 (If-Range) and 14 (ranges).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from http.client import HTTPException, HTTPResponse
from pathlib import Path

from bench.core.errors import DataError
from bench.core.showing.progress import Progress
from bench.core.storage.json_objects import loaded
from bench.data.fetching.web import NETWORK_REMEDY, PART, CutError, open_url, reason, total_of, validator_of

MEGABYTE = 1_000_000
_CHUNK = 1 << 18
_SLOWEST = 100
"""Bytes a second, over `timeout_s`: what comes more slowly counts as no sign of life."""


@dataclass(frozen=True)
class Downloader:
    """How patiently to ask.

    Args:
        timeout_s: seconds without a sign of life after which a connection counts as lost.
        tries: failures in a row, without a new byte between them, after which it gives up.
        pause_s: seconds before the second try, doubled before each further one.
    """

    timeout_s: float = 30.0
    tries: int = 6
    pause_s: float = 1.0

    def fetch(
        self, url: str, target: Path, progress: Progress, size: int, exact: bool = False, checked: bool = False
    ) -> None:
        """Download a file, or the rest of it.

        Args:
            url: http or https; redirects are followed.
            target: the file to be; its folder exists.
            progress: hears of megabytes.
            size: bytes that are expected.
            exact: whether another size is an error.
            checked: whether a checksum will be compared, so that a rest may be asked for where the server has no way
                of saying that the file is still the same.

        Raises:
            DataError: it cannot be had, has another size, or the disk is full. What has come stays for the next time.
        """
        part = _Part(target.with_name(f"{target.name}.part"))
        expected = size if exact else None
        best, failures = part.size, 0
        with progress.task(f"fetching {target.name} (MB)", total=-(-size // MEGABYTE)) as step:
            meter = _Meter(step)
            while True:
                try:
                    self._attempt(url, part, (size, expected), checked, meter)
                    break
                except CutError as trouble:
                    failures = 1 if part.size > best else failures + 1
                    best = max(best, part.size)
                    if trouble.stale:
                        part.drop()
                    if failures >= self.tries:
                        raise _given_up(url, trouble, part) from trouble
                    pause_s = max(self.pause_s * 2 ** (failures - 1), trouble.pause_s)
                    progress.say(f"{target.name}: {trouble}; trying again in {pause_s:.3g} s")
                    time.sleep(pause_s)
        part.finish(target)

    def _attempt(self, url: str, part: _Part, sizes: tuple[int, int | None], checked: bool, meter: _Meter) -> None:
        size, expected = sizes
        old, start = part.origin(), part.size
        if old is None or old.url != url or not (old.validator or checked) or start > (old.total or start):
            part.drop()
            old, start = None, 0
        meter.at(start)
        if old is not None and start == old.total:
            return
        with open_url(url, start, old.validator if old else "", self.timeout_s) as response:
            new = _Origin(url, validator_of(response), total_of(response, start))
            if response.status != PART:
                start = 0
            elif old is None or not old.continues_as(new):
                raise CutError("the file has changed on the server since the first part of it came", stale=True)
            if expected is not None and new.total not in (None, expected):
                raise _other_size(url, new.total or 0, expected)
            if not start:
                part.begin(new)
            most = (expected or new.total or 2 * size + MEGABYTE) - start
            pace = _Pace(most, self.timeout_s)
            came = start + _copy(response, part.file, lambda count: meter.at(start + count), pace)
        whole = new.total if new.total is not None else expected
        if whole is not None and came != whole:
            raise CutError(f"the connection was cut after {came:,} of {whole:,} bytes")


@dataclass(frozen=True)
class _Origin:
    """Where the bytes of a part are from: the same `validator` (ETag or date) means the same file."""

    url: str
    validator: str
    total: int | None

    def continues_as(self, rest: _Origin) -> bool:
        """Whether a rest is of the same file. Its size is said with every rest, its validator not always."""
        same_size = rest.total is not None and self.total in (None, rest.total)
        return same_size and rest.validator in ("", self.validator)


@dataclass(frozen=True)
class _Part:
    """What has come so far."""

    file: Path

    @property
    def _about(self) -> Path:
        return self.file.with_name(f"{self.file.name}.json")

    @property
    def size(self) -> int:
        return self.file.stat().st_size if self.file.exists() else 0

    def origin(self) -> _Origin | None:
        """Where it is from; None where that is not known, so that no rest can be asked for."""
        try:
            return _Origin(**loaded(self._about.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def begin(self, origin: _Origin) -> None:
        """Nothing has come yet, and this is where it will come from."""
        try:
            self.file.unlink(missing_ok=True)
            self._about.write_text(json.dumps(asdict(origin)), encoding="utf-8")
        except OSError as error:
            raise _unwritable(self.file, error) from error

    def drop(self) -> None:
        self.file.unlink(missing_ok=True)
        self._about.unlink(missing_ok=True)

    def finish(self, target: Path) -> None:
        self.file.touch()  # a file without a byte
        self.file.replace(target)
        self._about.unlink(missing_ok=True)


class _Meter:
    """Tells a progress bar of whole megabytes; a download that starts anew takes its bar back."""

    def __init__(self, step: Callable[[int], None]) -> None:
        self._step, self._told = step, 0

    def at(self, size: int) -> None:
        done = size // MEGABYTE
        if done != self._told:
            self._step(done - self._told)
            self._told = done


@dataclass
class _Pace:
    """How much may come, and how slowly.

    A server that says no size may send without end, and one that sends a byte now and then is never silent.
    """

    most: int
    window_s: float
    _since: float = field(default_factory=time.monotonic)
    _before: int = 0

    def check(self, came: int) -> None:
        """Raise where more has come than can be meant, or hardly anything for a while."""
        if came > self.most:
            raise CutError(f"more than the {self.most:,} bytes that it can have", stale=True)
        now = time.monotonic()
        if now - self._since > self.window_s:
            if came - self._before < _SLOWEST * self.window_s:
                raise CutError(f"only {came - self._before:,} bytes in {now - self._since:.0f} s")
            self._since, self._before = now, came


def _copy(response: HTTPResponse, file: Path, at: Callable[[int], None], pace: _Pace) -> int:
    """Append what comes to the file; the number of bytes. Unbuffered, so that a full disk is noticed where it fails."""
    came = 0
    with file.open("ab", buffering=0) as handle:
        while True:
            try:
                chunk = memoryview(response.read1(_CHUNK))
            except (OSError, HTTPException) as error:
                raise CutError(reason(error)) from error
            if not chunk:
                return came
            came += len(chunk)
            try:
                while chunk:
                    chunk = chunk[handle.write(chunk) :]
            except OSError as error:
                raise _unwritable(file, error) from error
            at(came)
            pace.check(came)


def _unwritable(file: Path, error: OSError) -> DataError:
    remedy = "make room there; the same command goes on where this one stopped"
    return DataError(file, reason(error), "a file that can be written to, and room for all of it", remedy)


def _other_size(url: str, found: int, expected: int) -> DataError:
    remedy = "see its page: it has been replaced, or something else answers in its place (a login page of the network?)"
    return DataError(url, f"a file of {found:,} bytes", f"one of {expected:,} bytes", remedy)


def _given_up(url: str, trouble: CutError, part: _Part) -> DataError:
    kept = f"the same command goes on after {part.size:,} bytes" if part.size else "give the same command again later"
    return DataError(url, str(trouble), "the file", f"{NETWORK_REMEDY}; {kept}")
