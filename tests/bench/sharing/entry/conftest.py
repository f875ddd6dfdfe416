"""What the tests of entries share: an honest one, taken apart and put together again with something else in it."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from bench.isolation.limits import Limits
from bench.sharing.entry.archive import packed_file, write_archive
from bench.sharing.entry.manifest import MANIFEST, EntryManifest
from bench.sharing.entry.rerunning import Conditions

Altered = Callable[..., Path]
QUICK = Limits(memory=5 << 30, scratch=1 << 26, answer_s=60.0)


@pytest.fixture(scope="session")
def honest(submission: Path) -> Mapping[str, bytes]:
    """Everything in an honest entry, by name."""
    with zipfile.ZipFile(submission / "entry.serbench") as file:
        return {name: file.read(name) for name in file.namelist()}


@pytest.fixture
def altered(honest: Mapping[str, bytes], tmp_path: Path) -> Altered:
    """Write the honest entry with other files, or other words in its manifest, and digests that are right."""

    def write(files: Mapping[str, bytes | None] | None = None, **told: Any) -> Path:
        contents = {name: content for name, content in honest.items() if name != MANIFEST} | dict(files or {})
        kept = {name: content for name, content in contents.items() if content is not None}
        manifest = EntryManifest.of(tmp_path, honest[MANIFEST])
        listed = tuple(packed_file(name, kept[name]) for name in sorted(kept))
        text = json.loads(EntryManifest(manifest.card, manifest.version, manifest.code, listed).to_bytes())
        out = tmp_path / "altered.serbench"
        write_archive(out, _Given(json.dumps(text | told).encode(), listed), kept)  # type: ignore[arg-type]
        return out

    return write


@pytest.fixture
def where(tiny_corpus: Path, tiny_noises: Path) -> Conditions:
    """Our own data, and no sandbox."""
    return Conditions(tiny_corpus, (tiny_noises,), trusted=True, limits=QUICK)


class _Given:
    """Stands for a manifest whose text is whatever a test says."""

    def __init__(self, text: bytes, files: tuple) -> None:
        self._text, self.files = text, files

    def to_bytes(self) -> bytes:
        return self._text
