"""The same input in another dress: what is read of it has to be the same."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.fuzzing.kinds import sound_file, voiced
from benchmarks.fuzzing.of_data import ROWS

_ENDINGS = {"WAVEX": "wav", "AIFF": "aif", "RF64": "wav"}
_AS_STORED = 1e-6
_HEARD_ALIKE = 1e-3
"""Of two resamplers, in a sound whose greatest sample is 0.3."""


def differing(folder: Path) -> list[str]:
    """Name the dresses in which something else is read; none is right.

    Args:
        folder: an empty one.
    """
    return [*_sounds(folder), *_tables(folder), *_tasks(folder), *_plans(folder)]


def _sounds(folder: Path) -> Iterator[str]:
    """Containers, widths of samples, equal channels; libsndfile by itself; ffmpeg, where it is."""
    from bench.audio.reading import read_audio

    samples = np.round(voiced() * 32767).astype(np.int16)
    plain = samples.astype(np.float32) / 32768
    both = np.stack([plain, plain], axis=1)
    forms = ("WAV PCM_16", "WAV PCM_24", "WAV PCM_32", "WAV FLOAT", "WAV DOUBLE", "WAVEX PCM_16", "FLAC PCM_16")
    for form in (*forms, "FLAC PCM_24", "AIFF PCM_16", "AIFF PCM_24", "AU PCM_16", "W64 PCM_16", "RF64 PCM_16"):
        container, subtype = form.split()
        for name, sound in (("one channel", plain), ("two equal channels", both)):
            file = folder / f"{form}-{name}.{_ENDINGS.get(container, container.lower())}"
            file.write_bytes(sound_file(sound, container, subtype))
            found = read_audio(file).numpy()
            if found.shape != plain.shape or np.abs(found - plain).max() > _AS_STORED:
                yield f"{form}, {name}"
    for rate in (8_000, 22_050, 44_100, 48_000):
        file = folder / f"{rate}.wav"
        file.write_bytes(sound_file(voiced(rate=rate), rate=rate))
        other = _by_ffmpeg(file)
        found = read_audio(file).numpy()
        if abs(len(found) - 6_400) > 1:
            yield f"{rate} Hz: {len(found)} samples of 16 kHz"
        middle = slice(400, 6_000)
        if other is not None and np.abs(found[middle] - other[middle]).max() > _HEARD_ALIKE * 30:
            yield f"{rate} Hz, by ffmpeg"


def _by_ffmpeg(file: Path) -> Any:
    """The samples that ffmpeg reads, at 16 kHz; None where it is not installed."""
    if shutil.which("ffmpeg") is None:
        return None
    words = ["ffmpeg", "-v", "error", "-i", str(file), "-f", "f32le", "-ar", "16000", "-ac", "1", "-"]
    return np.frombuffer(subprocess.run(words, check=True, capture_output=True).stdout, dtype="<f4")


def _tables(folder: Path) -> Iterator[str]:
    """A table with a mark at its beginning, other ends of lines, quotes, order of columns; as Parquet."""
    import pandas as pd

    from bench.core.showing.progress import SILENT
    from bench.data.corpora.manifest import Manifest

    for number, name in enumerate(("a.wav", "b.wav")):
        (folder / name).write_bytes(sound_file(voiced(seed=number)))
    rows = list(csv.reader(io.StringIO(ROWS)))
    turned = [row[::-1] for row in rows]
    dresses: Mapping[str, bytes] = {
        "plain": ROWS.encode(),
        "with a byte order mark": b"\xef\xbb\xbf" + ROWS.encode(),
        "with CRLF": ROWS.replace("\n", "\r\n").encode(),
        "quoted": _written(rows, quoting=csv.QUOTE_ALL),
        "with columns turned round": _written(turned),
        "with names of columns in capitals": _written([[name.upper() for name in rows[0]], *rows[1:]]),
        "with empty lines at its end": ROWS.encode() + b"\n\n",
    }
    parquet = io.BytesIO()
    pd.read_csv(io.StringIO(ROWS)).to_parquet(parquet)
    found = {}
    for name, data in {**dresses, "as Parquet": parquet.getvalue()}.items():
        table = folder / ("manifest.parquet" if name == "as Parquet" else "manifest.csv")
        table.write_bytes(data)
        read = Manifest(table).read(SILENT)
        found[name] = [
            (one.id, one.speaker, one.emotion, one.activation, one.valence, one.transcript) for one in read.utterances
        ]
        sounds = torch.cat([one.waveform for one in read.utterances])
        found[name].append(sounds.double().sum().item())
    table = folder / "manifest.csv"
    table.write_bytes(_written([rows[0], *rows[:0:-1]]))
    turned_round = {one.id: one.waveform for one in Manifest(table).read(SILENT).utterances}
    if sorted(turned_round) != sorted(one[0] for one in found["plain"][:-1]):
        yield "a table with rows turned round"
    yield from (f"a table {name}" for name, told in found.items() if told != found["plain"])


def _written(rows: list[list[str]], **how: Any) -> bytes:
    file = io.StringIO()
    csv.writer(file, lineterminator="\n", **how).writerows(rows)
    return file.getvalue().encode()


def _tasks(folder: Path) -> Iterator[str]:
    """A task in TOML, in YAML, and in YAML that is JSON."""
    from bench.data.task_files import read_task

    forms = {
        "t.toml": 'name = "t"\nclasses = ["low", "high"]\nattribute = "valence"\nbins = [3.0]\n',
        "t.yaml": "name: t\nclasses:\n  - low\n  - high\nattribute: valence\nbins: [3.0]\n",
        "t.yml": '{"name": "t",   "classes": ["low", "high"], "attribute": "valence", "bins": [3.0]}\n',
    }
    yield from _apart("a task", folder, forms, lambda file: read_task(file, ()))


def _plans(folder: Path) -> Iterator[str]:
    """A plan in block style, in flow style, as JSON, with comments."""
    from bench.evaluation.plans.plan_file import read_plan

    forms = {
        "p.yaml": "victim: cnn_gru\nattack: [fade_in, gain]\nk: [2, 4]\nlimit: 4\n",
        "flow.yaml": "{victim: cnn_gru, attack: [fade_in, gain], k: [2, 4], limit: 4}\n",
        "json.yaml": '{"limit": 4, "k": [2, 4],\n "attack": ["fade_in", "gain"], "victim": "cnn_gru"}\n',
        "said.yaml": "# a plan\nvictim: 'cnn_gru'\nattack:\n- fade_in\n- gain # loud\nk: '2,4'\nlimit: 4\n",
        "crlf.yaml": "victim: cnn_gru\r\nattack: [fade_in, gain]\r\nk: [2, 4]\r\nlimit: 4\r\n",
    }
    yield from _apart("a plan", folder, forms, read_plan)


def _apart(what: str, folder: Path, forms: Mapping[str, str], read: Callable[[Path], object]) -> Iterator[str]:
    found = {}
    for name, text in forms.items():
        (folder / name).write_bytes(text.encode())
        found[name] = read(folder / name)
    first = next(iter(found.values()))
    yield from (f"{what}, {name}" for name, told in found.items() if told != first)
