"""Entries verified: an honest one comes out again, whatever its code tries beside; a lie, a loop and a hole do not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save

from bench.core.batch import Batch
from bench.core.errors import BenchError
from bench.core.showing.progress import SILENT
from bench.evaluation.cell.fitted_store import fit_or_load
from bench.sharing.entry.opening import opened
from bench.sharing.entry.receipt import Receipt
from bench.sharing.entry.rerunning import Conditions, Rerun
from bench.sharing.entry.rounds import Round, RoundSecret, new_round
from bench.sharing.entry.verification import VerificationAsked, verify
from tests.bench.isolation.conftest import refusal
from tests.bench.sharing.entry.conftest import QUICK
from tests.bench.sharing.entry.test_contents import rewritten

Altered = Callable[..., Path]
TRIES = '''
import ctypes
import os
import socket
import subprocess
from pathlib import Path


def tries():
    """Give what is tried, by name."""
    libc = ctypes.CDLL(None, use_errno=True)

    def call(number, *arguments):
        if libc.syscall(number, *arguments) < 0:
            raise OSError(ctypes.get_errno(), "refused")

    return {
        "network": lambda: socket.create_connection(("127.0.0.1", 1), 2),
        "fork bomb": lambda: [os.fork() for _ in range(9)],
        "program": lambda: subprocess.run(["/bin/sh", "-c", "true"], check=True),
        "ptrace": lambda: call(101, 0, 0, 0, 0),
        "password file": lambda: Path("/etc/passwd").read_text(),
        "records": lambda: next(one for one in Path("/tmp").rglob("*.parquet") if "site-packages" not in one.parts),
        "memory hog": lambda: bytearray(64 << 30),
        "disk hog": lambda: Path("/scratch/much").write_bytes(bytes(1 << 28)),
        "own code": lambda: Path(__file__).write_text("changed"),
    }


def fell():
    """List what worked that should not; what does not work is the point."""
    found = []
    for name, attempt in tries().items():
        try:
            attempt()
        except (Exception, SystemExit):
            continue
        found.append(name)
    if found:
        raise RuntimeError(f"these worked: {found}")
'''
PROJECT = """
[project]
name = "serbench-theirs"
[project.entry-points."serbench.victims"]
levels = "serbench_theirs.models:Levels"
[project.entry-points."serbench.defenses"]
halve = "serbench_theirs.models:Halve"
"""


@pytest.fixture
def as_package(honest: Mapping[str, bytes], altered: Altered) -> Callable[[str, str], Path]:
    """The honest entry with its code as a package, and more in its module."""

    def packed(before: str, instead: str = "") -> Path:
        text = honest["code/mine.py"].decode().replace("from __future__ import annotations\n", "")
        changed = text.replace("    def enroll(self, clean):\n", f"{before}    def enroll(self, clean):\n{instead}", 1)
        files = {"code/mine.py": None, "code/pyproject.toml": PROJECT.encode()}
        files |= {"code/serbench_theirs/__init__.py": b"", "code/serbench_theirs/tries.py": TRIES.encode()}
        head = "from __future__ import annotations\nfrom serbench_theirs.tries import fell\n"
        return altered(files | {"code/serbench_theirs/models.py": (head + changed).encode()}, code="package")

    return packed


@pytest.fixture
def sandboxed(where: Conditions) -> Conditions:
    """The same in sandboxes."""
    if refusal():
        pytest.skip(refusal())
    return replace(where, trusted=False)


def test_an_honest_entry_comes_out_again_and_its_receipt_too(
    submission: Path, where: Conditions, own_cache: Path, tmp_path: Path
) -> None:
    found = verify(submission / "entry.serbench", VerificationAsked(where, None, seed=5), SILENT)
    assert found.outcome == "verified"
    assert [cell.verdict for cell in found.cells] == ["same"] * 4
    assert {cell.names["defense"] for cell in found.cells} == {"none", "halve"}
    assert not (own_cache / "victims").exists(), "nothing was trained or kept"
    again = verify(submission / "entry.serbench", VerificationAsked(where, 1, seed=5), SILENT)
    assert again.to_json()["cells"][0] in found.to_json()["cells"]  # type: ignore[index, operator]
    found.write(tmp_path / "one.json")
    receipt = Receipt.read(tmp_path / "one.json")
    assert (receipt.outcome, receipt.count, receipt.of, receipt.trusted) == ("verified", 4, 4, True)
    assert receipt.says == "4 of 4 cells run again, 4 came out again, in process"


def test_a_lie_is_found_out(submission: Path, where: Conditions, honest: Mapping[str, bytes], altered: Altered) -> None:
    def lied(rows: Any, _: Any) -> Any:
        return rows.assign(label_before=rows["label_true"], label_after=rows["label_true"], accepted=False)

    files: dict[str, bytes | None] = {}
    for name in (one for one in honest if one.startswith("cells/")):
        files[name] = rewritten(honest[name], lied)[1]
    found = verify(altered(files), VerificationAsked(where, 1, seed=1), SILENT)
    assert found.outcome == "different"
    assert max(one.gained + one.lost for one in found.cells[0].figures) >= 4


def test_weights_are_used_as_they_were_submitted(where: Conditions, altered: Altered, honest: Mapping) -> None:
    """Weights that say nothing give other answers: nobody trained them again."""
    names = [one for one in honest if one.endswith("weights.safetensors")]
    found = verify(
        altered({name: save({"means": torch.zeros(4)}) for name in names}), VerificationAsked(where, 1, seed=1), SILENT
    )
    assert found.cells[0].verdict in ("different", "could not be run")
    answers = found.cells[0].figures
    assert not answers or answers[0].again < answers[0].submitted


def test_what_cannot_be_run_says_why_and_hides_nothing_else(
    where: Conditions, altered: Altered, honest: Mapping
) -> None:
    broken = honest["code/mine.py"].replace(b"def load(self, victim,", b"def load(self, victim, 1 / 0,")
    assert broken != honest["code/mine.py"]
    text = honest["code/mine.py"].replace(b"return Halved(victim.load(", b"return Halved(1 / 0 or victim.load(")
    found = verify(altered({"code/mine.py": text}), VerificationAsked(where, None, seed=1), SILENT)
    assert {(cell.names["defense"], cell.verdict) for cell in found.cells} == {
        ("none", "same"),
        ("halve", "could not be run"),
    }
    assert "ZeroDivisionError" in next(cell.reason for cell in found.cells if cell.reason)
    assert found.outcome == "could not be run"


def test_other_data_and_too_little_time_are_told(where: Conditions, submission: Path, tiny_corpus: Path) -> None:
    with pytest.raises(BenchError, match="noise"):
        verify(submission / "entry.serbench", VerificationAsked(replace(where, noise_roots=())), SILENT)
    found = verify(submission / "entry.serbench", VerificationAsked(replace(where, cell_s=0.0), 1, seed=1), SILENT)
    assert "for a cell" in found.cells[0].reason


def test_in_a_sandbox_code_does_its_work_and_no_harm(
    as_package: Callable, sandboxed: Conditions, where: Conditions
) -> None:
    """A package's victim tries all that it should not before it knows a speaker; then it answers as it does here."""
    answers = []
    for conditions, tried in ((sandboxed, "        fell()\n"), (where, "")):
        with opened(as_package("", tried)) as entry:
            source = next(one for one in entry.contents.cells if one.description.names.defense == "halve")
            rerun = Rerun.of(entry.contents, conditions, SILENT)
            cell = rerun.cell(source)
            assert cell.fitted.victim.isolated == (conditions is sandboxed)
            bare = replace(cell.fitted, defense=None)
            given = rerun.weighted(source, cell).given
            assert given is not None
            assert len({given[cell.fitted], given[bare]}) == 2, "whoever transfers asks the bare victim too"
            speech = rerun.experiment.split(cell.fitted).test
            victim = fit_or_load(rerun.weighted(source, cell), cell.fitted).enroll(speech)
            answers.append(victim.log_probs(Batch.of(speech)))
    assert torch.equal(*answers)


def test_a_loop_without_end_is_ended(as_package: Callable, sandboxed: Conditions) -> None:
    entry = as_package("", "        while True: pass\n")
    limits = replace(QUICK, answer_s=1.0)
    found = verify(entry, VerificationAsked(replace(sandboxed, limits=limits), 1, seed=2), SILENT)
    assert found.cells[0].verdict == "could not be run"
    assert "in time" in found.cells[0].reason


def test_a_round_draws_what_nobody_knows_and_the_same_for_all(
    submission: Path, where: Conditions, tmp_path: Path
) -> None:
    public, hidden = new_round("spring", tmp_path, ("boundary", "white_noise"), 1)
    of = Round.read(public)
    secret = RoundSecret.read(hidden, of)
    entry = submission / "entry.serbench"
    before = verify(entry, VerificationAsked(where, 1, 3, of), SILENT)
    assert before.outcome == "verified"
    before.write(tmp_path / "open.json")
    assert Receipt.read(tmp_path / "open.json").says.endswith("held-out part of spring: open, in process")
    one, other = (verify(entry, VerificationAsked(where, 1, 3, of, secret), SILENT) for _ in range(2))
    assert one.to_json() == other.to_json()
    assert len(one.held_out) == 2
    assert all(held.robust_accuracy and held.n == 16 for held in one.held_out)
