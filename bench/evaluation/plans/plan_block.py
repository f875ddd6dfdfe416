"""What a plan's YAML says, each text with its line."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from bench.core.errors import BenchError, UsageError


@dataclass(frozen=True)
class Written:
    """A text and the line that it stands in.

    Args:
        text: as it was written, unquoted.
        line: of the file, from 1.
    """

    text: str
    line: int


@dataclass(frozen=True)
class Block:
    """What a mapping of a plan says, key by key.

    Args:
        where: the plan's file.
        line: where the mapping begins, from 1.
        values: by key: each value's texts in order, one of a scalar.
        lines: by key: where it stands.
        blocks: the mappings below the key that holds several, in order.
    """

    where: Path
    line: int
    values: dict[str, tuple[Written, ...]] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    blocks: tuple[Block, ...] = ()

    def wrong(self, line: int, error: BenchError) -> UsageError:
        """Return an error as one of this file, with the line before what it says.

        Args:
            line: from 1.
            error: what is wrong there.
        """
        return UsageError(f"{self.where}, line {line}: {error.where}", error.found, error.expected, error.remedy)

    def line_of(self, option: str) -> int:
        """Return where an option stands; where the mapping begins for one that is not written.

        Args:
            option: as errors name it: "--k".
        """
        name = option.lstrip("-").partition(" ")[0].replace("-", "_")
        return next((line for key, line in self.lines.items() if key == name), self.line)
