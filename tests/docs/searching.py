"""The documentation's search, in a real Chromium: `.ci/run` calls this with the site that it built.

`SERBENCH_DOCS=SITE pytest tests/docs/searching.py`. No test of the suite, since building the documentation takes longer
than all that is asked of it here.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.leaderboards.browser import CHROMIUM, PATIENCE_S, Browser

SITE = Path(os.environ.get("SERBENCH_DOCS", "site"))
FOUND = "Array.from(document.querySelectorAll('.md-search-result__link')).map((one) => one.href)"


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing of it."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(SITE)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    found = Browser(tmp_path_factory.mktemp("profile"))
    yield found
    found.close()


@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium to open the documentation with")
@pytest.mark.parametrize(
    ("words", "page"),
    [
        ("how many queries", "charging.html"),
        ("SNR formula", "snr.html"),
        ("hop skip jump", "attacks/foolbox_hop_skip_jump.html"),
        ("sandbox plug-in safe", "isolation.html"),
        ("tutorial", "tutorial.html"),
        ("IEMOCAP", "corpora/iemocap.html"),
    ],
)
def test_search_finds_the_page(browser: Browser, address: str, words: str, page: str) -> None:
    browser.visit(f"{address}/index.html?q={words.replace(' ', '+')}")
    until = time.monotonic() + PATIENCE_S
    while not (found := browser.run(FOUND)) and time.monotonic() < until:
        time.sleep(0.1)
    assert any(f"/{page}" in one for one in found), found
    assert all(one.startswith(address) or one.startswith(("data:", "about:", "blob:")) for one in browser.requests)
