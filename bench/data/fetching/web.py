"""Asking a web server for a file, and saying in plain words what went wrong.

HTTP and HTTPS alone, also after a redirect; never `ftp:` or `file:`. Proxies are those of the environment.
"""

from __future__ import annotations

import re
import ssl
from http.client import HTTPException, HTTPResponse
from urllib import request
from urllib.error import HTTPError, URLError

from bench.core.errors import DataError
from bench.data.fetching.deadline import opener, within_seconds

NETWORK_REMEDY = "check the network (HTTPS_PROXY names a proxy, --mirror another server)"
PART = 206
"""The status of an answer that holds the range that was asked for, and not the whole file."""

_RANGE_WRONG = 416
_MAY_PASS = {408, 425, 429, 500, 502, 503, 504}
_LONGEST_PAUSE_S = 120.0
_HEADS_S = 2.0
"""Times the seconds without a sign of life, for all that comes before the file's first byte."""


class CutError(Exception):
    """A transfer failed in a way that may pass.

    Args:
        reason: in words.
        pause_s: seconds that the server asked to wait.
        stale: whether what has come so far is not a beginning of what the server has now.
    """

    def __init__(self, reason: str, pause_s: float = 0.0, stale: bool = False) -> None:
        super().__init__(reason)
        self.pause_s, self.stale = pause_s, stale


def open_url(url: str, start: int, validator: str, timeout_s: float) -> HTTPResponse:
    """Ask for a file from byte `start` on; for all of it where it has changed since `validator` was heard.

    Args:
        url: http or https; redirects are followed.
        start: the first byte that is wanted; 0 is the whole file.
        validator: what `validator_of` gave of the file before; "" for none.
        timeout_s: seconds without a sign of life after which the connection counts as lost.

    Raises:
        CutError: try again.
        DataError: trying again will not help.
    """
    headers = {"User-Agent": "serbench"}
    if start:
        headers |= {"Range": f"bytes={start}-"} | ({"If-Range": validator} if validator else {})
    with within_seconds(_HEADS_S * timeout_s) as cut:
        try:
            asked = request.Request(url, headers=headers)  # noqa: S310
            response: HTTPResponse = opener(cut, request.HTTPRedirectHandler()).open(asked, timeout=timeout_s)
        except HTTPError as error:
            error.close()
            raise _refused(url, error) from error
        except URLError as error:
            raise _unreached(url, error) from error
        except (OSError, HTTPException) as error:
            raise CutError("no whole answer in time" if cut.happened else reason(error)) from error
        except ValueError as error:  # a redirect to what is no address
            raise DataError(url, f"a redirect to no address ({error})", "the file", NETWORK_REMEDY) from error
    if cut.happened:
        response.close()
        raise CutError("no whole answer in time")
    return response


def validator_of(response: HTTPResponse) -> str:
    """Find what tells one version of the file from another: a strong ETag, or the date of its last change; else ""."""
    etag = str(response.headers.get("ETag", ""))
    return etag if etag.startswith('"') else str(response.headers.get("Last-Modified", ""))


def total_of(response: HTTPResponse, start: int) -> int | None:
    """Read the size of the whole file in bytes, where the server says it, and what it sends begins at `start`.

    Args:
        response: the server's answer.
        start: the first byte that was asked for.

    Returns:
        None where the server does not say it, or sends another part.
    """
    if response.status == PART:
        span = re.fullmatch(r"bytes (\d{1,19})-\d{1,19}/(\d{1,19})", response.headers.get("Content-Range", ""))
        return int(span[2]) if span and int(span[1]) == start else None
    length = response.headers.get("Content-Length", "")
    return int(length) if length.isdecimal() and len(length) < 20 else None


def reason(error: object) -> str:
    """Put an error of the network or the disk into a few words."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return (text or type(error).__name__).lower()


def _refused(url: str, error: HTTPError) -> Exception:
    if error.code == _RANGE_WRONG:
        return CutError("the server has less than has come already", stale=True)
    if error.code in _MAY_PASS:
        asked = error.headers.get("Retry-After", "")
        pause_s = min(float(asked[:20]), _LONGEST_PAUSE_S) if asked.isascii() and asked.isdecimal() else 0.0
        return CutError(f"the server says {error.code} {error.reason}", pause_s)
    remedy = "see whether its page names another place, and give that with --mirror"
    return DataError(url, f"{error.code} {error.reason}", "the file", remedy)


def _unreached(url: str, error: URLError) -> Exception:
    if isinstance(error.reason, ssl.SSLCertVerificationError):
        expected = "a certificate that this machine trusts"
        return DataError(url, error.reason.verify_message, expected, "name its certificates with SSL_CERT_FILE")
    if "unknown url type" in str(error.reason):
        return DataError(url, str(error.reason), "http or https all the way", NETWORK_REMEDY)
    return CutError(reason(error.reason))
