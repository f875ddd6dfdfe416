"""Sounds mapped into memory: apart from each other, and thousands of them."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from bench.audio.mapped import apart, mapped_file, samples_of


def mapped(path: Path, length: int = 3_000) -> torch.Tensor:
    np.arange(length, dtype="<f4").tofile(path)
    return samples_of(mapped_file(path))


def test_what_is_written_apart_is_not_heard_elsewhere(tmp_path: Path) -> None:
    one, other, kept = mapped(tmp_path / "one"), mapped(tmp_path / "other", 500), torch.arange(9.0)
    sounds = [one[:1_000], other[100:], one[1_000:], kept, one[::2]]
    before = [sound.clone() for sound in sounds]
    own = apart(sounds)
    assert all(map(torch.equal, own, before))
    own[0].zero_()
    own[2].numpy()[:] = -1
    own[1].zero_()
    own[3].zero_()
    own[4].zero_()
    assert all(map(torch.equal, sounds, before))
    assert all(map(torch.equal, apart(sounds), before))
    assert np.array_equal(np.fromfile(tmp_path / "one", "<f4"), one), "a file is never written to"


def test_what_is_mapped_is_not_read(tmp_path: Path) -> None:
    one = mapped(tmp_path / "one")
    (again,) = apart([one[5:]])
    assert again.untyped_storage().nbytes() == one.untyped_storage().nbytes(), "all of the file, and no copy"


@pytest.mark.parametrize("what", ["gone", "another", "empty"])
def test_a_file_that_is_no_longer_what_it_was_is_not_looked_at(tmp_path: Path, what: str) -> None:
    one = mapped(tmp_path / "one")
    (tmp_path / "one").unlink()
    if what != "gone":
        np.zeros(0 if what == "empty" else 3_000, dtype="<f4").tofile(tmp_path / "one")
    (again,) = apart([one])
    assert torch.equal(again, torch.arange(3_000.0))
    again.zero_()
    assert torch.equal(one, torch.arange(3_000.0))


@pytest.mark.skipif(resource.getrlimit(resource.RLIMIT_NOFILE)[1] < 2_000, reason="no more files may be open")
def test_more_files_than_may_be_open(tmp_path: Path) -> None:
    """MSP-Podcast has thousands of shards, and 1,024 open files are what most systems begin with."""
    for number in range(200):
        np.full(9, number, dtype="<f4").tofile(tmp_path / str(number))
    code = """
import resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_NOFILE, (100, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
from bench.audio.mapped import mapped_file, samples_of
sounds = [samples_of(mapped_file(Path(sys.argv[1], str(number)))) for number in range(200)]
print([int(sound[8]) for sound in sounds] == list(range(200)))
"""
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=False, env=dict(os.environ)
    )
    assert done.stdout == "True\n", done.stderr
