"""The corpus `synthetic` on disk: one file of samples, one of annotations, one that says what they must be.

`samples.npy` is int16, all utterances end to end, at 16 kHz; `utterances.json` is a list of their annotations, with
where each one's samples are; `manifest.json` has the size and SHA-256 of both.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterable
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from bench.core.storage.files import read_file
from bench.core.storage.json_objects import loaded
from bench.core.types import Dataset, Phone, Utterance, Word
from bench.data.corpora.synthesis.build import Recorded

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SAMPLES, UTTERANCES, MANIFEST = "samples.npy", "utterances.json", "manifest.json"


def write(folder: Path, recordings: Iterable[Recorded]) -> None:
    """Write recordings into an existing, empty folder.

    Args:
        folder: gets samples.npy, utterances.json and manifest.json.
        recordings: in the corpus's order.
    """
    import numpy as np

    rows, samples, start = [], [], 0
    for one in recordings:
        rows.append(_row(one, start))
        samples.append(one.samples)
        start += len(one.samples)
    np.save(folder / SAMPLES, np.concatenate(samples), allow_pickle=False)
    (folder / UTTERANCES).write_text(json.dumps(rows, separators=(",", ":")), encoding="utf-8")
    contents = {name: _identity((folder / name).read_bytes()) for name in (SAMPLES, UTTERANCES)}
    (folder / MANIFEST).write_text(json.dumps(contents), encoding="utf-8")


def read(folder: Path) -> Dataset | None:
    """Read what `write` wrote, or None where there is nothing, or something else."""
    try:
        manifest = loaded(read_file(folder / MANIFEST).decode())
        contents = {name: read_file(folder / name) for name in (SAMPLES, UTTERANCES)}
    except (OSError, ValueError):
        return None
    found = {name: _identity(data) for name, data in contents.items()}
    if found != manifest:
        return None
    return _dataset(contents, fingerprint=hashlib.sha256(json.dumps(found).encode()).hexdigest()[:16])


def _identity(data: bytes) -> list[int | str]:
    return [len(data), hashlib.sha256(data).hexdigest()]


def _dataset(contents: dict[str, bytes], fingerprint: str) -> Dataset:
    import numpy as np

    samples: NDArray[np.int16] = np.load(io.BytesIO(contents[SAMPLES]), allow_pickle=False)
    rows = json.loads(contents[UTTERANCES])
    return Dataset("synthetic", tuple(_utterance(row, samples) for row in rows), fingerprint)


def _row(one: Recorded, start: int) -> dict[str, Any]:
    planned = one.planned
    return {
        "id": planned.id,
        "speaker": planned.speaker.id,
        "session": planned.speaker.session,
        "emotion": planned.emotion,
        "intensity": planned.intensity,
        "activation": planned.activation,
        "valence": planned.valence,
        "transcript": planned.line.text,
        "start": start,
        "length": len(one.samples),
        "words": [
            [word.text, word.start_s, word.end_s, [[phone.label, phone.start_s, phone.end_s] for phone in word.phones]]
            for word in one.words
        ],
    }


def _utterance(row: dict[str, Any], samples: NDArray[np.int16]) -> Utterance:
    import torch

    cut = samples[row["start"] : row["start"] + row["length"]].astype("float32")
    cut /= 32768.0
    return Utterance(
        id=row["id"],
        waveform=torch.from_numpy(cut),
        speaker=row["speaker"],
        session=row["session"],
        transcript=row["transcript"],
        words=tuple(
            Word(text, start_s, end_s, tuple(Phone(*phone) for phone in phones))
            for text, start_s, end_s, phones in row["words"]
        ),
        emotion=row["emotion"],
        activation=row["activation"],
        valence=row["valence"],
        metadata=MappingProxyType({"intensity": str(row["intensity"])}),
    )
