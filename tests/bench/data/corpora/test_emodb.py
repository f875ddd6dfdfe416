"""EMO-DB: a tiny copy in the published layout, every way in which a copy can be bad, and the real one where it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bench.core.errors import UsageError
from bench.core.showing.progress import Silent
from bench.core.types import Dataset
from bench.data.corpora.emodb import EMOTIONS, SENTENCES, SPEAKERS, EmoDB

REAL = Path(__file__).parents[5] / "shared" / "data" / "emodb"
RATES = (
    "Nr.\tSatz\terkannt\tnatuerlich\n1\xa0\t03a01Fa.wav\t90,00\xa0\xa0\t75,50\xa0\n2\xa0\t16b10Wb.wav\t100,00\t0,00\n"
)
NAMES = ["03a01Fa", "03a01Nc", "03a02Wb", "08b01Ta", "09a07Lb", "10b09Ea", "16b10Aa"]


@pytest.fixture
def root(tmp_path: Path, sound: Callable) -> Path:
    (tmp_path / "emodb" / "wav").mkdir(parents=True)
    for index, name in enumerate(NAMES):
        sound(tmp_path / "emodb" / "wav" / f"{name}.wav", 200.0 + 40.0 * index, 0.2)
    (tmp_path / "emodb" / "erkennung.txt").write_text(RATES, encoding="latin-1")
    return tmp_path / "emodb"


def read(root: Path | None) -> Dataset:
    return EmoDB(root).read(Silent())


def test_utterances_have_the_rate_of_their_files(root: Path, rates_read: Callable) -> None:
    assert rates_read(EmoDB(root), root) == {8_000}


def test_names_become_annotations(root: Path) -> None:
    data = read(root)
    assert data.name == "emodb"
    assert [one.id for one in data.utterances] == NAMES
    happy = data.utterances[0]
    assert (happy.speaker, happy.emotion, happy.activation, happy.valence) == ("03", "happiness", 5.0, 5.0)
    assert happy.transcript == "Der Lappen liegt auf dem Eisschrank."
    assert dict(happy.metadata) == {
        "text_code": "a01",
        "version": "a",
        "sex": "male",
        "age_years": "31",
        "recognised_percent": "90",
        "naturalness_percent": "75.5",
    }
    assert happy.waveform.shape == (3_200,)
    assert happy.words is None
    assert happy.session is None
    assert "recognised_percent" not in data.utterances[1].metadata


def test_activation_and_valence_stand_for_the_four_large_emotions_alone(root: Path) -> None:
    rated = {one.emotion: (one.activation, one.valence) for one in read(root).utterances}
    assert rated == {
        "anger": (5.0, 1.0),
        "happiness": (5.0, 5.0),
        "sadness": (1.0, 1.0),
        "neutral": (3.0, 3.0),
        "boredom": (None, None),
        "disgust": (None, None),
        "fear": (None, None),
    }


def test_the_published_tables_are_whole() -> None:
    assert len(EMOTIONS) == 7
    assert len(SENTENCES) == 10
    assert len(SPEAKERS) == 10
    assert Counter(sex for sex, _ in SPEAKERS.values()) == {"male": 5, "female": 5}


def test_the_wav_folder_itself_will_do(root: Path) -> None:
    assert read(root / "wav").fingerprint == read(root).fingerprint


def test_the_listening_test_is_optional(root: Path) -> None:
    before = read(root)
    (root / "erkennung.txt").unlink()
    after = read(root)
    assert "recognised_percent" not in after.utterances[0].metadata
    assert after.fingerprint != before.fingerprint


def test_the_fingerprint_follows_contents_and_names(root: Path, sound: Callable) -> None:
    before = read(root).fingerprint
    assert read(root).fingerprint == before
    (root / "wav" / "03a01Fa.wav").rename(root / "wav" / "03a01Fb.wav")
    renamed = read(root).fingerprint
    sound(root / "wav" / "03a01Nc.wav", 999.0)
    assert len({before, renamed, read(root).fingerprint}) == 3


def test_hidden_files_and_other_files_are_passed_over(root: Path) -> None:
    before = read(root).fingerprint
    for name in ("._03a01Fa.wav", ".hidden.wav", ".DS_Store", "README.txt", "Thumbs.db"):
        (root / "wav" / name).write_bytes(b"rubbish")
    assert read(root).fingerprint == before


@pytest.mark.parametrize("name", ["speech.wav", "03a01Xa.wav", "3a01Fa.wav", "03a01fa.wav", "03a01Fa copy.wav"])
def test_a_name_that_is_not_of_the_corpus(root: Path, name: str, refusal: Callable) -> None:
    (root / "wav" / name).write_bytes((root / "wav" / "03a01Nc.wav").read_bytes())
    message = refusal(EmoDB(root))
    assert name in message
    assert "03a01Fa.wav" in message


def test_two_files_of_one_utterance(root: Path, refusal: Callable) -> None:
    soundfile.write(root / "wav" / "03a01Fa.flac", np.full(160, 0.1), 16_000)
    assert "03a01Fa" in refusal(EmoDB(root))


def test_an_unknown_speaker_and_text_are_read_without_what_is_not_known(root: Path, sound: Callable) -> None:
    sound(root / "wav" / "77a09Na.wav", 300.0)
    other = read(root).utterances[-1]
    assert (other.speaker, other.transcript, "sex" in other.metadata) == ("77", None, False)


def test_no_folder_given() -> None:
    with pytest.raises(UsageError, match="--corpus-root"):
        read(None)


def test_folders_that_hold_no_corpus(refused_roots: Callable) -> None:
    assert all("wav/03a01Fa.wav" in message for message in refused_roots(EmoDB))


@pytest.mark.parametrize("content", [b"", b"RIFF", b"not a sound" * 20])
def test_a_bad_sound_file_is_named(root: Path, content: bytes, refusal: Callable) -> None:
    (root / "wav" / "08b01Ta.wav").write_bytes(content)
    assert "08b01Ta.wav" in refusal(EmoDB(root))


def test_a_silent_utterance_is_refused(root: Path, refusal: Callable) -> None:
    soundfile.write(root / "wav" / "08b01Ta.wav", np.zeros(1_600), 16_000)
    assert "08b01Ta.wav" in refusal(EmoDB(root))
    assert "silence" in refusal(EmoDB(root))


@pytest.mark.parametrize(
    "line", ["3\t03a01Nc.wav\tninety\t75,00", "3\t03a01Nc.wav\t90,00", "3\t03a01Nc.wav\t190,0\t75,0"]
)
def test_a_broken_listening_test_is_named_with_its_line(root: Path, line: str, refusal: Callable) -> None:
    (root / "erkennung.txt").write_text(RATES + line + "\n", encoding="latin-1")
    assert "erkennung.txt, line 4" in refusal(EmoDB(root))


@pytest.mark.skipif(not REAL.is_dir(), reason="the real corpus is not here")
def test_the_real_corpus() -> None:
    data = read(REAL)
    counts = Counter(one.emotion for one in data.utterances)
    assert (counts["anger"], counts["neutral"], counts["happiness"], counts["sadness"]) == (127, 79, 71, 62)
    assert {one.speaker for one in data.utterances} == set(SPEAKERS)
    assert all(one.transcript and "recognised_percent" in one.metadata for one in data.utterances)
    assert all(1.0 < one.duration_s < 10.0 for one in data.utterances)
