"""`bench account`: what defences cost, and what they buy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.arguments import REQUIRED, Json, Offered, asking
from bench.cli.report import listed
from bench.cli.run import RUN
from bench.cli.tables import narrow_table, yes_or_no

if TYPE_CHECKING:
    from rich.table import Table

    from bench.evaluation.plans.options import Options
    from bench.scoring.inference.estimates import Difference
    from bench.studies.defense_accounts.account import Account, AccountLine

_DEFENSE = 'What is accounted for; "a+b" stacks b on a; may be given several times.'
_NOISES = "all, additive (the length is kept), or imperceptible (people hear the same emotion)."
_CHANGES: Offered = {
    "defense": replace(RUN["defense"], help=_DEFENSE, default=REQUIRED),
    "victim": replace(RUN["victim"], help="Who is defended; may be given several times.", default=["cnn_gru"]),
    "attack": replace(RUN["attack"], help="Against what; may be given several times.", default=["boundary"]),
    "corr": replace(RUN["corr"], metavar="yes|no", help=RUN["corr"].help.removesuffix(", both.") + ".", default="no"),
    "noises": replace(RUN["noises"], metavar="all|additive|imperceptible", help=_NOISES, default="imperceptible"),
    "fold": replace(RUN["fold"], default="all"),
    "out": replace(RUN["out"], default=Path("bench-account")),
}
ACCOUNT: Offered = {"defense": _CHANGES["defense"]} | {n: one for n, one in RUN.items() if n != "measure"} | _CHANGES


_WHITE_BOX = "Steps along the victim's own gradient, for a bound beside each defence; 0 leaves it out."
WhiteBox = Annotated[int, typer.Option(metavar="STEPS", min=0, help=_WHITE_BOX)]


@asking(ACCOUNT)
def account(options: Options, white_box: WhiteBox = 0, json: Json = None) -> None:
    """Say what each defence costs and what it buys, beside the bare victim.

    Every defence is attacked through the whole of it, with noises seen and not seen in its training, by one who knows
    of no defence, and, where there is a purifier or a detector, by one who owns a copy. One that only holds against
    those who do not know of it is flagged. The same command goes on after an interruption.
    """
    from bench.cli.account_strongest import show_strongest
    from bench.cli.report import check_json_target, say_failures, write_json
    from bench.core.showing.progress import for_terminal
    from bench.studies.defense_accounts.run import accounts
    from bench.studies.defense_accounts.strongest import strongest

    check_json_target(json)
    found, failures = accounts(options, for_terminal(), white_box)
    worst = strongest(found)
    told = {"accounts": [one.to_json() for one in found], "strongest": [one.to_json() for one in worst]}
    if write_json({"schema": 1, **told}, json):
        show(found)
        show_strongest(worst)
    say_failures(failures, options.out)


LEGEND = (
    "lost: clean UAR of the bare victim less its own. Acc_att: share attacked",
    "successfully; robust: recognised when clean and not attacked successfully (a",
    "refusal is an error when clean, and never an attack's success). through: asks",
    "the defended victim; seen, unseen: with noises it was and was not trained",
    "against; unaware: brings what fools the bare victim; aware: owns a copy of the",
    "defence. prevented: Acc_att of the bare victim under the same noises less its",
    "own; won: its robust accuracy less the bare victim's. [95 % interval],",
    "clustered by speaker.",
)


def show(found: Sequence[Account]) -> None:
    """Print three tables for each account: what the defences cost, on clean speech and in time, and what they buy."""
    from bench.core.showing.consoles import PlainConsole

    console = PlainConsole()
    for one in found:
        console.print(headline(one), soft_wrap=True)
        console.print(cost_table(one))
        console.print(effort_table(one))
        for line in one.lines:
            console.print(f"defence {line.defense}", soft_wrap=True)
            console.print(attack_table(line))
            if line.white_box is not None:
                text = f"white box (its own gradient, no attack here): robust accuracy {line.white_box}"
                console.print(text, soft_wrap=True)
            if line.only_unknown:
                text = f"flagged: {line.defense} is shown to hold only against attacks that do not know of it"
                console.print(text, soft_wrap=True)
    if found:
        for text in LEGEND:
            console.print(text, soft_wrap=True)


def headline(account: Account) -> str:
    """Say whose defences are accounted for, against what and on what: the line above the tables."""
    about, setting = account.setting, account.setting.setting
    attack = f"attack {about.attack} (Corr {yes_or_no(about.corr)}, noises {about.noises})"
    data = f"corpus {setting.speech} · noises {setting.noise_bank} · task {setting.task}"
    folds = f"{setting.split} fold {listed(about.folds)} · seed {listed(about.seeds)}"
    counts = f"n = {account.n} utterances of {account.speakers} speakers"
    return f"\nvictim {about.victim} · {attack} · {data} · {folds} · {counts}"


def cost_table(account: Account) -> Table:
    """Lay out what each defence costs on clean speech as a table."""
    table = _by_defence("clean UAR", "lost", "refused")
    for line in account.lines:
        clean = line.clean
        refused = str(clean.refused) if clean.refused.value else ""
        table.add_row(line.defense, str(clean.uar), _or_nothing(clean.uar_lost), refused)
    return table


def effort_table(account: Account) -> Table:
    """Lay out time and parameters of each defence as a table."""
    table = _by_defence("training", "answer", "parameters", "randomised")
    bare = account.lines[0]
    for line in account.lines:
        table.add_row(
            line.defense,
            _times(line.cost.fit_s, bare.cost.fit_s, "s"),
            _times(line.cost.answer_ms, bare.cost.answer_ms, "ms"),
            f"{line.cost.parameters:,}" + _more(line, bare),
            f"yes, {line.repeats} ×" if line.randomised else "no",
        )
    return table


def _more(line: AccountLine, bare: AccountLine) -> str:
    more = line.cost.parameters - bare.cost.parameters
    return f" ({more:+,})" if line is not bare and more else ""


def attack_table(line: AccountLine) -> Table:
    """Lay out a defence's Acc_att and robust accuracy against each attacker as a table, a line for each k."""
    table = narrow_table("attacker")
    for title in ("k", "Acc_att", "robust", "prevented", "won"):
        table.add_column(title, no_wrap=True, justify="right" if title == "k" else "left")
    for role, found in line.attacks.items():
        for number, at in enumerate(found.at):
            shares = (f"{one.value:.2f}" for one in (at.acc_att, at.robust_accuracy))
            better = map(_or_nothing, (at.prevented, at.robustness_won))
            table.add_row("" if number else role, str(at.k), *shares, *better)
    return table


def _by_defence(*titles: str) -> Table:
    """A table that fits 80 columns: a long spec is folded, not cut short, and a figure neither."""
    table = narrow_table()
    table.add_column("defence", overflow="fold", min_width=8)
    for title in titles:
        table.add_column(title, no_wrap=True)
    return table


def _or_nothing(figure: Difference | None) -> str:
    return "" if figure is None else str(figure)


def _times(own: float | None, bare: float | None, unit: str) -> str:
    if own is None:
        return "-"
    ratio = f" (× {own / bare:.1f})" if bare and own != bare else ""
    return f"{own:.3g} {unit}{ratio}"
