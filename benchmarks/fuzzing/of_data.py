"""Sounds, tables of labels, noises and archives that are wrong."""

from __future__ import annotations

import io
import random
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.fuzzing.children import called, command
from benchmarks.fuzzing.kinds import Lay, sound_file, voiced
from benchmarks.fuzzing.mutations import BYTES, TEXT, mutated

ROWS = '''path,speaker,emotion,activation,valence,id,text,session,start,end,age
a.wav,s1,anger,4.5,1.5,u1,"well, no",1,0,0.2,31
a.wav,s1,neutral,3,3,u2,yes,1,0.2,0.4,31
b.wav,s2,happiness,4,4.5,u3,"she said ""no""",2,,,24
b.wav,s2,sad,1.5,2,u4,,2,0.05,0.3,
'''
_HEADER = """name: small
source: made up
usage: unrestricted
languages: [deu]
schemes:
  emotion: {dtype: str, labels: {ang: {description: anger}, hap: {description: happiness}, neu: {}}}
  arousal: {dtype: float, minimum: 0, maximum: 1}
splits:
  train: {type: train}
tables:
  emotion:
    type: segmented
    split_id: train
    columns:
      emotion: {scheme_id: emotion}
      arousal: {scheme_id: arousal}
      speaker: {}
"""
_TABLE = """file,start,end,emotion,arousal,speaker
a.wav,0 days 00:00:00,0 days 00:00:00.2,ang,0.9,s1
a.wav,0 days 00:00:00.2,NaT,neu,0.5,s1
b.wav,0 days 00:00:00,0 days 00:00:00.3,hap,0.7,s2
"""


def sound_seeds() -> list[tuple[str, bytes]]:
    """Make valid sounds in every container that is read: ending and bytes of each."""
    mono, both = voiced(), np.stack([voiced(seed=1), voiced(seed=2)], axis=1)
    forms = (("WAV", "PCM_16"), ("WAV", "PCM_24"), ("WAV", "FLOAT"), ("WAV", "PCM_U8"), ("WAV", "ULAW"))
    more = (("FLAC", None), ("OGG", None), ("MP3", None), ("AIFF", None), ("AU", None), ("WAVEX", "PCM_16"))
    endings = {"WAVEX": "wav", "AIFF": "aif"}
    seeds = [(endings.get(form, form.lower()), sound_file(mono, form, subtype)) for form, subtype in (*forms, *more)]
    seeds += [("wav", sound_file(both)), ("wav", sound_file(mono, rate=44_100))]
    return [*seeds, ("flac", sound_file(both, "FLAC", None))]


def sounds(_base: Path) -> Lay:
    """Wrong sounds, beside a right one, in a corpus that is checked."""
    seeds = sound_seeds()
    good = sound_file(voiced(seed=3))

    def lay(rng: random.Random, folder: Path) -> Callable[[], None]:
        ending, data = rng.choice(seeds)
        name = f"x.{ending}"
        (folder / name).write_bytes(mutated(data, BYTES, rng))
        (folder / "good.wav").write_bytes(good)
        rows = f"path,speaker,emotion\ngood.wav,s1,anger\n{name},s2,sadness\n"
        (folder / "manifest.csv").write_text(rows, encoding="utf-8")
        return command("data", "check", "manifest", "--root", folder / "manifest.csv")

    return lay


def tables(_base: Path) -> Lay:
    """Wrong tables of labels: CSV, Parquet, audformat's header and table."""
    import pandas as pd

    parquet = io.BytesIO()
    pd.read_csv(io.StringIO(ROWS)).to_parquet(parquet)
    wavs = {name: sound_file(voiced(seed=number)) for number, name in enumerate(("a.wav", "b.wav"))}

    def lay(rng: random.Random, folder: Path) -> Callable[[], None]:
        for name, data in wavs.items():
            (folder / name).write_bytes(data)
        which = rng.random()
        if which < 0.45:
            (folder / "manifest.csv").write_bytes(mutated(ROWS.encode(), TEXT, rng))
        elif which < 0.6:
            (folder / "manifest.parquet").write_bytes(mutated(parquet.getvalue(), BYTES, rng))
        else:
            header, table = _HEADER.encode(), _TABLE.encode()
            wrong = mutated(header if which < 0.85 else table, TEXT, rng)
            (folder / "db.yaml").write_bytes(wrong if which < 0.85 else header)
            (folder / "db.emotion.csv").write_bytes(table if which < 0.85 else wrong)
            return command("data", "check", "audformat", "--root", folder)
        return command("data", "check", "manifest", "--root", folder)

    return lay


def archive_seeds() -> list[tuple[str, bytes]]:
    """Make valid archives of every kind that is unpacked: name and bytes of each."""
    members = {"corpus/wav/a.wav": sound_file(voiced()), "corpus/labels.csv": ROWS.encode()}
    seeds = []
    for form in ("w:", "w:gz", "w:bz2", "w:xz"):
        file = io.BytesIO()
        with tarfile.open(fileobj=file, mode=form) as tar:  # type: ignore[call-overload]  # one of its literals
            for name, data in members.items():
                told = tarfile.TarInfo(name)
                told.size = len(data)
                told.pax_headers = {"comment": "made up"}
                tar.addfile(told, io.BytesIO(data))
        seeds.append((f"x.tar{form.replace('w:', '.').rstrip('.')}", file.getvalue()))
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", method) as archive:
            for name, data in members.items():
                archive.writestr(name, data)
        seeds.append(("x.zip", file.getvalue()))
    return seeds


def archives(_base: Path) -> Lay:
    """Wrong archives, unpacked."""
    seeds = archive_seeds()

    def lay(rng: random.Random, folder: Path) -> Callable[[], None]:
        from bench.core.showing.progress import SILENT
        from bench.data.fetching.unpack import unpack

        name, data = rng.choice(seeds)
        (folder / name).write_bytes(mutated(data, BYTES, rng))
        (folder / "out").mkdir()
        return called(lambda: unpack([folder / name], folder / "out", 10_000_000, SILENT))

    return lay
