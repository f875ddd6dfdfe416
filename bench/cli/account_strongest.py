"""The table of the strongest attacks on each defence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bench.cli.tables import narrow_table

if TYPE_CHECKING:
    from bench.studies.defense_accounts.strongest import Strongest


def show_strongest(found: Sequence[Strongest]) -> None:
    """Print for each defence the attack that leaves least of it, of each threat model and kind of noises."""
    from bench.core.showing.consoles import PlainConsole

    if not found:
        return
    console = PlainConsole()
    console.print("\nThe strongest attack on each defence, of each threat model", soft_wrap=True)
    for defense in dict.fromkeys((one.setting.victim, one.defense) for one in found):
        own = [one for one in found if (one.setting.victim, one.defense) == defense]
        console.print(f"victim {defense[0]} · defence {defense[1]}", soft_wrap=True)
        table = narrow_table()
        table.add_column("attacker", overflow="fold", ratio=2)
        table.add_column("strongest", overflow="fold", ratio=3)
        for title in ("k", "Acc_att", "robust"):
            table.add_column(title, no_wrap=True)
        for one in own:
            for number, at in enumerate(one.at):
                names = ("", "") if number else (f"{one.noises}: {one.threat_model}", f"{one.attack} ({one.role})")
                table.add_row(*names, str(at.k), f"{at.acc_att.value:.2f}", f"{at.robust_accuracy.value:.2f}")
        console.print(table)
