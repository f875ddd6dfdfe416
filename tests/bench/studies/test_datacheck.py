"""What `bench data check` finds in a folder: every defect by name, all at once, and real speech has none."""

from __future__ import annotations

import dataclasses
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bench.contracts.registry import Entry, Registry
from bench.core.errors import UsageError
from bench.data import soundcheck
from bench.data.speech_likeness import unlike_speech
from bench.studies.data_report import Report
from bench.studies.datacheck import check

REAL = Path(__file__).parents[4] / "shared" / "data"
RATE = 16_000


@pytest.fixture
def corpus(tiny_corpus: Path, tmp_path: Path) -> Path:
    """A copy of the tiny corpus, to be spoilt."""
    return shutil.copytree(tiny_corpus, tmp_path / "emodb")


def _kinds(report: Report) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for problem in report.problems:
        found.setdefault(problem.kind, []).append(problem.file)
    return found


def _write(file: Path, samples: np.ndarray, rate: int = RATE, subtype: str = "PCM_16") -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(file, samples, rate, subtype=subtype)


def _tone(hertz: float = 440, seconds: float = 2, rate: int = RATE) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


def _syllables(seed: int, seconds: float = 2) -> np.ndarray:
    """A buzz of many harmonics in four bursts a second."""
    time = np.arange(round(seconds * RATE)) / RATE
    buzz = sum(np.sin(2 * np.pi * (120 + seed) * h * time) / h for h in range(1, 20))
    return 0.2 * buzz * (1 + np.sin(2 * np.pi * 4 * time)) / 2


def test_a_good_corpus(tiny_corpus: Path) -> None:
    report = check("emodb", tiny_corpus)
    assert report.usable
    assert report.problems == ()
    assert (report.files, report.contents.utterances, report.contents.speakers) == (80, 80, 10)
    assert report.rates == {"16000": 80}
    assert report.formats == {"WAV PCM_16, 1 channel": 80}
    assert report.contents.hours == pytest.approx(report.file_hours)
    assert report.contents.labels == {"anger": 20, "happiness": 20, "neutral": 20, "sadness": 20}
    assert report.contents.sessions == {}
    ahsn, emotion4 = report.contents.tasks["ahsn"], report.contents.tasks["emotion4"]
    assert ahsn.classes == {"anger": 20, "happiness": 20, "sadness": 20, "neutral": 20}
    assert (ahsn.served, ahsn.five_folds, ahsn.reason) == (True, True, None)
    assert (emotion4.served, emotion4.five_folds) == (False, False)
    assert "frustration" in str(emotion4.reason)


def test_all_problems_at_once(corpus: Path) -> None:
    wav = corpus / "wav"
    spoilt: dict[str, Callable[[Path], object]] = {
        "03a01Fa": lambda file: file.write_bytes(file.read_bytes()[:-900]),
        "03a01Na": lambda file: file.write_text("Dear Sir,\n" * 99),
        "03a01Ta": lambda file: _write(file, np.full(4_000, np.nan), subtype="FLOAT"),
        "03a01Wa": lambda file: _write(file, np.zeros(4_000)),
        "03a02Fa": lambda file: shutil.copy(wav / "08a01Wa.wav", file),
        "03a02Na": lambda file: _write(file, np.clip(9 * _syllables(0), -1, 1)),
        "03a02Ta": lambda file: _write(file, _tone()),
    }
    for stem, spoil in spoilt.items():
        spoil(wav / f"{stem}.wav")
    (wav / "._03a01Fa.wav").write_bytes(b"mac")
    report = check("emodb", corpus)
    assert not report.usable
    assert report.files == 80
    assert _kinds(report) == {
        "unreadable": ["wav/03a01Fa.wav", "wav/03a01Na.wav", "wav/03a01Ta.wav"],
        "silent": ["wav/03a01Wa.wav"],
        "clipped": ["wav/03a02Na.wav"],
        "suspicious": ["wav/03a02Ta.wav"],
        "duplicate": ["wav/08a01Wa.wav"],
    }
    found = {problem.file: problem for problem in report.problems}
    for stem, words in {
        "03a01Fa": "its header promises",
        "03a01Na": "no sound that can be decoded",
        "03a01Ta": "NaN",
        "03a01Wa": "silence",
        "03a02Na": "% of its samples at full scale",
        "03a02Ta": "a tone of 438 Hz",
        "08a01Wa": "the same sound as wav/03a02Fa.wav",
    }.items():
        problem = found[f"wav/{stem}.wav"]
        assert words in problem.found
        assert (problem.level == "error") == (problem.kind in ("unreadable", "silent"))


def test_one_sound_in_two_formats_is_a_duplicate(corpus: Path) -> None:
    samples, rate = soundfile.read(corpus / "wav" / "03a01Fa.wav")
    (corpus / "more").mkdir()
    soundfile.write(corpus / "more" / "copy.flac", samples, rate, subtype="PCM_16")
    report = check("emodb", corpus)
    assert report.usable
    assert report.formats == {"WAV PCM_16, 1 channel": 80, "FLAC PCM_16, 1 channel": 1}
    (problem,) = report.problems
    assert (problem.file, problem.level) == ("wav/03a01Fa.wav", "warning")
    assert problem.found == "the same sound as more/copy.flac"


def test_a_file_that_the_corpus_does_not_read_is_a_warning(corpus: Path) -> None:
    (corpus / "more").mkdir()
    (corpus / "more" / "broken.wav").write_bytes(b"RIFF")
    (corpus / "more" / "gone.wav").symlink_to(corpus / "nowhere.wav")
    (corpus / "more" / "round").symlink_to(corpus)
    report = check("emodb", corpus)
    assert report.usable
    assert {(one.file, one.kind, one.level) for one in report.problems} == {
        ("more/broken.wav", "unreadable", "warning"),
        ("more/gone.wav", "unreadable", "warning"),
    }


def test_a_refusal_tells_the_layout_and_the_files_are_checked(tmp_path: Path) -> None:
    """A tone of 2 s at 22.05 kHz with a name of RAVDESS, in a folder that is no EMO-DB."""
    name = "Actor_01/03-01-05-01-01-01-01.wav"
    _write(tmp_path / name, _tone(rate=22_050), 22_050)
    report = check("emodb", tmp_path)
    assert not report.usable
    assert report.rates == {"22050": 1}
    refusal, tone = report.problems
    assert (refusal.kind, refusal.level) == ("read", "error")
    assert "ROOT/wav/03a01Fa.wav" in refusal.found
    assert "--root" in refusal.found
    assert "--corpus-root" not in refusal.found
    assert (tone.file, tone.kind, tone.level) == (name, "suspicious", "warning")
    assert "a tone of" in tone.found
    assert "a constant level" in tone.found
    assert "no rhythm" in tone.found


def test_a_tone_with_a_ravdess_name_is_suspicious(tmp_path: Path) -> None:
    name = "Actor_01/03-01-05-01-01-01-01.wav"
    _write(tmp_path / name, _tone(rate=22_050), 22_050)
    registry = Registry(
        {("corpora", "ravdess"): Entry("corpora", "ravdess", "bench.data.corpora.ravdess:Ravdess", "here")}
    )
    report = check("ravdess", tmp_path, registry)
    assert report.usable
    assert _kinds(report) == {"suspicious": [name], "tasks": ["ravdess"]}
    assert "a tone of" in report.problems[0].found


@pytest.mark.parametrize(
    ("samples", "reasons"),
    [
        (_tone(seconds=0.5), ["tone"]),
        (_tone() * (1 + np.sin(2 * np.pi * 4 * np.arange(32_000) / RATE)) / 2, ["tone"]),
        (_tone() + 0.3 * _tone(1_230) + 0.2 * _tone(3_000), ["constant", "rhythm"]),
        (0.1 * np.random.default_rng(0).standard_normal(32_000), ["constant", "rhythm"]),
        (0.1 * np.random.default_rng(0).standard_normal(32_000) * np.hanning(32_000), ["rhythm"]),
        (0.1 * np.random.default_rng(0).standard_normal(8_000), []),
        (_syllables(0), []),
        (np.r_[_syllables(0), np.zeros(16_000)], []),
        (np.full(32_000, 0.25), ["constant", "rhythm"]),
        (np.r_[np.zeros(100), 1.0], []),
        (np.array([0.5]), []),
    ],
)
def test_reasons_against_speech(samples: np.ndarray, reasons: list[str]) -> None:
    found = unlike_speech(samples.astype(np.float32))
    for reason in reasons:
        assert any(reason in words for words in found), found
    if not reasons:
        assert found == []


def test_clipping_is_seen_before_resampling_and_mixing(tmp_path: Path) -> None:
    loud = np.clip(9 * _syllables(0), -1, 1)
    _write(tmp_path / "a.wav", np.stack([loud, np.zeros(len(loud))], axis=1), 48_000)
    _write(tmp_path / "b.wav", loud * 0.9, 48_000)
    _write(tmp_path / "c.wav", loud, subtype="PCM_U8")
    found = {name: [one.kind for one in soundcheck.measure(tmp_path / f"{name}.wav", name).problems] for name in "abc"}
    assert "clipped" in found["a"]
    assert "clipped" not in found["b"]
    assert "clipped" in found["c"]


def test_a_noise_bank(tiny_noises: Path, tmp_path: Path) -> None:
    report = check("folder", tiny_noises)
    assert report.usable
    assert (report.kind, report.contents.clips, report.files, report.contents.tasks) == ("noise_banks", 12, 12, {})
    assert report.contents.categories["human"].sources == 4
    assert report.problems == (), "noise need not be like speech"
    lonely = shutil.copytree(tiny_noises, tmp_path / "noises")
    for number in (1, 2, 3):
        (lonely / "human" / f"{number}.wav").unlink()
    report = check("folder", lonely)
    assert not report.usable
    assert "one source recording" in report.problems[0].found


@pytest.mark.parametrize("name", ["synthetic", "embedded"])
def test_embedded_components_have_no_files_to_check(name: str) -> None:
    report = check(name)
    assert report.usable
    assert report.problems == ()
    assert (report.files, report.file_hours, report.root) == (None, None, None)
    if name == "synthetic":
        assert (report.contents.utterances, report.contents.word_times, len(report.contents.sessions)) == (
            1200,
            1200,
            5,
        )
        assert report.contents.tasks["activation3"].sessions["Ses01"].keys() == {"low", "mid", "high"}
    with pytest.raises(UsageError, match="reads none"):
        check(name, Path())


def test_too_few_speakers_for_five_folds(corpus: Path) -> None:
    for file in (corpus / "wav").iterdir():
        if file.name[:2] not in ("03", "08"):
            file.unlink()
    ahsn = check("emodb", corpus).contents.tasks["ahsn"]
    assert (ahsn.served, ahsn.five_folds) == (True, False)
    assert "2 speakers" in str(ahsn.reason)


def test_a_corpus_that_serves_no_task(corpus: Path) -> None:
    for file in (corpus / "wav").iterdir():
        if file.name[5] != "W":
            file.unlink()
    report = check("emodb", corpus)
    assert report.usable
    assert [one.kind for one in report.problems] == ["tasks"]


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("emo-db", "'emodb'"),
        ("foldr", "'folder'"),
        ("urdu", "any other speech .* manifest"),
        ("emodb", "no folder"),
    ],
)
def test_what_cannot_be_asked(name: str, named: str) -> None:
    with pytest.raises(UsageError, match=named):
        check(name)


@dataclasses.dataclass(frozen=True)
class Broken:
    """A reader with a fault of its own."""

    root: Path | None = None

    def read(self, progress: object) -> None:
        raise KeyError("Session1")


@dataclasses.dataclass(frozen=True)
class Leaving:
    """A reader that ends as a script does."""

    root: Path | None = None

    def read(self, progress: object) -> None:
        sys.exit("no Session1")


@pytest.mark.parametrize(("reader", "named"), [(Broken, "KeyError: 'Session1'"), (Leaving, "SystemExit: no Session1")])
def test_a_reader_that_breaks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reader: type, named: str) -> None:
    monkeypatch.setattr(Entry, "load", lambda self: reader)
    registry = Registry({("corpora", "broken"): Entry("corpora", "broken", "a:B", "a test")})
    (problem,) = check("broken", tmp_path, registry).problems
    assert (problem.kind, problem.level) == ("read", "error")
    assert f"its reader broke: {named}" in problem.found


@pytest.mark.slow
@pytest.mark.skipif(not (REAL / "emodb").is_dir(), reason="no real EMO-DB here")
def test_real_speech_is_not_suspicious() -> None:
    report = check("emodb", REAL / "emodb")
    assert report.usable
    assert report.problems == ()
    assert (report.files, report.contents.speakers) == (342, 10)


@pytest.mark.slow
@pytest.mark.skipif(not (REAL / "esc10").is_dir(), reason="no real ESC-10 here")
def test_real_noises(tmp_path: Path) -> None:
    """Eight recordings of each of its eight kinds."""
    for kind in (REAL / "esc10").iterdir():
        for file in sorted(kind.iterdir())[:8] if kind.is_dir() else ():
            (tmp_path / kind.name).mkdir(exist_ok=True)
            shutil.copyfile(file, tmp_path / kind.name / file.name)
    report = check("folder", tmp_path)
    assert report.usable
    assert (report.files, report.contents.clips) == (64, 64)
    assert report.rates == {"44100": 64}
    assert set(_kinds(report)) <= {"clipped"}


@pytest.mark.slow
@pytest.mark.skipif(not (REAL / "nonspeech").is_dir(), reason="no real nonspeech sounds here")
def test_real_sounds_that_are_not_speech() -> None:
    report = check("emodb", REAL / "nonspeech")
    assert not report.usable
    assert report.rates == {"20000": 48}
    kinds = _kinds(report)
    assert len(kinds["suspicious"]) >= 12
    assert "n35.wav" in kinds["suspicious"]
