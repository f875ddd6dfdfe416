"""The part of `bench score` that shows figures by group."""

from __future__ import annotations

from bench.studies.grouped_scores import Groups


def print_groups(groups: Groups) -> None:
    """Print a table for each victim, defence and attack, a line for each group, Corr, Noises and k."""
    from bench.cli.tables import narrow_table, print_table, yes_or_no
    from bench.core.showing.consoles import PlainConsole

    console = PlainConsole()
    for entry, scores in groups.entries:
        names = entry.own.about.names
        who = f"victim {names.victim} · defense {names.defense} · attack {entry.own.about.attack_base}"
        console.print(f"\nBy {', '.join(groups.by)}: {who}", soft_wrap=True)
        clean = narrow_table("group", "recognised", "n", "speakers")
        for row in dict.fromkeys((one.group, str(one.recognised), one.acc_att.n, one.speakers) for one in scores):
            clean.add_row(*map(str, row))
        print_table(console, clean)
        table = narrow_table("group", "Corr", "Noises", "k", "robust accuracy", "Acc_att", "n")
        for one in scores:
            what = (one.group, yes_or_no(one.corr), one.noises, str(one.k))
            table.add_row(*what, *map(str, (one.robust_accuracy, one.acc_att, one.acc_att.n)))
        print_table(console, table)
    if groups.by:
        console.print("[95 % interval] about each group by itself: two that overlap may differ all the same.")
