"""How hard a corpus is: what simple recognisers make of its sound and of its words.

    python -m benchmarks.corpus_difficulty            the corpus `synthetic`, made first if need be

Sound: statistics over the utterance of 40 log mel bands, of level and of f0, z-normalised for each speaker, and a
support vector machine. Words: TF-IDF of words and pairs of words, and a logistic regression. Five folds, a session
each, so that no speaker is in both training and test. UAR, with 0.33 or 0.25 for chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import recall_score
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from bench.core.types import SAMPLE_RATE, Task, Utterance
from bench.data.tasks import served

FRAME, HOP, N_FFT, BANDS = 400, 160, 512, 40
F0_FRAME, F0_LOW_HZ, F0_HIGH_HZ, VOICED = 640, 60.0, 450.0, 0.5

Floats = NDArray[np.float64]


def frames(samples: Floats, length: int) -> Floats:
    """Frames every 10 ms, shape (n, length)."""
    return np.lib.stride_tricks.sliding_window_view(samples, length)[::HOP]


def mel_filters() -> Floats:
    """Triangles on the mel scale from 60 Hz to 7.6 kHz, shape (257, 40)."""
    low, high = (2595 * np.log10(1 + hz / 700) for hz in (60.0, 7600.0))
    edges = 700 * (10 ** (np.linspace(low, high, BANDS + 2) / 2595) - 1)
    hz = np.fft.rfftfreq(N_FFT, 1 / SAMPLE_RATE)[:, None]
    rising = (hz - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - hz) / (edges[2:] - edges[1:-1])
    return np.maximum(0.0, np.minimum(rising, falling))


def log_mel(samples: Floats) -> Floats:
    """Log energies, shape (n, 40)."""
    spectra = scipy.fft.rfft(frames(samples, FRAME) * np.hamming(FRAME), N_FFT, axis=1)
    return np.asarray(np.log(np.abs(spectra) ** 2 @ mel_filters() + 1e-8), dtype=np.float64)


def f0_track(samples: Floats) -> Floats:
    """f0 of the voiced frames in Hz, by the highest peak of the normalised autocorrelation between 60 and 450 Hz."""
    windows = frames(samples, F0_FRAME)
    windows = windows - windows.mean(axis=1, keepdims=True)
    power = np.abs(scipy.fft.rfft(windows, 2 * F0_FRAME, axis=1)) ** 2
    correlation = scipy.fft.irfft(power, axis=1)[:, :F0_FRAME]
    energy = correlation[:, :1]
    lags = np.arange(int(SAMPLE_RATE / F0_HIGH_HZ), int(SAMPLE_RATE / F0_LOW_HZ))
    unbiased = correlation[:, lags] / (energy + 1e-9) * (F0_FRAME / (F0_FRAME - lags)) * 0.99 ** (lags / 40)
    voiced = (unbiased.max(axis=1) > VOICED) & (energy[:, 0] > 0.02 * energy.max())
    return np.asarray(SAMPLE_RATE / lags[unbiased[voiced].argmax(axis=1)], dtype=np.float64)


def sound_features(utterance: Utterance) -> Floats:
    """One row of statistics of an utterance's sound."""
    samples = utterance.waveform.numpy().astype(np.float64)
    mel = log_mel(samples)
    change = np.abs(np.diff(mel, axis=0)).mean(axis=0)
    f0 = np.log2(f0_track(samples))
    f0 = f0 if len(f0) else np.zeros(1)
    level = mel.max(axis=1)
    voice = [len(f0) / len(mel), *np.percentile(f0, (10, 50, 90)), f0.std(), utterance.duration_s]
    loud = [*np.percentile(level, (10, 25, 50, 75, 90)), np.mean(level < np.median(level) - 4)]
    return np.concatenate([mel.mean(0), mel.std(0), np.percentile(mel, 90, axis=0), change, voice, loud])


def by_speaker(features: Floats, utterances: Sequence[Utterance]) -> Floats:
    """Every feature with mean 0 and variance 1 for each speaker."""
    scaled = np.empty_like(features)
    speakers = np.array([utterance.speaker for utterance in utterances])
    for speaker in set(speakers):
        rows = features[speakers == speaker]
        scaled[speakers == speaker] = (rows - rows.mean(0)) / (rows.std(0) + 1e-9)
    return scaled


@dataclass(frozen=True)
class Difficulty:
    """UAR of a recogniser of the sound and of one of the words; the share of the smallest class."""

    task: str
    sound: float
    words: float
    smallest_class: float


def difficulty(utterances: Sequence[Utterance], sound: Floats, task: Task) -> Difficulty:
    """How hard a task is; `sound` has a row for each utterance."""
    labels = np.array([task.label_of(utterance) for utterance in utterances])
    texts = np.array([utterance.transcript for utterance in utterances])
    sessions = np.array([utterance.session for utterance in utterances])
    heard, read = np.empty_like(labels), np.empty_like(labels)
    for session in sorted(set(sessions)):
        test = sessions == session
        listener = SVC(C=2.0, gamma=0.3 / sound.shape[1], class_weight="balanced")
        heard[test] = listener.fit(sound[~test], labels[~test]).predict(sound[test])
        reader = make_pipeline(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
            LogisticRegression(C=4.0, class_weight="balanced", max_iter=300),
        )
        read[test] = reader.fit(texts[~test], labels[~test]).predict(texts[test])
    counts = np.unique(labels, return_counts=True)[1]
    recall = {"average": "macro", "zero_division": 0.0}
    return Difficulty(
        task.name,
        float(recall_score(labels, heard, **recall)),
        float(recall_score(labels, read, **recall)),
        float(counts.min() / counts.sum()),
    )


def table(utterances: Sequence[Utterance]) -> list[Difficulty]:
    """A row for each task of classes."""
    sound = by_speaker(np.stack([sound_features(utterance) for utterance in utterances]), utterances)
    return [difficulty(utterances, sound, task) for task in served(utterances) if task.scale is None]


def main() -> None:
    """Print the table."""
    from bench.core.showing.progress import for_terminal
    from bench.data.corpora.synthetic import Synthetic

    utterances = Synthetic().read(for_terminal()).utterances
    print(f"UAR of {len(utterances)} utterances, each tested in the fold of its session")
    print(f"{'task':<12} {'sound':>6} {'words':>6} {'smallest class':>15}")
    for row in table(utterances):
        print(f"{row.task:<12} {row.sound:>6.2f} {row.words:>6.2f} {row.smallest_class:>15.2f}")


if __name__ == "__main__":
    main()
