"""A real Chromium, asked over a pipe in its own protocol: no driver, no port, nothing to install beside it."""

from __future__ import annotations

import fcntl
import json
import os
import select
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
PATIENCE_S = 60.0
KEYS = {
    "Enter": ("\r", 13),
    "Tab": ("", 9),
    " ": (" ", 32),
    "ArrowRight": ("", 39),
    "ArrowLeft": ("", 37),
    "/": ("/", 191),
}


def _away(descriptor: int) -> int:
    """The same pipe under a number that nothing else is put in the place of."""
    found = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 20)
    os.close(descriptor)
    return found


class Browser:
    """One process with one page.

    Args:
        profile: an empty folder for what it keeps.
    """

    def __init__(self, profile: Path) -> None:
        assert CHROMIUM is not None
        reads, self._to = os.pipe()
        self._from, writes = os.pipe()
        words = [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-extensions"]
        words += ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--mute-audio"]
        words += [f"--user-data-dir={profile}", "--remote-debugging-pipe", "about:blank"]
        reads, writes = (_away(one) for one in (reads, writes))
        quiet = subprocess.DEVNULL

        def plug() -> None:  # where the protocol is spoken
            os.dup2(reads, 3)
            os.dup2(writes, 4)

        self._process = subprocess.Popen(
            words,
            pass_fds=(3, 4),
            preexec_fn=plug,  # noqa: PLW1509  # nobody else runs here
            stdin=quiet,
            stdout=quiet,
            stderr=quiet,
        )
        os.close(reads)
        os.close(writes)
        self._rest, self._number, self._session = b"", 0, None
        self.requests: list[str] = []
        self.errors: list[str] = []
        self._loaded = False
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")

    def ask(self, method: str, **given: Any) -> dict[str, Any]:
        """Call a method of the protocol and wait for its answer; events meanwhile are noted."""
        self._number += 1
        told = {"id": self._number, "method": method, "params": given}
        if self._session is not None:
            told["sessionId"] = self._session
        os.write(self._to, json.dumps(told).encode() + b"\0")
        while True:
            message = self._message()
            if message.get("id") == self._number:
                assert "error" not in message, message
                return dict(message["result"])
            self._note(message)

    def _message(self) -> dict[str, Any]:
        until = time.monotonic() + PATIENCE_S
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._from], [], [], max(until - time.monotonic(), 0))
            assert ready, "the browser says nothing"
            more = os.read(self._from, 1 << 20)
            assert more, "the browser has gone"
            self._rest += more
        text, _, self._rest = self._rest.partition(b"\0")
        return dict(json.loads(text))

    def _note(self, event: dict[str, Any]) -> None:
        method, given = event.get("method"), event.get("params", {})
        if method == "Network.requestWillBeSent":
            self.requests.append(given["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.errors.append(str(given["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled" and given["type"] in ("error", "assert"):
            self.errors.append(str(given["args"]))
        elif method == "Log.entryAdded" and given["entry"]["level"] in ("error", "warning"):
            self.errors.append(str(given["entry"]))
        elif method == "Page.loadEventFired":
            self._loaded = True

    def go(self, page: Path, address: str = "") -> None:
        """Open a file, and wait until it is there."""
        self.visit(page.as_uri() + address)

    def visit(self, address: str) -> None:
        """Open an address, and wait until it is there."""
        self._loaded = False
        self.ask("Page.navigate", url="about:blank")
        while not self._loaded:
            self._note(self._message())
        self._loaded = False
        self.ask("Page.navigate", url=address)
        while not self._loaded:
            self._note(self._message())

    def run(self, script: str) -> Any:
        """Return what an expression is worth in the page."""
        found = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def press(self, *keys: str) -> None:
        """Press keys, as somebody does who has no mouse."""
        for key in keys:
            text, code = KEYS.get(key, (key, ord(key[0].upper())))
            about = {"key": key, "windowsVirtualKeyCode": code, "nativeVirtualKeyCode": code}
            self.ask("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", text=text, **about)
            self.ask("Input.dispatchKeyEvent", type="keyUp", **about)

    def size(self, width: int, height: int = 800, dark: bool = False) -> None:
        """Show the page as on a screen of so many pixels."""
        phone = width < 600
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", features=[scheme])

    def picture(self, file: Path) -> None:
        """Take a picture of the whole page, to be looked at."""
        import base64

        found = self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        file.write_bytes(base64.b64decode(found["data"]))

    def close(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.wait(PATIENCE_S)
        os.close(self._to)
        os.close(self._from)
