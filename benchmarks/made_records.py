"""Made-up records in the form of real ones: runs of any size for what reads records, with no victim to train."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.scoring.record_files.believing import determined_key
from bench.scoring.record_files.rows import Row
from bench.scoring.records import Store

CLASSES = ("anger", "happiness", "sadness", "neutral")
EFFECTS = ("reverb", "fade_in", "pitch")
"""Attacks that ask once; any other name is a search."""


@dataclass(frozen=True)
class MadeUp:
    """Say what a run is made up of.

    Args:
        victims: names and how often each is right when nobody attacks.
        defenses: names and the share of attacks that each undoes.
        attacks: names.
        folds: as many, two speakers in each.
        takes: utterances of each class by each speaker.
        k: the budget of a search.
        told: further fields of each description, in place of the usual ones.
    """

    victims: Mapping[str, float]
    defenses: Mapping[str, float]
    attacks: Sequence[str]
    folds: int = 4
    takes: int = 1
    k: int = 6
    told: Mapping[str, Any] | None = None

    def write(self, folder: Path) -> Path:
        """Write the run into a folder, and return it; the same is written every time."""
        store = Store(folder)
        for about, rows in self.cells():
            store.write(determined_key(about), about, rows)
        (folder / "run.json").write_text(json.dumps({"k": [1, 3, self.k]}) + "\n")
        return folder

    def cells(self) -> Iterator[tuple[dict[str, Any], list[Row]]]:
        """Make up each cell: its description and its rows."""
        for victim, right in self.victims.items():
            for defense, undone in self.defenses.items():
                for attack in self.attacks:
                    for fold in range(self.folds):
                        about = self._about(victim, defense, attack, fold)
                        yield about, list(self._rows(victim, right, undone, attack, fold))

    def _about(self, victim: str, defense: str, attack: str, fold: int) -> dict[str, Any]:
        versions = {"serbench": "0.1.0", "torch": "2.9", "python": "3.11", "harness": "h"}
        names = {"victim": victim, "defense": defense, "attack": attack, "attack_base": attack}
        told = {
            **names,
            "corr": False,
            "noises": ["all", "additive", "imperceptible"],
            **{"corpus": "emodb", "noise_bank": "esc50", "task": "ahsn", "split": "k-fold", "fold": fold, "seed": 0},
            **{
                "limit": None,
                "max_queries": self.k,
                "min_snr_db": 10.0,
                "perception": "p1",
            },
            "fitting": {
                "victim": {"spec": victim, "code": "v"},
                "defense": None if defense == "none" else {"spec": defense, "code": "d"},
                "corpus": "c0ffee00c0ffee00",
                "device": "cpu",
                "versions": versions,
            },
            "attack_identity": {"code": "a"},
            "attack_noises": "decade00decade00",
        }
        return {**told, **(self.told or {})}

    def _rows(self, victim: str, right: float, undone: float, attack: str, fold: int) -> Iterator[Row]:
        once, force = attack in EFFECTS, 0.1 + 0.05 * (zlib.crc32(attack.encode()) % 7)
        for number in range(2 * len(CLASSES) * self.takes):
            speaker, truth = f"s{2 * fold + number % 2}", number // 2 % len(CLASSES)
            id = f"{speaker}-{number:03d}"
            known = np.random.default_rng(zlib.crc32(f"{victim} {id}".encode()))
            draws = np.random.default_rng(zlib.crc32(f"{victim} {attack} {id}".encode()))
            said = truth if known.random() < right else int(known.integers(len(CLASSES)))
            clean, other = CLASSES[said], CLASSES[(said + 1) % len(CLASSES)]
            yield Row(id, speaker, 0, CLASSES[truth], clean, clean)
            for query in range(1, 2 if once else self.k + 1):
                fell, snr_db = draws.random() < force * (1 - undone), round(float(draws.uniform(5, 30)), 4)
                fair, after = bool(draws.random() < 0.5), other if fell else clean
                kind = (None, attack, "signal", "") if once else (snr_db, "noise", "natural", "rain-03")
                won = fell and (kind[0] is None or snr_db > 10)
                fair = fair or once
                yield Row(
                    *(id, speaker, query, CLASSES[truth], clean, after),
                    *kind,
                    imperceptible=fair,
                    accepted=won,
                    additive=fair or kind[0] is not None,
                    survives_pcm=True if won else None,
                )
