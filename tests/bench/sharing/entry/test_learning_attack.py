"""An entry's own attack that learns from utterance to utterance, and does not say so, is no verified one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.core.showing.progress import SILENT
from bench.sharing.entry.rerunning import Conditions
from bench.sharing.entry.verification import VerificationAsked, verify
from tests.submitted import PLUGIN, card

ATTACK = '''
from bench import Overlay, Recipe

WON = {}


@dataclass(frozen=True)
class Learns:
    """Tries first what has fooled the victim on others, which no order of utterances may show."""

    learns: bool = True

    def search(self, original, tools, rng):
        clips = tools.noises.clips
        order = sorted((rng.random(), place) for place in range(len(clips)))
        known = sorted(order, key=lambda one: -WON.get(clips[one[1]].id, 0)) if self.learns else order
        for _, place in known:
            answer = yield Recipe(Overlay(clips[place], 10.5))
            WON[clips[place].id] = WON.get(clips[place].id, 0) + (1 if answer.fooled else -1)


'''


@pytest.mark.parametrize("learns", [True, False])
def test_what_is_kept_between_searches_is_different(
    learns: bool, tmp_path: Path, bench_here: Callable[..., Any], tiny_job: Callable[..., list[str]], where: Conditions
) -> None:
    """The order is the same whenever a cell is run again, and so was everything else."""
    code = PLUGIN.replace("COMPONENTS = {", f'{ATTACK}COMPONENTS = {{"attacks": {{"learns": Learns}}, ')
    (tmp_path / "mine.py").write_text(code, encoding="utf-8")
    attack = f"learns:learns={str(learns).lower()}"
    ran = bench_here(
        *tiny_job(victim="levels", attack=[attack], corr="no", k="3", plugin=tmp_path / "mine.py", out=tmp_path)
    )
    assert ran.code == 0, ran.err
    plugin, out = f"--plugin={tmp_path / 'mine.py'}", tmp_path / "entry.serbench"
    said = bench_here("submit", tmp_path, *card(), plugin, f"--out={out}")
    assert said.code == 0, said.err
    found = verify(out, VerificationAsked(where, None, seed=1), SILENT)
    assert all(figure.verdict == "same" for cell in found.cells for figure in cell.figures)
    assert found.outcome == ("different" if learns else "verified")
    assert all(("in another order" in cell.reason) == learns for cell in found.cells)
