"""`bench account`: what defences cost, and what they buy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bench.cli.arguments import REQUIRED, Json, Offered, asking
from bench.cli.report import listed, yes_or_no
from bench.cli.run import RUN

if TYPE_CHECKING:
    from rich.table import Column, Table

    from bench.evaluation.options import Options
    from bench.scoring.estimates import Difference
    from bench.studies.defense_accounts.account import Account, AccountLine

_LEAST_WIDTH = 180
"""Columns of what is no terminal: a file can be scrolled."""
_DEFENSE = 'What is accounted for; "a+b" stacks b on a; may be given several times.'
_NOISES = "all, or imperceptible: those with which people hear the same emotion."
_CHANGES: Offered = {
    "defense": replace(RUN["defense"], help=_DEFENSE, default=REQUIRED),
    "victim": replace(RUN["victim"], help="Who is defended; may be given several times.", default=["cnn_gru"]),
    "attack": replace(RUN["attack"], help="Against what; may be given several times.", default=["boundary"]),
    "corr": replace(RUN["corr"], metavar="yes|no", help=RUN["corr"].help.removesuffix(", both.") + ".", default="no"),
    "noises": replace(RUN["noises"], metavar="all|imperceptible", help=_NOISES, default="imperceptible"),
    "fold": replace(RUN["fold"], default="all"),
    "out": replace(RUN["out"], default=Path("bench-account")),
}
ACCOUNT: Offered = {"defense": _CHANGES["defense"]} | {n: one for n, one in RUN.items() if n != "measure"} | _CHANGES


@asking(ACCOUNT)
def account(options: Options, json: Json = None) -> None:
    """Say what each defence costs and what it buys, beside the bare victim.

    Every defence is attacked through the whole of it, with noises seen and not seen in its training, by one who knows
    of no defence, and, where there is a purifier or a detector, by one who owns a copy. One that only holds against
    those who do not know of it is flagged. The same command goes on after an interruption.
    """
    from bench.cli.report import check_json_target, say_failures, write_json
    from bench.core.progress import for_terminal
    from bench.studies.defense_accounts.run import accounts

    check_json_target(json)
    found, failures = accounts(options, for_terminal())
    if write_json({"schema": 1, "accounts": [one.to_json() for one in found]}, json):
        show(found)
    say_failures(failures, options.out)


LEGEND = (
    "lost: clean UAR of the bare victim less its own. Acc_att: share attacked successfully; robust: recognised when",
    "clean and not attacked successfully (a refusal is an error when clean, and never an attack's success).",
    "through: asks the defended victim; seen, unseen: with noises it was and was not trained against; unaware: brings",
    "what fools the bare victim; aware: owns a copy of the defence. prevented: Acc_att of the bare victim under the",
    "same noises less its own; won: its robust accuracy less the bare victim's; both at the greatest k. [95 %",
    "interval], clustered by speaker.",
)


def show(found: Sequence[Account]) -> None:
    """Print two tables for each account: what the defences cost, and what they buy."""
    from rich.console import Console

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = max(console.width, _LEAST_WIDTH)
    for one in found:
        console.print(headline(one), markup=False, soft_wrap=True)
        console.print(cost_table(one))
        console.print(attack_table(one))
        for line in one.lines:
            if line.only_unknown:
                text = f"flagged: {line.defense} holds only against attacks that do not know of it"
                console.print(text, markup=False, soft_wrap=True)
    if found:
        for text in LEGEND:
            console.print(text, markup=False, soft_wrap=True)


def headline(account: Account) -> str:
    """Say whose defences are accounted for, against what and on what: the line above the tables."""
    about, setting = account.setting, account.setting.setting
    attack = f"attack {about.attack} (Corr {yes_or_no(about.corr)}, noises {about.noises})"
    data = f"corpus {setting.corpus} · noises {setting.noise_bank} · task {setting.task}"
    folds = f"{setting.split} fold {listed(about.folds)} · seed {listed(about.seeds)}"
    counts = f"n = {account.n} utterances of {account.speakers} speakers"
    return f"\nvictim {about.victim} · {attack} · {data} · {folds} · {counts}"


def cost_table(account: Account) -> Table:
    """Lay out clean UAR, time and parameters of each defence as a table."""
    from rich import box
    from rich.table import Table

    columns = ("clean UAR", "lost", "refused", "training", "answer", "parameters", "randomised")
    table = Table(_defences(), *columns, box=box.SIMPLE_HEAD)
    bare = account.lines[0]
    for line in account.lines:
        clean = line.clean
        table.add_row(
            line.defense,
            str(clean.uar),
            _or_nothing(clean.uar_lost),
            str(clean.refused) if clean.refused.value else "",
            _times(line.cost.fit_s, bare.cost.fit_s, "s"),
            _times(line.cost.answer_ms, bare.cost.answer_ms, "ms"),
            f"{line.cost.parameters:,}" + _more(line, bare),
            f"yes, {line.repeats} times" if line.randomised else "no",
        )
    return table


def _more(line: AccountLine, bare: AccountLine) -> str:
    more = line.cost.parameters - bare.cost.parameters
    return f" ({more:+,})" if line is not bare and more else ""


def attack_table(account: Account) -> Table:
    """Lay out Acc_att and robust accuracy of each defence against each attacker as a table."""
    from rich import box
    from rich.table import Table

    ks = sorted({at.k for line in account.lines for found in line.attacks.values() for at in found.at})
    columns = (*(f"Acc_att k={k}" for k in ks), *(f"robust k={k}" for k in ks))
    table = Table(_defences(), "attacker", *columns, "prevented", "won", box=box.SIMPLE_HEAD)
    for line in account.lines:
        for number, (role, found) in enumerate(line.attacks.items()):
            at = {entry.k: entry for entry in found.at}
            success = [f"{at[k].acc_att.value:.2f}" if k in at else "" for k in ks]
            robust = [f"{at[k].robust_accuracy.value:.2f}" if k in at else "" for k in ks]
            last = at.get(ks[-1])
            better = ("", "") if last is None else (_or_nothing(last.prevented), _or_nothing(last.robustness_won))
            table.add_row("" if number else line.defense, role, *success, *robust, *better)
    return table


def _defences() -> Column:
    """The first column: a long spec is folded, not cut short."""
    from rich.table import Column

    return Column("defence", overflow="fold", min_width=24)


def _or_nothing(figure: Difference | None) -> str:
    return "" if figure is None else str(figure)


def _times(own: float | None, bare: float | None, unit: str) -> str:
    if own is None:
        return "-"
    ratio = f" (× {own / bare:.1f})" if bare and own != bare else ""
    return f"{own:.3g} {unit}{ratio}"
