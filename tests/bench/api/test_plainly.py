"""What is wrong from Python is one sentence, raised by the function that was called, in the words of Python."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

import pytest

import bench

WRONG: dict[str, tuple[Any, str]] = {
    "keyword": (lambda run: bench.show(rn=run), "bench.show: found the keyword 'rn'; .*did you mean 'run'?"),
    "keyword of options": (lambda run: bench.run(defence="none"), "bench.run: found the keyword 'defence'"),
    "an account has no measures": (
        lambda run: bench.account("smoothing", measures="stoi"),
        "bench.account: found the keyword 'measures'",
    ),
    "nothing": (
        lambda run: bench.show(),
        "bench.show: found missing a required argument: 'run'; expected a call with run",
    ),
    "fold": (lambda run: bench.run(fold="x"), "bench.run, fold: found 'x'; .*for example fold='0', or all"),
    "a half": (lambda run: bench.score(run, k=2.5), "bench.score, k: found '2.5'; expected whole numbers"),
    "k": (lambda run: bench.score(run, k=0), "bench.score, k: found '0'; .*for example k='5,15,25'"),
    "beyond the budget": (lambda run: bench.score(run, k=99), "bench.score, k: found 99; expected at most 8"),
    "measures": (lambda run: bench.run(measures="x"), "bench.run, measures: found 'x'; expected one of seg_snr_db"),
    "type": (lambda run: bench.run(limit=2.5), "bench.run, limit: found 2.5, a float; expected int"),
    "type of several": (lambda run: bench.run(task=3), "bench.run, task: found 3, a int; expected str"),
    "path": (lambda run: bench.run(plugin=3), "bench.run, plugin: found 3, a int; expected str or Path"),
    "progress": (lambda run: bench.run(progress=3), "bench.run, progress: found 3, a int; expected True, False"),
    "spec": (lambda run: bench.run("cnn_grr"), "bench.run, victim: found 'cnn_grr'; .*did you mean 'cnn_gru'?"),
    "no run": (lambda run: bench.show("no-such-run"), "no-such-run: found no folder"),
    "no path": (lambda run: bench.curve(3, "k"), "bench.curve, runs: found 3, a int; expected a folder's path"),
    "parameter": (lambda run: bench.curve(run, "epsilom"), "bench.curve, parameter epsilom: found no attack"),
    "kind": (lambda run: bench.components("victm"), "bench.components, kind: found 'victm'; .*did you mean 'victims'?"),
    "name": (lambda run: bench.components("attacks", "boundry"), "bench.components, name: .*did you mean 'boundary'?"),
    "site": (lambda run: bench.leaderboard(run, build=True), "bench.leaderboard, out: found None"),
    "group": (lambda run: bench.score(run, by="sox"), "bench.score, by sox: found 'sox'; .*did you mean 'sex'?"),
    "scores": (lambda run: bench.plot_heat_map(run, k=99), "bench.plot_heat_map: found no score of this kind"),
    "value": (lambda run: bench.plot_acc_att(run, value="war"), "bench.plot_acc_att, value: found 'war'"),
}


@pytest.mark.parametrize("what", WRONG)
def test_it_is_one_sentence(what: str, finished_run: tuple[Path, Any]) -> None:
    call, said = WRONG[what]
    with pytest.raises(bench.BenchError, match=f"^{said}") as raised:
        call(finished_run[0])
    text = str(raised.value)
    assert "--" not in text
    assert len(text.splitlines()) == 1
    frames = [Path(frame.filename).name for frame in traceback.extract_tb(raised.value.__traceback__)]
    assert [name for name in frames if name != "test_plainly.py"] == ["plainly.py"]
    assert raised.value.__suppress_context__ or raised.value.__context__ is None
