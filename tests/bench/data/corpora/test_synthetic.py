"""The corpus `synthetic`: repeatable, repairable, balanced, and with words at their times."""

from __future__ import annotations

import hashlib
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from bench.core.errors import UsageError
from bench.core.storage.cache import appearing_folder
from bench.core.types import Dataset
from bench.data.corpora import synthetic
from bench.data.corpora.synthesis import build, store
from bench.data.corpora.synthesis import plan as planning
from bench.data.corpora.synthesis.lexicon import TONES
from bench.data.corpora.synthesis.script import fill
from bench.data.corpora.synthesis.speakers import speakers
from bench.data.corpora.synthetic import Synthetic
from bench.data.speech.arpabet import tokens
from bench.data.tasks import served

ARTICLES = {"a", "the", "an", "so", "like", "and"}


@pytest.fixture(scope="module")
def corpus() -> Dataset:
    """The whole corpus, from the cache that the test run uses; made there if it is not in it."""
    return Synthetic().read()


@pytest.fixture
def small_corpus(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Dataset]:
    """`Synthetic().read`, of a corpus of two speakers and 16 utterances, in a cache of its own."""
    some = planning.plan(speakers()[:2], takes=1)
    monkeypatch.setattr(planning, "plan", lambda: some)
    monkeypatch.setenv("SERBENCH_CACHE", str(tmp_path / "cache"))
    return Synthetic().read


def digests(recorded: Sequence[build.Recorded]) -> dict[str, str]:
    return {
        one.planned.id: hashlib.sha256(one.samples.tobytes() + repr(one.words).encode()).hexdigest() for one in recorded
    }


def test_order_and_workers_change_nothing() -> None:
    some = planning.plan(speakers()[3:5], takes=2)
    one = digests(list(build.recordings(some, workers=1)))
    two = digests(list(build.recordings(some[::-1], workers=2)))
    alone = digests(list(build.recordings(some[7:8])))
    assert one == two
    assert alone.items() <= one.items()


def test_a_part_of_the_corpus_is_the_corpus(corpus: Dataset) -> None:
    (planned,) = (one for one in planning.plan(takes=1) if one.id == "Ses04M3_sadness2_001")
    (recorded,) = build.recordings([planned])
    (kept,) = (one for one in corpus.utterances if one.id == planned.id)
    assert np.array_equal(kept.waveform.numpy() * 32768, recorded.samples)
    assert kept.words == recorded.words


def test_size_speakers_sessions_emotions(corpus: Dataset) -> None:
    assert corpus.name == "synthetic"
    assert len({utterance.id for utterance in corpus.utterances}) == len(corpus.utterances) == 1_200
    sessions = defaultdict(set)
    for utterance in corpus.utterances:
        sessions[utterance.session].add(utterance.speaker)
    people = [f"{sex}{number}" for sex in "FM" for number in range(1, 6)]
    assert sessions == {f"Ses0{i}": {f"Ses0{i}{one}" for one in people} for i in range(1, 6)}
    counts = Counter((u.speaker, u.emotion, u.metadata["intensity"]) for u in corpus.utterances)
    assert set(counts.values()) == {3}
    assert len(counts) == 400


def test_every_class_of_every_task_is_there(corpus: Dataset) -> None:
    tasks = served(corpus.utterances)
    numbers = ["activation", "valence", "dominance"]
    assert [task.name for task in tasks] == ["ahsn", "activation3", "valence3", "valence2", "iemocap4", *numbers]
    for task in (one for one in tasks if one.name not in numbers):
        counts = Counter(task.label_of(utterance) for utterance in corpus.utterances)
        assert min(counts[name] for name in task.classes) >= 0.2 * len(corpus.utterances)


def test_words_and_sounds(corpus: Dataset) -> None:
    for utterance in corpus.utterances:
        assert utterance.words is not None
        assert utterance.transcript is not None
        assert [word.text for word in utterance.words] == [word for _, _, word in tokens(utterance.transcript)]
        edges = [edge for word in utterance.words for edge in (word.start_s, word.end_s)]
        assert edges == sorted(edges), utterance.id
        assert edges[0] > 0
        assert edges[-1] <= utterance.duration_s
        for word in utterance.words:
            inner = [edge for phone in word.phones for edge in (phone.start_s, phone.end_s)]
            assert inner == sorted(inner), utterance.id
            assert (inner[0], inner[-1]) == (word.start_s, word.end_s), utterance.id


def test_the_words_do_not_tell_the_speaker(corpus: Dataset) -> None:
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.model_selection import cross_val_score
    from sklearn.naive_bayes import MultinomialNB

    counts = CountVectorizer(ngram_range=(1, 2)).fit_transform([u.transcript for u in corpus.utterances])
    accuracy = cross_val_score(MultinomialNB(), counts, [u.speaker for u in corpus.utterances], cv=5).mean()
    assert accuracy < 0.05


def test_its_sentences_differ_and_are_said_in_several_emotions(corpus: Dataset) -> None:
    texts = [u.transcript or "" for u in corpus.utterances]
    assert len(set(texts)) > 900
    dropped = [ARTICLES & {word.lower() for _, _, word in tokens(text)} for text in texts]
    assert np.mean([bool(found) for found in dropped]) > 0.6
    assert set().union(*dropped) == ARTICLES
    shared = [{u.emotion for u in corpus.utterances if u.transcript == text} for text in set(texts)]
    assert sum(len(emotions) >= 3 for emotions in shared) >= 5


def test_a_and_an() -> None:
    from bench.core.rng import keyed

    tone = replace(TONES["anger", "mild"], adj=("useless", "unfair", "rude"))
    drawn = {fill("That was a {adj} day.", tone, keyed(i)) for i in range(40)}
    assert drawn == {"That was a useless day.", "That was an unfair day.", "That was a rude day."}


@pytest.mark.parametrize("file", [store.SAMPLES, store.UTTERANCES, store.MANIFEST])
@pytest.mark.parametrize("damage", ["truncated", "altered", "gone", "a pipe"])
def test_a_damaged_copy_is_made_again(
    file: str, damage: str, small_corpus: Callable[..., Dataset], tmp_path: Path
) -> None:
    whole = small_corpus()
    (folder,) = (tmp_path / "cache" / "corpora").iterdir()
    data = (folder / file).read_bytes()
    if damage == "truncated":
        (folder / file).write_bytes(data[: len(data) // 2])
    elif damage == "altered":
        (folder / file).write_bytes(data[:-9] + bytes([data[-9] ^ 1]) + data[-8:])
    else:
        (folder / file).unlink()
    if damage == "a pipe":
        os.mkfifo(folder / file)
    again = small_corpus()
    assert again.fingerprint == whole.fingerprint
    assert [u.id for u in again.utterances] == [u.id for u in whole.utterances]
    assert list(folder.parent.iterdir()) == [folder]


def test_the_second_read_does_not_speak(small_corpus: Callable[..., Dataset], monkeypatch: pytest.MonkeyPatch) -> None:
    first = small_corpus()
    monkeypatch.setattr(synthetic, "_make", lambda *_: pytest.fail("made again"))
    second = small_corpus()
    assert second.fingerprint == first.fingerprint
    assert all((a.waveform == b.waveform).all() for a, b in zip(first.utterances, second.utterances, strict=True))
    assert all(replace(a, waveform=b.waveform) == b for a, b in zip(first.utterances, second.utterances, strict=True))


def test_a_build_that_is_cut_short_leaves_nothing(
    small_corpus: Callable[..., Dataset], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(store, "_identity", interrupted)
    with pytest.raises(KeyboardInterrupt):
        small_corpus()
    assert list((tmp_path / "cache" / "corpora").iterdir()) == []


def test_the_fingerprint_follows_samples_and_annotations(tmp_path: Path) -> None:
    recorded = list(build.recordings(planning.plan(speakers()[:1], takes=1)[:2]))
    louder = [replace(recorded[0], samples=recorded[0].samples + np.int16(1)), recorded[1]]
    happier = [replace(recorded[0], planned=replace(recorded[0].planned, valence=4.99)), recorded[1]]
    prints = set()
    for i, variant in enumerate((recorded, louder, happier, recorded)):
        with appearing_folder(tmp_path / str(i)) as folder:
            store.write(folder, variant)
        dataset = store.read(tmp_path / str(i))
        assert dataset is not None
        prints.add(dataset.fingerprint)
    assert len(prints) == 3


def test_a_cache_that_cannot_be_written_is_named(
    small_corpus: Callable[..., Dataset], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("SERBENCH_CACHE", str(tmp_path / "file"))
    with pytest.raises(UsageError, match="folder that can be written to"):
        small_corpus()


@dataclass
class Counting:
    """Counts what it is told."""

    total: int | None = None
    done: int = 0

    def task(self, description: str, total: int | None = None) -> AbstractContextManager[Callable[[int], None]]:
        self.total = total
        return nullcontext(self.add)

    def say(self, text: str) -> None:
        return None

    def add(self, steps: int) -> None:
        self.done += steps


def test_every_utterance_is_reported(small_corpus: Callable[..., Dataset]) -> None:
    counting = Counting()
    small_corpus(counting)
    assert (counting.total, counting.done) == (16, 16)
