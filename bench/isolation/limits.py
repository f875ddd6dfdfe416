"""How much a process of a component's own may take: time, memory, files."""

from __future__ import annotations

import os
from dataclasses import dataclass

from bench.core.errors import UsageError

GiB = 1 << 30
_MEMORY, _ANSWER, _FIT = "SERBENCH_ISOLATED_GIB", "SERBENCH_ISOLATED_ANSWER_S", "SERBENCH_ISOLATED_FIT_S"


@dataclass(frozen=True)
class Limits:
    """What a process may take before it is ended.

    Args:
        start_s: seconds until it is ready.
        answer_s: seconds for each question.
        fit_s: seconds for a training.
        memory: bytes of address space, on a CPU; of a GPU's address space nothing can be said.
        scratch: bytes of its private folder, which lies in memory.
        saved: bytes of a fitted victim's files together.
        files: of a fitted victim.
        lines: of progress for each request.
    """

    start_s: float = 300.0
    answer_s: float = 600.0
    fit_s: float = 24 * 3600.0
    memory: int = 16 * GiB
    scratch: int = 2 * GiB
    saved: int = 4 * GiB
    files: int = 256
    lines: int = 100_000

    @classmethod
    def of_this_machine(cls) -> Limits:
        """Take the defaults, three quarters of the machine's memory, and what environment variables say.

        Raises:
            UsageError: one of them is no number above zero.
        """
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * 3 // 4
        return cls(
            answer_s=_number(_ANSWER, cls.answer_s),
            fit_s=_number(_FIT, cls.fit_s),
            memory=int(_number(_MEMORY, memory / GiB) * GiB),
        )


def _number(variable: str, default: float) -> float:
    text = os.environ.get(variable, "")
    try:
        value = float(text) if text else default
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise UsageError(variable, repr(text), "a number above 0", "correct it, or leave it out")
    return value
