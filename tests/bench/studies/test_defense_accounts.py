"""What defences cost and buy: pure functions of records, and which attacks they rest on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import torch

from bench import REFUSED, ComponentError
from bench.contracts.registry import Registry
from bench.modelling.weights import save_weights
from bench.referee.blinding import Instance
from bench.scoring.inference.estimates import Difference
from bench.scoring.record_files.rows import Row, as_table
from bench.scoring.scores import robustness
from bench.studies.defense_accounts import figures
from bench.studies.defense_accounts.costs import answer_times, fit_seconds, parameters_in
from bench.studies.defense_accounts.plan import attacks_by_role
from bench.testing import CPU, ContraryVictim, sample_noises, sample_utterances

REGISTRY = Registry.discover()
NOISES = sample_noises()


def rows_of(*told: tuple[str, str, str], repeat: int = 0, number: int = 0) -> pd.DataFrame:
    """Two rows an utterance: (true, clean, attacked), the attack accepted where it changed an answer."""
    rows = []
    for index, (true, before, after) in enumerate(told):
        id, speaker = f"u{number + index}", f"s{(number + index) % 3}"
        accepted = before != after and REFUSED not in (before, after)
        rows.append(Row(id, speaker, 0, true, before, before))
        rows.append(Row(id, speaker, 1, true, before, after, 12.0, "noise", "natural", "x", True, accepted))
    return as_table(rows).to_pandas().assign(fold=0, seed=0, repeat=repeat)


BARE = rows_of(("a", "a", "b"), ("a", "a", "b"), ("b", "b", "a"), ("b", "a", "b"))
DEFENDED = rows_of(("a", "a", "a"), ("a", REFUSED, "a"), ("b", "b", REFUSED), ("b", "a", "b"))


def test_robust_accuracy_counts_what_is_right_and_stays() -> None:
    assert robustness(BARE, 1, "all")["robust"].tolist() == [False] * 4
    assert robustness(DEFENDED, 1, "all")["robust"].tolist() == [True, False, True, False]
    assert figures.robust_accuracy(DEFENDED, 1, "imperceptible").value == 0.5


def test_a_refusal_costs_uar_and_is_no_success() -> None:
    assert figures.clean_uar(BARE).value == 0.75
    assert figures.clean_uar(DEFENDED).value == 0.5
    assert figures.uar_lost(BARE, DEFENDED).value == pytest.approx(0.25)
    assert figures.refused_share(DEFENDED).value == 0.25
    assert figures.attack_success(DEFENDED, 1, "imperceptible").value == 0.25
    assert figures.attack_prevented(BARE, DEFENDED, 1, "imperceptible", 1).value == pytest.approx(0.75)
    assert figures.robustness_won(BARE, DEFENDED, 1, "imperceptible", 1).value == pytest.approx(0.5)


def test_refusing_everything_buys_nothing() -> None:
    always = rows_of(*[(true, REFUSED, REFUSED) for true in "aabb"])
    assert figures.attack_success(always, 1, "imperceptible").value == 0
    assert figures.clean_uar(always).value == 0
    assert figures.robust_accuracy(always, 1, "imperceptible").value == 0


def test_repeats_of_a_cell_are_averaged() -> None:
    again = rows_of(*[("a", "a", "b")] * 2, ("b", "b", "a"), ("b", "b", "b"), repeat=1)
    both = pd.concat([DEFENDED, again], ignore_index=True)
    assert figures.attack_prevented(BARE, both, 1, "imperceptible", 1).value == pytest.approx((0.75 + 0.25) / 2)


def test_only_utterances_that_both_were_asked_about_are_compared() -> None:
    fewer = DEFENDED[DEFENDED["utterance"] != "u3"]
    assert figures.shared(BARE, fewer)["utterance"].unique().tolist() == ["u0", "u1", "u2"]
    twice = pd.concat([BARE, rows_of(("a", "a", "a"), repeat=1)])
    assert figures.shared(twice, fewer).equals(figures.shared(BARE, fewer)), "of the bare victim the first look counts"
    with pytest.raises(ComponentError, match="no utterance that both"):
        figures.shared(BARE, rows_of(("a", "a", "b"), number=9))


@pytest.mark.parametrize(
    ("unaware", "through", "aware", "flagged"),
    [(0.3, 0.3, None, False), (0.3, 0.0, None, True), (0.3, 0.3, 0.0, True), (0.0, 0.0, 0.0, False)],
)
def test_a_defence_that_holds_only_against_those_who_do_not_know_it_is_flagged(
    unaware: float, through: float, aware: float | None, flagged: bool
) -> None:
    prevented = {"unaware": figure(unaware), "through": figure(through)}
    prevented |= {} if aware is None else {"aware": figure(aware)}
    assert figures.holds_only_unknown(prevented) is flagged  # type: ignore[arg-type]


def figure(value: float) -> Difference:
    return Difference(value, value - 0.1, value + 0.1, n=16)


def test_figures_at_each_k_are_plain_json() -> None:
    bare, defended = (figures.figures_at(found, DEFENDED, (1,), "imperceptible", once=False) for found in (None, BARE))
    assert [set(one.to_json()) for one in bare] == [{"k", "acc_att", "robust_accuracy"}]
    (told,) = (one.to_json() for one in defended)
    assert set(told) == {"k", "acc_att", "robust_accuracy", "prevented", "robustness_won"}
    assert told["prevented"] == {
        "value": 0.75,
        "ci95": list(figures.attack_prevented(BARE, DEFENDED, 1, "imperceptible", 1).ci95),
    }


def roles_of(defense: str, attack: str, guarded: bool) -> dict[str, str]:
    around = None if defense == "none" else REGISTRY.component("defenses", defense)
    found = attacks_by_role(REGISTRY, NOISES, around, REGISTRY.component("attacks", attack), guarded)
    return {role: component.spec for role, component in found.items()}


def test_attacks_are_told_apart_by_what_was_seen_in_training() -> None:
    roles = roles_of("multi_condition:categories=human", "boundary:noises=imperceptible", True)
    assert roles == {
        "through": "boundary:noises=imperceptible",
        "seen": "boundary:noises=imperceptible,categories=human",
        "unseen": "boundary:noises=imperceptible,categories=natural+interior+signal",
        "unaware": "transfer:attack=boundary:noises=imperceptible",
        "aware": "adaptive:attack=boundary:noises=imperceptible",
    }
    assert roles_of("none", "boundary", False) == {"through": "boundary"}
    several = "adaptive:attack=universal_noises:pool=4,identities=4"
    for attack in (several, "transfer"):
        assert not {"aware", "unaware"} & set(roles_of("stateful_detector", attack, True))


@pytest.mark.parametrize("attack", ["boundary", "adaptive"])
def test_an_attack_has_its_target_in_every_role(attack: str) -> None:
    aimed = replace(REGISTRY.component("attacks", attack), target="neutral")
    around = REGISTRY.component("defenses", "multi_condition:categories=human")
    found = attacks_by_role(REGISTRY, NOISES, around, aimed, guarded=True)
    assert len(found) == {"boundary": 5, "adaptive": 1}[attack]
    assert {one.target for one in found.values()} == {"neutral"}


def test_an_attack_of_one_category_is_seen_or_unseen_as_it_is() -> None:
    spec = "environmental:category=human,snr_db=10.0"
    seen = roles_of("multi_condition:categories=human", spec, False)
    assert seen["seen"] == spec
    assert "unseen" not in seen
    assert seen["unaware"] == "transfer:attack=environmental:category=human,,snr_db=10.0"
    assert roles_of("multi_condition", "fade_in", "all")["unseen"] == "fade_in"


def test_an_attack_that_cannot_be_told_its_noises_is_neither_seen_nor_unseen() -> None:
    """It stood under both names with all of them, thrice the same figures."""
    for attack in ("universal_noises:pool=4,rehearsal=8", "fresh_noises"):
        assert set(roles_of("multi_condition:categories=human", attack, True)) == {"through", "unaware", "aware"}


def test_costs_are_read_from_what_was_saved(tmp_path: Path) -> None:
    (tmp_path / "victim").mkdir()
    save_weights(tmp_path / "victim", {"a": torch.zeros(3, 4), "b": torch.zeros(5)}, {})
    save_weights(tmp_path, {"c": torch.zeros(())}, {})
    assert parameters_in(tmp_path) == 18
    assert fit_seconds(tmp_path) is None
    (tmp_path / "cost.json").write_text('{"fit_s": 1.5}')
    assert fit_seconds(tmp_path) == 1.5


def test_every_victim_answers_the_same_utterances() -> None:
    times = answer_times([Instance(ContraryVictim()), Instance(ContraryVictim())], sample_utterances(), CPU, 8)
    assert len(times) == 2
    assert all(time > 0 for time in times)


def test_paired_follows_the_order_of_the_rows() -> None:
    place = {"fold": 0, "seed": 0}
    others = pd.DataFrame({**place, "repeat": [0, 0, 1], "utterance": ["y", "x", "y"], "hit": [1.0, 0.0, 0.0]})
    rows = pd.DataFrame({**place, "utterance": ["x", "y"]})
    assert figures.paired(rows, others, "hit").tolist() == [0.0, 0.5]
    assert Difference(0.1, 0.0, 0.2, n=2).above_0 is False
