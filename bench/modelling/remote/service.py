"""Asking a deployed service: patiently, within a ceiling, and never twice about the same thing."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import Any
from urllib import request
from urllib.error import HTTPError, URLError

from bench.core.errors import ComponentError, UsageError
from bench.data.fetching.deadline import Cut, opener, within_seconds
from bench.data.fetching.web import reason
from bench.modelling.remote.journal import Journal

_MAY_PASS = {408, 425, 429, 500, 502, 503, 504}
_DENIED = {401, 403}
_LARGEST = 10_000_000
_LONGEST_PAUSE_S = 600.0
_HIDDEN = "***"


@dataclass(frozen=True)
class Pace:
    """How often and how patiently to ask.

    Args:
        timeout_s: seconds for an answer.
        retries: further tries after one that may have failed by chance.
        pause_s: seconds before the second try, doubled before each further one.
        interval_s: seconds between two requests.
        max_requests: requests in all, those that fail and those of earlier runs too; None for any number.
    """

    timeout_s: float
    retries: int
    pause_s: float
    interval_s: float
    max_requests: int | None


class PassingError(Exception):
    """A request failed in a way that may pass.

    Args:
        reason: in words.
        pause_s: seconds that the service asked to wait.
    """

    def __init__(self, reason: str, pause_s: float = 0.0) -> None:
        super().__init__(reason)
        self.pause_s = pause_s


@dataclass(frozen=True)
class Service:
    """A service that answers a POST with JSON.

    Args:
        where: whose, for messages.
        url: http or https. Redirects are refused: they would carry the key elsewhere.
        journal: keeps its answers.
        pace: how often to ask.
        headers: of every request. They are in no message.
        secret: what is hidden wherever the service repeats it; "" for nothing.
    """

    where: str
    url: str
    journal: Journal
    pace: Pace
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    secret: str = field(default="", repr=False)

    def ask(
        self,
        question: str,
        body: Callable[[], tuple[bytes, str]],
        good: Callable[[Any], bool],
        stopped: threading.Event,
    ) -> None:
        """Ask the service until the journal has an answer that can be used; not at all where it has one.

        Args:
            question: names what is asked, in the journal.
            body: makes the request's body and its content type.
            good: whether a kept answer can be used; one that cannot is asked for again.
            stopped: once set, nothing more is sent.

        Raises:
            UsageError: the ceiling is reached, or the service refuses the request.
            ComponentError: it gives no JSON, after all retries.
        """
        with self.journal.claimed(question):
            kept = self.journal.answer(question)
            if kept is not None and good(kept):
                return
            content, kind = body()
            for attempt in range(self.pace.retries + 1):
                if not self._turn(stopped):
                    return
                try:
                    answer = self._post(content, kind)
                    if not good(answer) and (said := _error_in(answer)):
                        raise PassingError(f"200 with an error in it: {said!r}")
                    self.journal.keep(question, answer)
                    return
                except PassingError as error:
                    trouble = error
                self._pause(trouble, attempt, stopped)
        found = f"no answer in {self.pace.retries + 1} tries; the last: {trouble}"
        raise ComponentError(
            self.where, found, "JSON", "see that it is running, and run again: what it answered is kept"
        )

    def _turn(self, stopped: threading.Event) -> bool:
        """Wait until a request may be sent, and count it; False once stopped."""
        while not stopped.is_set():
            wait_s = self.journal.turn(self.pace.interval_s, self.pace.max_requests)
            if not wait_s:
                return True
            stopped.wait(wait_s)
        return False

    def _pause(self, trouble: PassingError, attempt: int, stopped: threading.Event) -> None:
        if trouble.pause_s > _LONGEST_PAUSE_S:
            found = f"{trouble}, and to be asked again in {trouble.pause_s:.0f} s"
            expected = f"at most {_LONGEST_PAUSE_S:.0f} s"
            raise ComponentError(self.where, found, expected, "run again then: what it answered is kept")
        if trouble.pause_s:
            self.journal.hold(trouble.pause_s)
        if attempt < self.pace.retries:
            stopped.wait(max(trouble.pause_s, self.pace.pause_s * 2**attempt))

    def _post(self, content: bytes, kind: str) -> Any:
        """Send one request; its answer, with the key hidden in it.

        Raises:
            PassingError: try again.
            UsageError: trying again will not help.
        """
        headers = {"User-Agent": "serbench", "Content-Type": kind, "Accept": "application/json", **self.headers}
        asked = request.Request(self.url, content, headers, method="POST")  # noqa: S310  # the opener has http(s) alone
        with within_seconds(self.pace.timeout_s) as cut:
            try:
                status, text = self._answer(asked, cut)
            except (PassingError, UsageError):
                if not cut.happened:
                    raise
            if cut.happened:
                raise PassingError(f"no whole answer within {self.pace.timeout_s:g} s")
        try:
            return self._hidden(json.loads(text))
        except (ValueError, RecursionError):
            shown = self._hidden(text[:2000].decode("utf-8", "replace"))[:80]
            raise PassingError(f"{status} with what is no JSON: {shown!r}") from None

    def _answer(self, asked: request.Request, cut: Cut) -> tuple[int, bytes]:
        """Status and body of an answer, of at most 10 MB."""
        try:
            text = b""
            with opener(cut).open(asked, timeout=self.pace.timeout_s) as response:
                while part := response.read1(1 << 16):
                    text += part
                    if len(text) > _LARGEST:
                        raise PassingError(f"an answer longer than {_LARGEST:,} bytes")
                return response.status, text
        except HTTPError as error:
            with error:
                raise self._refused(error) from None
        except URLError as error:
            raise self._unreached(error) from None
        except (OSError, HTTPException, ValueError) as error:
            raise PassingError(self._hidden(reason(error))) from None

    def _refused(self, error: HTTPError) -> Exception:
        said = f"{error.code} {self._hidden(str(error.reason))}"
        if error.code in _MAY_PASS:
            return PassingError(f"the service says {said}", retry_after_s(error.headers.get("Retry-After", "")))
        if error.code in _DENIED:
            return UsageError(self.where, said, "leave to ask", "name the variable that holds the key: key_env=NAME")
        if error.headers.get("Location"):
            target = self._hidden(error.headers["Location"])[:200]
            return UsageError(self.where, f"{said}, to {target!r}", "an answer there", "give the final address")
        try:
            text = error.read(2000)
        except (OSError, HTTPException, ValueError) as broken:
            text = f"an answer that broke off: {reason(broken)}".encode()
        shown = self._hidden(text.decode("utf-8", "replace"))[:200]
        return UsageError(
            self.where, f"{said}: {shown!r}", "an answer", "correct the address or the form (send, field)"
        )

    def _unreached(self, error: URLError) -> Exception:
        if isinstance(error.reason, ssl.SSLCertVerificationError):
            expected = "a certificate that this machine trusts"
            return UsageError(self.where, error.reason.verify_message, expected, "name its maker with SSL_CERT_FILE")
        return PassingError(self._hidden(reason(error.reason)))

    def _hidden(self, value: Any) -> Any:
        """The same text, or JSON, without the key."""
        if not self.secret:
            return value
        if isinstance(value, str):
            return value.replace(self.secret, _HIDDEN)
        if isinstance(value, list):
            return [self._hidden(item) for item in value]
        if isinstance(value, dict):
            return {self._hidden(key): self._hidden(item) for key, item in value.items()}
        return value


def _error_in(answer: Any) -> str:
    """What an answer says that is an error, though its status is 200; "" for none."""
    if not isinstance(answer, Mapping):
        return ""
    said = next((answer[name] for name in ("error", "errors", "detail", "message") if answer.get(name)), "")
    return (said if isinstance(said, str) else json.dumps(said))[:200]


def retry_after_s(text: str) -> float:
    """Read the seconds of a header Retry-After: a number, or a date (RFC 9110, section 10.2.3); 0 where it is neither.

    >>> retry_after_s("120"), retry_after_s("Wed, 21 Oct 2015 07:28:00 GMT"), retry_after_s("soon")
    (120.0, 0.0, 0.0)
    """
    if text.isascii() and text.isdecimal():
        return float(text[:20])
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return 0.0
