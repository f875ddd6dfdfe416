"""What defences cost and buy, from Python."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Unpack

from bench.api.arguments import check_finished, options_for
from bench.api.plainly import plainly
from bench.api.running import AccountOptions
from bench.core.keywords import refuse_unknown
from bench.core.showing.progress import Progress, for_python
from bench.studies.shown_tables import ShownAsTable

if TYPE_CHECKING:
    import pandas as pd

    from bench.scoring.inference.estimates import Estimate
    from bench.studies.defense_accounts.account import Account

_OWN = ("defense", "victim", "attack", "k", "white_box", "progress")
DEFAULTS: AccountOptions = {"corr": "no", "noises": "imperceptible", "fold": "all", "out": "bench-account"}
"""Where an account's differ from a run's."""


@plainly("bench.account")
def account(
    defense: Any,
    victim: Any = "cnn_gru",
    attack: Any = "boundary",
    k: str | int | Sequence[int] = (5, 15, 25),
    *,
    white_box: int = 0,
    progress: Progress | bool | None = None,
    **options: Unpack[AccountOptions],
) -> Accounts:
    """Say what each defence costs and what it buys, beside the bare victim: `bench account` from Python.

    Args:
        defense: one spec or object, or several.
        victim: who is defended: one spec or object, or several.
        attack: against what.
        k: numbers of label-only queries.
        white_box: steps along the gradient of the victim itself, for a bound beside each defence; 0 leaves it out.
        progress: True shows it, False does not; by default it is shown in a notebook alone.
        **options: see `AccountOptions`. By default corr="no", noises="imperceptible", fold="all" and
            out="bench-account".

    Returns:
        Accounts, one a victim, task and attack; `to_frame()` has all figures.

    Raises:
        bench.core.errors.BenchError: something asked for cannot be done, or a cell failed (the others are kept).
    """
    from bench.studies.defense_accounts.run import accounts

    refuse_unknown("bench.account", options, (*AccountOptions.__annotations__, *_OWN))
    told = for_python(progress)
    asked = options_for("bench.account", victim, attack, k, {**DEFAULTS, **options, "defense": defense})
    found, failures = accounts(asked, told, white_box)
    check_finished(failures, asked.out)
    return Accounts(tuple(found))


@dataclass(frozen=True, repr=False)
class Accounts(ShownAsTable):
    """What defences cost and buy, as a table in a notebook.

    Args:
        accounts: one a victim, task and attack.
    """

    accounts: tuple[Account, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each victim, defence, attacker and k: what the tables of `bench account` say."""
        import pandas as pd

        return pd.DataFrame(list(self._lines()))

    def to_json(self) -> list[dict[str, object]]:
        """Return `accounts` of docs/defenses/account.md."""
        return [one.to_json() for one in self.accounts]

    def strongest(self) -> list[dict[str, object]]:
        """Return the strongest attack of each threat model on each defence, `strongest` of docs/defenses/account.md."""
        from bench.studies.defense_accounts.strongest import strongest

        return [one.to_json() for one in strongest(self.accounts)]

    def _lines(self) -> Iterator[dict[str, object]]:
        for one in self.accounts:
            names = {"victim": one.setting.victim, "attack": one.setting.attack, "n": one.n, "speakers": one.speakers}
            names["task"] = one.setting.setting.task
            for line in one.lines:
                clean = _spread("clean_uar", line.clean.uar) | _spread("uar_lost", line.clean.uar_lost)
                told = {"defense": line.defense, **clean, "refused": line.clean.refused.value, **line.cost.to_json()}
                for role, found in line.attacks.items():
                    for at in found.at:
                        figures = _spread("acc_att", at.acc_att) | _spread("robust_accuracy", at.robust_accuracy)
                        better = _spread("prevented", at.prevented) | _spread("won", at.robustness_won)
                        attacker = {"attacker": role, "attack_run": found.attack, "k": at.k}
                        yield {**names, **told, **attacker, **figures, **better, "only_unknown": line.only_unknown}

    def table(self) -> tuple[Sequence[str], list[tuple[str, ...]]]:
        """Return the table that it is shown as: the heads of its columns, and its rows."""

        def text(figure: Estimate | None) -> str:
            return "" if figure is None else str(figure)

        rows = [
            (
                *(one.setting.victim, one.setting.attack, line.defense, role, str(at.k)),
                *map(text, (line.clean.uar, at.acc_att, at.robust_accuracy, at.prevented, at.robustness_won)),
            )
            for one in self.accounts
            for line in one.lines
            for role, found in line.attacks.items()
            for at in found.at
        ]
        return _COLUMNS, rows


_NAMES = ("victim", "attack", "defence", "attacker", "k")
_COLUMNS = (*_NAMES, "clean UAR", "Acc_att", "robust accuracy", "prevented", "won")


def _spread(name: str, figure: Estimate | None) -> dict[str, object]:
    """A figure and its interval as three columns."""
    if figure is None:
        return {name: None, f"{name}_low": None, f"{name}_high": None}
    return {name: figure.value, f"{name}_low": figure.low, f"{name}_high": figure.high}
