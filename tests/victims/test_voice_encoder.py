"""The voice encoder as a victim: a stand-in with the real file's layout, and the real one where it is installed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import librosa
import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch import nn

from bench import DataError, UsageError, Utterance
from bench.modelling.features.voice_encoder import VoiceEncoder, load_encoder, partial_starts, weights_file
from bench.modelling.seeding import seeded
from bench.testing import check_victim, sample_context, sample_utterances
from victims.voice_encoder import VoiceEncoderVictim, _regression

BRIEF = None
"""The checks that all victims pass are run here, on weights that the test makes."""


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A distribution as pip installs it, its code unrunnable, its weights drawn."""
    site = tmp_path_factory.mktemp("site")
    (site / "resemblyzer").mkdir()
    (site / "resemblyzer" / "__init__.py").write_text("raise SystemExit('it ran')")
    about = site / "Resemblyzer-0.1.4.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: Resemblyzer\nVersion: 0.1.4\n")
    with seeded("stand-in"):
        encoder = VoiceEncoder(16)  # the layout counts, not the width
        for weights in encoder.parameters():
            weights.data *= 2  # so that what is heard makes a difference
        state = {**encoder.state_dict(), "similarity_weight": torch.ones(1), "similarity_bias": torch.ones(1)}
    whole = {"step": 1, "model_state": state, "optimizer_state": {"state": {}, "param_groups": []}}
    torch.save(whole, site / "resemblyzer" / "pretrained.pt")
    return site


@pytest.fixture
def here(installed: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(installed)
    return installed / "resemblyzer" / "pretrained.pt"


def test_it_conforms(here: Path, check_alone: Callable) -> None:
    recipe = VoiceEncoderVictim(costs=(0.01, 0.1))
    check_victim(recipe)
    fitted = recipe.fit(sample_utterances(3, 2, "train"), sample_utterances(2, 2, "valid"), sample_context())
    wave = sample_utterances(1, 1)[0].waveform.repeat(6)
    lengths = (300, 4_000, 25_600, 25_601, 37_000, len(wave))
    check_alone(fitted, [Utterance(str(n), wave[:length], "a") for n, length in enumerate(lengths)])


@pytest.mark.parametrize(("seconds", "level"), [(0.3, 0.003), (1.6, 0.3), (5.0, 0.003)])
def test_it_is_what_the_package_computes(here: Path, seconds: float, level: float) -> None:
    """Mel frames by librosa, the network's layers one after the other, as the package has them, but for its voice
    activity detector."""
    encoder = load_encoder(weights_file("it", None), torch.device("cpu"))
    wave = sample_utterances(1, 1)[0].waveform.repeat(12)[: int(16_000 * seconds)]
    wave = wave * (level / wave.square().mean().sqrt())
    own = wave.numpy().astype(np.float64)
    loud = own * max(1, 10 ** (-30 / 20) / np.sqrt(np.mean(own**2)))
    starts = partial_starts(len(own))
    padded = np.pad(loud, (0, max(0, (starts[-1] + 160) * 160 - len(loud)))).astype(np.float32)
    mel = librosa.feature.melspectrogram(y=padded, sr=16_000, n_fft=400, hop_length=160, n_mels=40).T
    parts = torch.from_numpy(np.stack([mel[start : start + 160] for start in starts]).astype(np.float32))
    with torch.no_grad():
        rows = torch.relu(encoder.linear(encoder.lstm(parts)[1][0][-1]))
        mean = nn.functional.normalize(rows, dim=1).mean(dim=0)
        found = encoder(wave[None], [len(wave)])[0]
    assert float((found - mean / mean.norm()).abs().max()) < 1e-5


@pytest.mark.parametrize(
    ("length", "starts"), [(100, [0]), (25_600, [0]), (31_000, [0]), (32_000, [0, 77]), (38_000, [0, 77])]
)
def test_partials_begin_where_the_package_lets_them(length: int, starts: list[int]) -> None:
    assert partial_starts(length) == starts


def test_the_regression_is_scikit_learns() -> None:
    drawn = torch.Generator().manual_seed(0)
    features, labels = torch.randn(60, 8, generator=drawn).double(), torch.arange(60) % 7 % 3
    features[:, 0] += labels
    ours = _regression(features, labels, 3, 0.1)
    theirs = LogisticRegression(C=0.1, class_weight="balanced", tol=1e-9, max_iter=5_000).fit(features, labels)
    expected = theirs.predict_log_proba(features.numpy())
    logits = (features @ ours[:-1] + ours[-1]).log_softmax(dim=1)
    assert float((logits - torch.from_numpy(expected)).abs().max()) < 1e-3


def test_a_class_that_nobody_trains_is_not_given(here: Path) -> None:
    train = [one for one in sample_utterances(3, 2, "train") if one.emotion != "sadness"]
    fitted = VoiceEncoderVictim(costs=(1.0,)).fit(train, train, sample_context())
    from bench import Batch

    rows = fitted.log_probs(Batch.of(train))
    assert 2 not in rows.argmax(dim=1).tolist()


def test_silence_and_nothing_heard_are_answered(here: Path) -> None:
    from bench import Batch

    fitted = VoiceEncoderVictim(costs=(1.0,)).fit(
        sample_utterances(2, 1, "train"), sample_utterances(2, 1, "valid"), sample_context()
    )
    silent = replace(sample_utterances(1, 1)[0], waveform=torch.zeros(8_000))
    assert bool(fitted.log_probs(Batch.of([silent])).isfinite().all())


def test_without_the_package_its_wheel_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", missing)
    with pytest.raises(UsageError, match=r"no resemblyzer; .*pip install --no-deps 'resemblyzer.*weights=FILE\.pt"):
        VoiceEncoderVictim().fingerprint()


def test_other_weights_are_named(here: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        VoiceEncoderVictim(tmp_path / "none.pt").fingerprint()
    torch.save({"model_state": {"lstm.weight": torch.ones(2)}}, tmp_path / "other.pt")
    train = sample_utterances(2, 1, "train")
    with pytest.raises(DataError, match=r"weights that differ in"):
        VoiceEncoderVictim(tmp_path / "other.pt").fit(train, train, sample_context())
    torch.save({"state": {}}, tmp_path / "none.pt")
    with pytest.raises(DataError, match="no state dict"):
        VoiceEncoderVictim(tmp_path / "none.pt").fit(train, train, sample_context())
    assert VoiceEncoderVictim(here).fingerprint() == VoiceEncoderVictim().fingerprint()
    with pytest.raises(UsageError, match="'costs'"):
        VoiceEncoderVictim(costs=())
