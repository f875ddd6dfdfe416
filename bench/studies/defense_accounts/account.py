"""What an account says: one victim's defences against one attack, what each costs and what it buys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bench.contracts.threat_models import NOTHING_GRANTED, Counted, ThreatModel
from bench.scoring.inference.estimates import Difference, Estimate
from bench.scoring.record_files.descriptions import RestsOn
from bench.scoring.record_files.names import Setting
from bench.studies.defense_accounts.costs import Cost
from bench.studies.defense_accounts.figures import FiguresAt
from bench.studies.defense_accounts.plan import Role


@dataclass(frozen=True)
class AccountSetting:
    """Name what all lines of an account share.

    Args:
        victim: spec.
        attack: spec without corr and noises.
        setting: corpus, noise bank, task, split and limit.
        folds: what is put together.
        seeds: likewise.
        noises: which successes are counted: "all", "additive" or "imperceptible".
        corr: whether the attacker is informed.
    """

    victim: str
    attack: str
    setting: Setting
    folds: tuple[int, ...]
    seeds: tuple[int, ...]
    noises: Counted
    corr: bool

    def to_json(self) -> dict[str, object]:
        """Return the names among `accounts[]` in docs/defenses/account.md."""
        setting = self.setting.to_json()
        limit = setting.pop("limit")
        pooled = {"folds": list(self.folds), "seeds": list(self.seeds), "limit": limit}
        known = {"noises": self.noises, "corr": self.corr}
        return {"victim": self.victim, "attack": self.attack, **setting, **pooled, **known}


@dataclass(frozen=True)
class CleanCost:
    """Hold what a defence costs on clean speech.

    Args:
        uar: unweighted average recall.
        uar_lost: the bare victim's less its own; None for the bare victim.
        refused: share of utterances refused.
    """

    uar: Estimate
    uar_lost: Difference | None
    refused: Estimate

    def to_json(self) -> dict[str, object]:
        """Return `clean` of docs/defenses/account.md."""
        lost = {} if self.uar_lost is None else {"uar_lost": self.uar_lost.to_json()}
        return {"uar": self.uar.to_json(), **lost, "refused": self.refused.to_json()}


@dataclass(frozen=True)
class RoleFigures:
    """Hold what an attack does in one role.

    Args:
        attack: its spec.
        at: figures at each k, ascending.
        threat_model: what it is granted.
    """

    attack: str
    at: tuple[FiguresAt, ...]
    threat_model: ThreatModel = NOTHING_GRANTED

    def to_json(self) -> dict[str, object]:
        """Return one of `attacks[]` in docs/defenses/account.md, without its role."""
        model = self.threat_model.to_json()
        return {"attack": self.attack, "threat_model": model, "at": [one.to_json() for one in self.at]}


@dataclass(frozen=True)
class AccountLine:
    """Hold what one defence of one victim costs and buys, against one attack in all its roles.

    Args:
        defense: spec, or "none" for the bare victim.
        randomised: whether it draws anew for every query.
        repeats: so often each fitted victim was attacked.
        clean: what it costs on clean speech.
        attacks: by role the attack's spec and its figures at each k.
        cost: time and parameters.
        only_unknown: whether it is shown to hold only against attacks that do not know of it.
        white_box: robust accuracy against gradients through the victim itself, another threat model than any attack's;
            None where that was not asked for.
    """

    defense: str
    randomised: bool
    repeats: int
    clean: CleanCost
    attacks: Mapping[Role, RoleFigures]
    cost: Cost
    only_unknown: bool
    white_box: Estimate | None = None

    def to_json(self) -> dict[str, object]:
        """Return one of `lines[]` in docs/defenses/account.md."""
        return {
            "defense": self.defense,
            "randomised": self.randomised,
            "repeats": self.repeats,
            "clean": self.clean.to_json(),
            "attacks": [{"role": role, **found.to_json()} for role, found in self.attacks.items()],
            "cost": self.cost.to_json(),
            "only_unknown": self.only_unknown,
            "white_box": None if self.white_box is None else self.white_box.to_json(),
        }


@dataclass(frozen=True)
class Account:
    """Hold one victim's defences against one attack.

    Args:
        setting: what all lines share.
        n: utterances attacked.
        speakers: of so many.
        lines: the bare victim first.
        rests_on: data and versions.
    """

    setting: AccountSetting
    n: int
    speakers: int
    lines: tuple[AccountLine, ...]
    rests_on: RestsOn

    def to_json(self) -> dict[str, object]:
        """Return one of `accounts[]` in docs/defenses/account.md."""
        lines = [line.to_json() for line in self.lines]
        counts = {"n": self.n, "speakers": self.speakers}
        return {**self.setting.to_json(), **counts, "lines": lines, "rests_on": self.rests_on.to_json()}
