"""Rounds: attacks, sounds and draws that nobody knows beforehand, committed to by a digest and revealed at the end."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path

from bench.core.code.keys import fingerprint
from bench.core.errors import DataError, UsageError
from bench.core.noises import NoiseSet
from bench.core.rng import key_of
from bench.core.storage.json_objects import JsonObject, loaded
from bench.core.storage.regular import read_regular
from bench.core.types import Part

POOL = ("boundary", "fresh_noises", "mixup", "universal_noises", "reverb", "packet_loss", "shaped_noise", "mp3")
"""Attacks that a round draws from where it says nothing else."""
DRAWN = 2
"""How many attacks it draws where it says nothing else."""
_SCHEMA, _MOST = 1, 2**20
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,60}")
_HEX = re.compile(r"[0-9a-f]{64}")
_AGAIN = "take the file that bench leaderboard round wrote"


@dataclass(frozen=True)
class Round:
    """Hold what everybody may know of a round.

    Args:
        name: of the round.
        commitment: SHA-256 of its secret.
        pool: attacks that are drawn from.
        drawn: how many are.
    """

    name: str
    commitment: str
    pool: tuple[str, ...] = POOL
    drawn: int = DRAWN

    def to_json(self) -> dict[str, object]:
        """Return what is published."""
        told = {"serbench_round": _SCHEMA, "name": self.name, "commitment": self.commitment}
        return told | {"pool": list(self.pool), "drawn": self.drawn, "made_with": metadata.version("serbench")}

    @classmethod
    def read(cls, file: Path) -> Round:
        """Read a round's public file.

        Raises:
            DataError: it is none.
        """
        told = _read(file, "serbench_round")
        found = cls(told.text("name"), told.text("commitment"), told.texts("pool"), told.whole("drawn"))
        if not _NAME.fullmatch(found.name) or not _HEX.fullmatch(found.commitment):
            raise DataError(file, "a name or a commitment that is none", "a plain name, and 64 digits", _AGAIN)
        if not 1 <= found.drawn <= len(found.pool) <= 1_000:
            raise DataError(file, f"{found.drawn} of {len(found.pool)} attacks", "1 or more of those there are", _AGAIN)
        return found


@dataclass(frozen=True)
class RoundSecret:
    """Hold what nobody may know of a round until it ends.

    Args:
        name: of the round.
        seed: 64 hexadecimal digits, that everything follows from.
        nonce: likewise, so that no seed can be guessed from the commitment.
    """

    name: str
    seed: str
    nonce: str

    @property
    def commitment(self) -> str:
        """Return the digest that is published beforehand."""
        return hashlib.sha256(f"{self.name}\n{self.seed}\n{self.nonce}".encode()).hexdigest()

    @classmethod
    def read(cls, file: Path, of: Round) -> RoundSecret:
        """Read a round's secret, and compare it with what was published of it.

        Args:
            file: the secret file.
            of: the round.

        Raises:
            DataError: it is no secret, or that of another round.
        """
        told = _read(file, "serbench_round_secret")
        found = cls(told.text("name"), told.text("seed"), told.text("nonce"))
        if found.commitment != of.commitment:
            expected = f"the secret of round {of.name}, with commitment {of.commitment[:16]}"
            raise DataError(file, f"a secret with commitment {found.commitment[:16]}", expected, _AGAIN)
        return found

    def attacks(self, of: Round) -> tuple[str, ...]:
        """Draw the attacks of the held-out part.

        Args:
            of: the round.
        """
        return tuple(sorted(of.pool, key=lambda one: key_of(self.seed, "attack", one))[: of.drawn])

    @property
    def repeat(self) -> int:
        """Return the number that searches and randomised victims draw by."""
        return 1 + key_of(self.seed, "repeat") % (2**31 - 1)

    def sounds(self, noises: NoiseSet) -> HeldOutNoises:
        """Draw half of the sources of each category that attacks draw from, at least one.

        Args:
            noises: the whole bank.
        """
        kept: set[str] = set()
        for clips in noises.part("test").by_category.values():
            sources = sorted({clip.source for clip in clips}, key=lambda one: (key_of(self.seed, "sound", one), one))
            kept |= set(sources[: max(1, len(sources) // 2)])
        return HeldOutNoises(noises.name, noises.clips, noises.fingerprint, frozenset(kept))


@dataclass(frozen=True)
class HeldOutNoises(NoiseSet):
    """Hold a noise bank of which attacks draw from some sources alone; what defences trained with stays as it was.

    Args:
        name: the bank.
        clips: all.
        fingerprint: of all.
        kept: sources that attacks draw from.
    """

    kept: frozenset[str] = frozenset()

    def part(self, part: Part) -> NoiseSet:
        """Return one half of the bank as ever; of that which attacks draw from, the kept sources alone.

        Args:
            part: which half.

        Raises:
            DataError: as of any bank.
        """
        whole = NoiseSet(self.name, self.clips, self.fingerprint).part(part)
        if part == "train":
            return whole
        clips = tuple(clip for clip in whole.clips if clip.source in self.kept)
        return replace(whole, clips=clips, fingerprint=f"{whole.fingerprint}/{fingerprint(sorted(self.kept))}")


def new_round(name: str, folder: Path, pool: Sequence[str] = POOL, drawn: int = DRAWN) -> tuple[Path, Path]:
    """Make up a round: write what is published, and what is kept until it ends.

    Args:
        name: of the round.
        folder: where both files go.
        pool: attacks that are drawn from.
        drawn: how many are.

    Returns:
        The public file, and the secret one, which nobody else may read.

    Raises:
        UsageError: the name cannot be used, there is such a round, or more are to be drawn than there are.
    """
    public, secret = folder / f"{name}.round.json", folder / f"{name}.secret.json"
    if not _NAME.fullmatch(name):
        raise UsageError("round", f"{name!r:.80}", "letters, digits, _ . -", "choose another name")
    if public.exists() or secret.exists():
        raise UsageError("round", f"{name}, which is there", "a new name", "choose another")
    if not 1 <= drawn <= len(set(pool)):
        raise UsageError("--draw", str(drawn), f"1 to {len(set(pool))}, the attacks there are", "leave it out")
    folder.mkdir(parents=True, exist_ok=True)
    own = RoundSecret(name, secrets.token_hex(32), secrets.token_hex(32))
    told = {"serbench_round_secret": _SCHEMA, "name": name, "seed": own.seed, "nonce": own.nonce}
    with os.fdopen(os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(json.dumps(told, indent=1) + "\n")
    of = Round(name, own.commitment, tuple(dict.fromkeys(pool)), drawn)
    public.write_text(json.dumps(of.to_json(), indent=1) + "\n", encoding="utf-8")
    return public, secret


def _read(file: Path, mark: str) -> JsonObject:
    try:
        told = JsonObject.of(file, loaded(read_regular(file, _MOST, _AGAIN).decode()), _AGAIN)
    except (ValueError, RecursionError) as error:
        raise DataError(file, f"no JSON ({error})", "a round", _AGAIN) from error
    if told.whole(mark) != _SCHEMA:
        raise told.wrong(mark, str(told.whole(mark)), str(_SCHEMA))
    return told
