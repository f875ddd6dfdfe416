"""The corpus `synthetic`: 1,200 emotional utterances, made with eSpeak NG on first use, for want of recorded ones.

Figures on it compare methods and test pipelines; they say nothing about people. See docs/corpora/synthetic.md.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import MappingProxyType

from bench.core.code.keys import code_digest, fingerprint
from bench.core.errors import DataError
from bench.core.rng import keyed
from bench.core.showing.progress import SILENT, Progress
from bench.core.storage.cache import appearing_folder, cache_dir
from bench.core.storage.leases import Leases
from bench.core.storage.making import Making
from bench.core.storage.sealing import set_aside
from bench.core.types import Dataset, Utterance
from bench.data.corpora.synthesis.plan import RATER_SD, RATERS

PORTRAYED_DOMINANCE = {
    ("anger", 1): 3.4,
    ("anger", 2): 3.9,
    ("happiness", 1): 3.2,
    ("happiness", 2): 3.4,
    ("sadness", 1): 2.5,
    ("sadness", 2): 2.1,
    ("neutral", 1): 2.9,
    ("neutral", 2): 3.1,
}
"""Dominance meant at an activation of 3, from 1 to 5, by emotion and intensity: anger is dominant, sadness is not, as
in Goudbeek & Scherer (2010). The sizes are choices."""
ACTIVE_IN_DOMINANCE = 0.4
"""Points of dominance for one of activation: raters tell the two apart with difficulty."""


@dataclass(frozen=True)
class Synthetic:
    """Made with eSpeak NG on first use: fifty speakers, anger, happiness, sadness and neutral.

    Five sessions of five women and five men, two intensities, activation, valence and dominance from 1 to 5,
    transcripts, and the times of words and sounds. It is spoken once and kept in the user's cache; a copy that is
    damaged is made again. The same versions of the software give the same bytes on every machine of a platform.
    """

    def read(self, progress: Progress = SILENT) -> Dataset:
        """Read the corpus from the cache, or make it now (about 10 seconds on two cores, 86 MB).

        Raises:
            UsageError: eSpeak NG is not installed or cannot be loaded, or the cache cannot be written to.
        """
        from bench.data.corpora.synthesis import store

        folder = cache_dir() / "corpora" / f"synthetic-{recipe()}"
        making = Making(
            folder, "the corpus 'synthetic'", lambda: store.read(folder) is not None, lambda: _make(folder, progress)
        )
        dataset = store.read(folder)
        if dataset is None:
            making.once(Leases(cache_dir() / "leases"), progress.say)
            dataset = store.read(folder)
        if dataset is None:
            raise DataError(folder, "files other than those just written", "a disk that keeps them", "check the disk")
        return replace(dataset, utterances=tuple(map(_completed, dataset.utterances)))


def _completed(utterance: Utterance) -> Utterance:
    """The same with what follows from its other annotations: dominance, and the voice's sex, which Ses01F1 has."""
    sex = {"F": "female", "M": "male"}[utterance.speaker[len("Ses01")]]
    metadata = MappingProxyType({**utterance.metadata, "sex": sex})
    return replace(utterance, metadata=metadata, dominance=_dominance(utterance))


def _dominance(utterance: Utterance) -> float:
    """The mean of the raters' ratings of dominance, from what is portrayed, and from how active it was heard to be."""
    meant = PORTRAYED_DOMINANCE[str(utterance.emotion), int(utterance.metadata["intensity"])]
    rng = keyed("synthetic", "dominance", utterance.id)
    value = meant + ACTIVE_IN_DOMINANCE * (float(utterance.activation or 3.0) - 3.0)
    ratings = (min(max(value + RATER_SD * rng.normal(), 1.0), 5.0) for _ in range(RATERS))
    return round(sum(ratings) / RATERS, 2)


def recipe() -> str:
    """Name what the corpus's bytes follow from, in 16 hexadecimal digits: this code, eSpeak NG, and the platform."""
    code = code_digest("bench.data.corpora.synthesis", "bench.data.speech", "bench.core.rng")
    return fingerprint([sys.platform, _espeak_version(), code])[:16]


def _espeak_version() -> str:
    try:
        return version("espeakng-loader")
    except PackageNotFoundError:
        return ""


def _make(folder: Path, progress: Progress) -> None:
    from bench.data.corpora.synthesis import build, plan, store

    if os.path.lexists(folder):
        set_aside(folder, cache_dir() / "damaged", "not what was written", progress.say)
    planned = plan.plan()
    with (
        appearing_folder(folder) as temporary,
        progress.task("Speaking the corpus 'synthetic' (once)", total=len(planned)) as advance,
    ):
        store.write(temporary, build.recordings(planned, on_done=advance))
