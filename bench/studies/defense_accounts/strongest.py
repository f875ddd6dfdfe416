"""The strongest attack of each threat model, on each defence: what a defence is worth is its worst figure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bench.contracts.threat_models import COUNTED, Counted, ThreatModel
from bench.studies.defense_accounts.account import Account, AccountLine, AccountSetting, RoleFigures
from bench.studies.defense_accounts.figures import FiguresAt
from bench.studies.defense_accounts.plan import Role


@dataclass(frozen=True)
class Strongest:
    """Hold the attack that leaves least of one defence, among those of one threat model.

    Args:
        setting: whose defence, on what.
        defense: spec.
        noises: which successes are counted.
        threat_model: what the attacks compared are granted, whatever each of them tries.
        role: in which the strongest was run.
        attack: its spec.
        at: its figures at each k, ascending.
        among: how many attacks were compared, one in several roles counted once.
    """

    setting: AccountSetting
    defense: str
    noises: Counted
    threat_model: ThreatModel
    role: Role
    attack: str
    at: tuple[FiguresAt, ...]
    among: int

    def to_json(self) -> dict[str, object]:
        """Return one of `strongest[]` in docs/defenses/account.md."""
        return {
            "victim": self.setting.victim,
            "task": self.setting.setting.task,
            "defense": self.defense,
            "noises": self.noises,
            "threat_model": self.threat_model.to_json(),
            "role": self.role,
            "attack": self.attack,
            "among": self.among,
            "at": [one.to_json() for one in self.at],
        }


def strongest(accounts: Iterable[Account]) -> list[Strongest]:
    """Compare all attacks that accounts of the same defences have, within each threat model and kind of noises.

    The strongest leaves the least robust accuracy at its greatest k; of several such the one with the greatest Acc_att
    at the least k. Restricted attacks ("seen", "unseen") compete with those that are not.

    Args:
        accounts: of any victims, tasks and attacks.

    Returns:
        One for each defence, kind of noises and threat model, in the order in which they come.
    """
    groups: dict[tuple[object, str, Counted, str], list[_Attacked]] = {}
    for one in _attacks(accounts):
        key = (
            _place(one.setting),
            one.line.defense,
            one.setting.noises,
            str(one.found.threat_model.shared(corr=False)),
        )
        groups.setdefault(key, []).append(one)
    defences = list(dict.fromkeys(key[:2] for key in groups))
    order = sorted(groups, key=lambda key: (defences.index(key[:2]), COUNTED.index(key[2]), key[3]))
    return [_worst(groups[key]) for key in order]


class _Attacked(NamedTuple):
    setting: AccountSetting
    line: AccountLine
    role: Role
    found: RoleFigures


def _attacks(accounts: Iterable[Account]) -> Iterator[_Attacked]:
    for account in accounts:
        for line in account.lines:
            for role, found in line.attacks.items():
                yield _Attacked(account.setting, line, role, found)


def _place(setting: AccountSetting) -> tuple[object, ...]:
    """What figures must share to be compared."""
    return (setting.victim, str(setting.setting.to_json()), setting.folds, setting.seeds)


def _worst(group: Sequence[_Attacked]) -> Strongest:
    def left(one: _Attacked) -> tuple[float, float]:
        at = one.found.at
        return at[-1].robust_accuracy.value, -at[0].acc_att.value

    setting, line, role, found = min(group, key=left)
    model, noises = found.threat_model.shared(corr=False), setting.noises
    return Strongest(
        setting, line.defense, noises, model, role, found.attack, found.at, len({one.found.attack for one in group})
    )
