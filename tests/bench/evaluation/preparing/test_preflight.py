"""What a run can be refused for before its data are read."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bench.contracts.registry import Registry
from bench.core.errors import UsageError
from bench.core.showing.progress import Silent
from bench.data.tasks import task_named
from bench.defending.purified_victim import AudioDefense
from bench.evaluation.cell.cells import FittedKey
from bench.evaluation.plans.options import Options
from bench.evaluation.plans.planning import select
from bench.evaluation.preparing.preflight import check_defended

REGISTRY = Registry.discover()


def check(victim: str, defense: str) -> None:
    around = REGISTRY.component("defenses", defense)
    FittedKey(REGISTRY.component("victims", victim), around, task_named("ahsn"), "k-fold", 0, 0).check()


@dataclass(frozen=True)
class Noting(Silent):
    """Keeps what is said."""

    said: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        self.said.append(text)


@pytest.mark.parametrize("defense", REGISTRY.names("defenses"))
def test_every_defence_says_at_once_whether_it_can_defend_what_only_reads(defense: str) -> None:
    if issubclass(REGISTRY.entry("defenses", defense).load(), AudioDefense):
        with pytest.raises(UsageError, match="perceives text alone"):
            check("bert_text", defense)
    else:
        check("bert_text", defense)


@pytest.mark.parametrize(
    ("victim", "defense", "why"),
    [
        ("cnn_gru", "rnnoise+fusion", "name fusion first"),
        ("multimodal", "fusion", "perceives both"),
        ("bert_text", "multi_condition+fusion", "perceives text alone"),
        ("svm_egemaps", "adversarial_training:regenerate=true", "SvmEgemaps, which learns from one set"),
        ("cnn_gru", "multi_condition+adversarial_training:regenerate=true", "under another defence"),
    ],
)
def test_what_cannot_go_together_is_named(victim: str, defense: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        check(victim, defense)


@pytest.mark.parametrize("defense", ["fusion+rnnoise", "fusion+multi_condition", "fusion+smoothing"])
def test_a_reader_hears_under_fusion(defense: str) -> None:
    check("bert_text", defense)


def asked(*victims: str, defenses: tuple[str, ...]) -> Options:
    return Options(victims=victims, attacks=("boundary",), defenses=defenses, ks=(1,), out=Path("none"))


def test_a_run_in_which_no_defence_can_be_had_is_refused() -> None:
    chosen = [select(asked("bert_text", defenses=("none", "rnnoise", "multi_condition")), REGISTRY)]
    with pytest.raises(UsageError, match="defense 'rnnoise': found a victim that perceives text alone"):
        check_defended(chosen, Noting())


def test_where_some_can_the_others_are_named_and_nothing_is_refused() -> None:
    noting = Noting()
    check_defended([select(asked("bert_text", "cnn_gru", defenses=("none", "rnnoise")), REGISTRY)], noting)
    (said,) = noting.said
    assert "Victim bert_text and defence rnnoise do not go together" in said
    check_defended([select(asked("cnn_gru", defenses=("none", "rnnoise")), REGISTRY)], noting)
    check_defended([select(asked("bert_text", defenses=("none",)), REGISTRY)], noting)
    assert len(noting.said) == 1


@pytest.mark.parametrize("raised", ["TypeError", "SystemExit"])
def test_a_plugin_whose_check_breaks_is_left_to_its_cells(tmp_path: Path, raised: str) -> None:
    plugin = tmp_path / "mine.py"
    plugin.write_text(
        "from defenses.rnnoise import Rnnoise\n\n\nclass Mine(Rnnoise):\n    def check(self, victim):\n"
        f"        raise {raised}('no')\n\n\n"
        "COMPONENTS = {'defenses': {'mine': Mine}}\n"
    )
    registry, noting = Registry.discover([plugin]), Noting()
    check_defended([select(asked("cnn_gru", defenses=("none", "mine")), registry)], noting)
    assert noting.said == ["Victim cnn_gru and defence mine do not go together, and their cells fail: no"]


@pytest.mark.parametrize(
    ("kind", "spec", "named"),
    [
        (
            "defenses",
            "adversarial_training:attack=nope",
            "defense 'adversarial_training:attack=nope': found 'nope'",
        ),
        ("defenses", "fusion:other=nope", "defense 'fusion:other=nope': found 'nope'"),
        ("defenses", "rnnoise+manipulation_detector:signals=nope", "detector:signals=nope': found 'nope'"),
        ("attacks", "aware:attack=unaware:attack=nope", "'unaware:attack=nope': found 'nope'"),
        ("victims", "multimodal:text=nope", "multimodal:text=nope': found 'nope'"),
        ("defenses", "gan_purification:attacks=reverb:x=1", "x=1': attack 'reverb'"),
    ],
)
def test_what_a_component_names_is_looked_up_before_any_data_is_read(kind: str, spec: str, named: str) -> None:
    given = {"victims": ("cnn_gru",), "attacks": ("boundary",), "defenses": ("none",)} | {kind: (spec,)}
    with pytest.raises(UsageError, match=named):
        select(Options(**given), REGISTRY)
