"""Whole commands with components in processes of their own: what they find there is what they find here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.evaluation.plans.isolating import registry_for
from bench.evaluation.plans.options import Options
from bench.scoring.records import Store
from bench.studies.defense_accounts.plan import attacks_by_role
from bench.testing import sample_noises
from tests.bench.isolation.conftest import shared

PLUGIN = '''
import os
from dataclasses import dataclass
from pathlib import Path

if os.getpid() != 1:
    Path({ran!r}).write_text("run outside a sandbox")

from bench import EffectTools, Heard, Rng, Traits
from dataclasses import replace


@dataclass(frozen=True)
class Halved:
    """Makes speech half as loud."""

    def apply(self, original: Heard, tools: EffectTools, rng: Rng) -> Heard:
        """Halve it."""
        return replace(original, waveform=original.waveform / 2)


COMPONENTS = {{"attacks": {{"halved": Halved}}}}
'''


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    """A plug-in file that says where it was run."""
    file = tmp_path / "theirs.py"
    file.write_text(PLUGIN.format(ran=str(tmp_path / "ran")))
    return file


@pytest.mark.slow
def test_a_run_has_the_same_records_wherever_attack_and_victim_are(
    bench_here: Callable[..., Any], tiny_job: Callable[..., list[str]], tmp_path: Path, sandboxes: None
) -> None:
    """Of one group, which takes five sandboxes; two groups take eight, as verification does in tests/docs."""
    plain = tiny_job()[1].removeprefix("--victim=")
    for outside in ("", "isolated:"):
        pair: dict[str, Any] = {"victim": f"{outside}{plain}", "attack": f"{outside}boundary"}
        job = tiny_job(**pair, enrol="paper", corr="no", noises="all", limit=3, k=8, out=tmp_path / "run")
        said = bench_here(*job)
        assert said.code == 0, said.err
    cells = list(Store(tmp_path / "run").cells())
    marks = {(*one.description.rests_on.isolated, "|", *one.description.rests_on.trusted): one for one in cells}
    here = marks["|", "victim", "attack"]
    assert set(marks) - {("|", "victim", "attack")} == {("victim", "attack", "|")}
    assert len(here.rows) > 12
    assert here.rows["accepted"].any()
    for mark, there in marks.items():
        assert there.rows.equals(here.rows), mark
        names, own = there.description.names, here.description.names
        assert names.victim.removeprefix("isolated:") == own.victim
        assert names.attack.removeprefix("isolated:") == own.attack


def test_an_effect_that_nobody_trusts_can_be_listened_to(
    bench_here: Callable[..., Any],
    tiny_corpus: Path,
    tiny_noises: Path,
    tmp_path: Path,
    plugin: Path,
    sandboxes: None,
) -> None:
    data = ["--corpus=emodb", f"--corpus-root={tiny_corpus}", "--noise-bank=folder", f"--noise-root={tiny_noises}"]
    words = ["listen", "--attack=isolated:halved", f"--plugin={plugin}", "--limit=2", f"--out={tmp_path}/page", *data]
    said = bench_here(*words)
    assert said.code == 0, said.err
    assert said.out.splitlines()[0] == "isolated:halved: applies to 2 of 2 utterances"
    assert not (tmp_path / "ran").exists()
    page = (tmp_path / "page" / "index.html").read_text(encoding="utf-8")
    assert "6.02 dB" in page, "half of the samples is 20 log 2 below them"


def test_an_account_keeps_an_attack_outside_in_every_role(sandboxes: None) -> None:
    registry = registry_for(Options(("cnn_gru",), ("isolated:boundary",)))
    shared(registry)
    attack = registry.component("attacks", "isolated:boundary:step_db=2")
    defense = registry.component("defenses", "multi_condition:categories=natural")
    found = attacks_by_role(registry, sample_noises(), defense, attack, guarded=True)
    assert {role: one.spec for role, one in found.items()} == {
        "through": "isolated:boundary:step_db=2.0",
        "seen": "isolated:boundary:step_db=2.0,categories=natural",
        "unseen": "isolated:boundary:step_db=2.0,categories=human+interior+signal",
        "unaware": "isolated:transfer:attack=boundary:step_db=2.0",
        "aware": "isolated:adaptive:attack=boundary:step_db=2.0",
    }
    assert all(one.isolated for one in found.values())
    assert found["unaware"].made_of


def test_what_a_victim_of_its_own_process_proves_is_not_believed(
    bench_here: Callable[..., Any], tiny_job: Callable[..., list[str]], plugin: Path, tmp_path: Path
) -> None:
    words = tiny_job(attack=None, k=None, victim="isolated:cnn_gru", plugin=plugin)
    said = bench_here("certify", *words[1:])
    assert said.code == 2
    assert "--victim 'isolated:cnn_gru': found one in a process of its own" in said.err
