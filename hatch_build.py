"""How the package describes itself: README.md, its links made to lead to the repository, where its files are.

On PyPI the README stands alone: a link to `docs/plugins.md` would lead nowhere.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

PICTURE = re.compile(r"(!\[[^\]]*\])\((?!\w+:|#)([^)\s]+)\)")
RELATIVE = re.compile(r"\]\((?!\w+:|#)([^)\s]+)\)")


class Readme(MetadataHookInterface):
    """Gives the build the text of README.md."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set `readme`.

        Args:
            metadata: the table `project` of pyproject.toml, with its name, version and addresses.
        """
        repository, version = metadata["urls"]["Repository"], metadata["version"]
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        text = PICTURE.sub(rf"\1({repository}/raw/v{version}/\2)", text)
        text = RELATIVE.sub(rf"]({repository}/blob/v{version}/\1)", text)
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
