"""Tasks of one name that are not one: nobody's figures stand beside others', or among them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

TASK = """
name = "mood"
attribute = "activation"
scale = [0, 1]
shift = {shift}
"""
VICTIM = "cnn_gru:channels=8,hidden={hidden},dense=8,dropout=0.0,learning_rate=0.01,batch_size=8,max_epochs=1"
EASIER = (("strict", 0.02, 8), ("lax", 0.5, 8), ("lax", 0.5, 4))


def test_who_calls_an_easier_task_by_a_known_name_is_ranked_apart(
    bench_here: Callable, tiny_job: Callable, tmp_path: Path
) -> None:
    """No attack moves an answer by half the scale: who asks for that would lead, and be pooled with who does not."""
    for name, shift, hidden in EASIER:
        (tmp_path / f"{name}.toml").write_text(TASK.format(shift=shift))
        options = {"victim": VICTIM.format(hidden=hidden), "attack": "environmental:snr_db=11", "k": "1"}
        said = bench_here(*tiny_job(**options, task=tmp_path / f"{name}.toml", out=tmp_path / name))
        assert said.code == 0, said.err
    said = bench_here("leaderboard", tmp_path / "strict", tmp_path / "lax", "--out", tmp_path / "board")
    assert said.code == 0, said.err
    tables = (tmp_path / "board" / "leaderboard.md").read_text().split("\n## ")[1:]
    titles = [table.partition("\n")[0] for table in tables]
    assert len(set(titles)) == len(titles) == 6
    for name in ("strict", "lax"):
        (own,) = {title.rpartition("task ")[2] for title in titles if len(_lines(tables, title)) == (name == "lax") + 1}
        assert sum(own in title for title in titles) == 3, "one for each kind of noises"
    said = bench_here("leaderboard", "build", tmp_path / "strict", tmp_path / "lax", "--out", tmp_path / "site")
    assert said.code == 0, said.err
    assert len([*(tmp_path / "site" / "tracks").glob("*.html")]) == 2


def _lines(tables: list[str], title: str) -> list[str]:
    """The ranked lines of the table with a title."""
    (table,) = (one for one in tables if one.startswith(title))
    return [line for line in table.splitlines() if "| cnn_gru" in line]
