"""Print CHANGELOG.md's newest section, if a release's tag, pyproject.toml, CITATION.cff and CHANGELOG.md agree on it.

    python .ci/release_notes.py v0.1.0

Exit code 1 where they do not; standard error then says each thing that is wrong. Needs Python alone.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

TAG = re.compile(r"v(\d+\.\d+\.\d+)")
HEADING = re.compile(r"^## (.+)$", flags=re.MULTILINE)


def main() -> int:
    """Compare, then print the notes.

    Returns:
        The exit code.
    """
    words = sys.argv[1:]
    match = TAG.fullmatch(words[0]) if len(words) == 1 else None
    if match is None:
        print(f"release_notes.py: found {words}; expected one tag such as v1.2.3; tag the release so", file=sys.stderr)
        return 1
    root = Path(__file__).resolve().parents[1]
    wrong = disagreements(root, match[1])
    if wrong:
        print(*wrong, sep="\n", file=sys.stderr)
        return 1
    print(notes(read(root, "CHANGELOG.md")))
    return 0


def read(root: Path, name: str) -> str:
    """Return a file's text.

    Args:
        root: the checkout.
        name: the file's path in it.
    """
    return (root / name).read_text(encoding="utf-8")


def disagreements(root: Path, version: str) -> list[str]:
    """List what does not say that this version is the one to release, a line for each.

    Args:
        root: the checkout.
        version: what the tag says, without its v.
    """
    changelog = read(root, "CHANGELOG.md")
    heading = next(iter(HEADING.findall(changelog)), "nothing")
    dated = re.fullmatch(rf"\[{re.escape(version)}\] - (\d{{4}}-\d\d-\d\d)", heading)
    day = dated[1] if dated else "the day of the release"
    citation = dict(re.findall(r"^([\w-]+): *[\"']?(\S.*?)[\"']? *$", read(root, "CITATION.cff"), flags=re.MULTILINE))
    compared = [
        ("pyproject.toml, version", tomllib.loads(read(root, "pyproject.toml"))["project"]["version"], version),
        ("CHANGELOG.md, first heading", heading, f"[{version}] - {day}"),
        ("CITATION.cff, version", citation.get("version", "nothing"), version),
        ("CITATION.cff, date-released", citation.get("date-released", "nothing"), day),
    ]
    found = [(where, repr(has), repr(due)) for where, has, due in compared if has != due]
    if not notes(changelog):
        found.append(("CHANGELOG.md, under its first heading", "nothing", "what has changed"))
    return [
        f"{where}: found {has}; expected {due}; correct it, then tag again (RELEASING.md)" for where, has, due in found
    ]


def notes(changelog: str) -> str:
    """Return the newest section, each entry on one line: GitHub breaks lines in notes where they are broken here.

    Args:
        changelog: the text of CHANGELOG.md.
    """
    _, _, newest = HEADING.split(changelog, maxsplit=1) if HEADING.search(changelog) else ("", "", "")
    return re.sub(r"\n +(?=\S)", " ", re.split(r"^## ", newest, flags=re.MULTILINE)[0]).strip()


if __name__ == "__main__":
    sys.exit(main())
