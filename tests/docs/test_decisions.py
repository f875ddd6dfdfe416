"""Pages of decisions: each has its line in the index, by the number and the title that it has itself."""

from __future__ import annotations

import re
from pathlib import Path

DECISIONS = Path(__file__).parents[2] / "docs" / "decisions"


def test_the_index_has_every_page_by_its_number_and_title() -> None:
    index = (DECISIONS / "index.md").read_text(encoding="utf-8")
    listed = re.findall(r"^- (\d+): \[(.+)\]\((.+)\)$", index, re.MULTILINE)
    pages = [file for file in sorted(DECISIONS.glob("*.md")) if file.name != "index.md"]
    assert [name for _, _, name in listed] == [file.name for file in pages]
    for (number, title, _), file in zip(listed, pages, strict=True):
        assert file.name.startswith(f"{int(number):04}-")
        assert file.read_text(encoding="utf-8").partition("\n")[0] == f"# {number}. {title}"
