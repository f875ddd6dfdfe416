"""What a page of the documentation gives its reader to do."""

from __future__ import annotations

import re

BLOCK = re.compile(
    r"^```(?P<kind>sh|python|console)(?: title=\"(?P<title>[\w.]+)\")?\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE
)
"""Commands (`$` before those that are not `bench`), or a file to write."""
