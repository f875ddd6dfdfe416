"""Rounds: committed to beforehand, revealed at the end, and everything held out follows from the secret."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from bench.core.errors import DataError, UsageError
from bench.sharing.entry.rounds import Round, RoundSecret, new_round
from bench.testing import sample_noises


def test_a_secret_is_that_of_its_round_alone(tmp_path: Path) -> None:
    public, hidden = new_round("spring", tmp_path)
    of = Round.read(public)
    secret = RoundSecret.read(hidden, of)
    assert stat.S_IMODE(hidden.stat().st_mode) == 0o600
    assert secret.seed not in public.read_text()
    assert secret.nonce not in public.read_text()
    other, _ = new_round("summer", tmp_path)
    with pytest.raises(DataError, match="commitment"):
        RoundSecret.read(hidden, Round.read(other))
    told = json.loads(hidden.read_text())
    hidden.write_text(json.dumps(told | {"seed": "0" * 64}))
    with pytest.raises(DataError, match="commitment"):
        RoundSecret.read(hidden, of)


def test_a_commitment_has_one_secret(tmp_path: Path) -> None:
    """Whoever put lines into the secret could say at the end where the seed stops, and choose what it draws."""
    lines = [f"{number:064x}" for number in range(4)]
    shared = RoundSecret("spring", lines[0], "\n".join(lines[1:]))
    of = Round("spring", shared.commitment)
    for seed, nonce in (("\n".join(lines[:2]), "\n".join(lines[2:])), ("\n".join(lines[:3]), lines[3])):
        assert RoundSecret("spring", seed, nonce).commitment == of.commitment
        told = {"serbench_round_secret": 1, "name": "spring", "seed": seed, "nonce": nonce}
        (tmp_path / "secret.json").write_text(json.dumps(told))
        with pytest.raises(DataError, match="64 digits each"):
            RoundSecret.read(tmp_path / "secret.json", of)


def test_what_is_drawn_follows_from_the_secret(tmp_path: Path) -> None:
    public, _ = new_round("spring", tmp_path)
    of, bank = Round.read(public), sample_noises()
    drawn = set()
    for number in range(20):
        secret = RoundSecret("spring", f"{number:064x}", "0")
        noises = secret.sounds(bank)
        test, train = noises.part("test"), noises.part("train")
        assert len(secret.attacks(of)) == 2
        assert set(secret.attacks(of)) <= set(of.pool)
        assert train.clips == bank.part("train").clips, "what defences trained with stays"
        assert set(test.clips) <= set(bank.part("test").clips)
        assert test.categories == bank.part("test").categories
        drawn.add((secret.attacks(of), secret.repeat, tuple(clip.id for clip in test.clips)))
        assert noises.on(bank.clips[0].waveform.device).part("test").clips == test.clips
    assert len(drawn) == 20


def test_a_round_that_cannot_be(tmp_path: Path) -> None:
    new_round("spring", tmp_path)
    for name, pool, count in (("spring", ("a",), 1), ("../x", ("a",), 1), ("y", ("a",), 2), ("z", ("a", "a"), 2)):
        with pytest.raises(UsageError):
            new_round(name, tmp_path, pool, count)
    public = tmp_path / "spring.round.json"
    for field, value in (("commitment", "short"), ("drawn", 99), ("pool", "boundary"), ("serbench_round", 2)):
        (tmp_path / "odd.json").write_text(json.dumps(json.loads(public.read_text()) | {field: value}))
        with pytest.raises(DataError):
            Round.read(tmp_path / "odd.json")
