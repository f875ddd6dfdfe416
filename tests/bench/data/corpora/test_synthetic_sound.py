"""How the corpus `synthetic` sounds: clean, with the prosody of its emotions, and neither trivial nor hopeless."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

import numpy as np
import pytest

from bench.core.types import Dataset, Utterance
from bench.data.corpora.synthesis.script import syllables
from bench.data.corpora.synthetic import Synthetic
from bench.data.tasks import TASKS
from benchmarks.corpus_difficulty import by_speaker, difficulty, f0_track, sound_features


@pytest.fixture(scope="module")
def corpus() -> Dataset:
    """The whole corpus, from the cache that the test run uses; made there if it is not in it."""
    return Synthetic().read()


def test_its_samples_are_speech_of_usual_level_and_length(corpus: Dataset) -> None:
    for utterance in corpus.utterances:
        samples = utterance.waveform.numpy()
        assert samples.dtype == np.float32
        assert samples.ndim == 1
        assert 1.0 <= utterance.duration_s <= 4.0, utterance.id
        assert abs(samples).max() < 0.96, utterance.id
        assert -42 < 10 * np.log10((samples.astype(float) ** 2).mean()) < -14, utterance.id
        assert samples[:400].any()


def test_words_are_where_the_sound_is(corpus: Dataset) -> None:
    """Speech is far louder inside the first-to-last word span than in the silence around it."""
    for utterance in corpus.utterances[::29]:
        words, energy = utterance.words or (), utterance.waveform.numpy().astype(float) ** 2
        start, end = (int(16_000 * time) for time in (words[0].start_s, words[-1].end_s))
        assert energy[start:end].mean() > 50 * energy[: start - 160].mean(), utterance.id


def median_by_emotion(measure: Callable[[Utterance], float], corpus: Dataset) -> dict[str, float]:
    strong = [u for u in corpus.utterances if u.metadata["intensity"] == "2"][::2]
    by_speaker_ = {s: np.median([measure(u) for u in strong if u.speaker == s]) for s in {u.speaker for u in strong}}
    rows: dict[str, list[float]] = defaultdict(list)
    for u in strong:
        rows[str(u.emotion)].append(measure(u) - by_speaker_[u.speaker])
    return {emotion: float(np.median(values)) for emotion, values in rows.items()}


def test_pitch_follows_emotion(corpus: Dataset) -> None:
    f0 = {
        u.id: float(np.median(np.log2(f0_track(u.waveform.numpy().astype(float))))) * 12
        for u in corpus.utterances
        if u.metadata["intensity"] == "2"
    }
    semitones = median_by_emotion(lambda u: f0[u.id], corpus)
    assert semitones["anger"] > semitones["sadness"] + 1.5
    assert semitones["happiness"] > semitones["anger"]


def test_level_and_rate_follow_emotion(corpus: Dataset) -> None:
    level = median_by_emotion(lambda u: 10 * np.log10(float((u.waveform.numpy() ** 2).mean())), corpus)
    assert level["anger"] > level["happiness"] > level["sadness"] + 2
    rate = median_by_emotion(lambda u: syllables(u.transcript or "") / u.duration_s, corpus)
    assert rate["anger"] > rate["sadness"] * 1.1


def test_neither_trivial_nor_hopeless(corpus: Dataset) -> None:
    """Half the corpus; benchmarks/corpus_difficulty.py measures all of it."""
    some = corpus.utterances[::2]
    sound = by_speaker(np.stack([sound_features(utterance) for utterance in some]), some)
    ahsn, activation, valence = (difficulty(some, sound, TASKS[name]) for name in ("ahsn", "activation3", "valence3"))
    assert 0.55 < ahsn.sound < 0.85
    assert 0.55 < activation.sound < 0.85
    assert 0.40 < valence.sound < 0.68
    assert 0.40 < ahsn.words < 0.80
    assert valence.words > activation.words + 0.08
    assert activation.sound > activation.words + 0.15
