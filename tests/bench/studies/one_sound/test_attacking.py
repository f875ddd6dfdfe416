"""`bench.attack`: any model, one sound, and the adversarial sound."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

import bench
from bench import NoiseSet, Overlay, Recipe, Samples, Traits, UsageError
from bench.studies.one_sound.any_model import AnyVictim
from bench.studies.one_sound.asked_model import model_of
from bench.testing import sample_noises, sample_utterances

WAVE = sample_utterances(1, 1)[0].waveform
NOISES = sample_noises()
LEVEL = float(WAVE.square().mean())


def loud(waveform: np.ndarray) -> str:
    """Any noise that is added makes it louder."""
    return "loud" if float(np.square(waveform).mean()) > LEVEL * 1.02 else "quiet"


def shares(waveform: np.ndarray) -> dict[str, float]:
    is_loud = loud(waveform) == "loud"
    return {"quiet": 0.1 if is_loud else 0.8, "loud": 0.9 if is_loud else 0.2}


class Module(torch.nn.Module):
    """Logits by loudness."""

    def forward(self, waveforms: torch.Tensor) -> torch.Tensor:
        level = waveforms.square().mean(dim=1) - LEVEL * 1.02
        return torch.stack([-level, level], dim=1) * 1e4


class Estimator:
    """As scikit-learn's are."""

    classes_ = np.array(["quiet", "loud"])

    def predict(self, rows: Any) -> np.ndarray:
        return self.classes_[self.predict_proba(rows).argmax(axis=1)]

    def predict_proba(self, rows: Any) -> np.ndarray:
        return np.array([list(shares(np.full(4, np.sqrt(row[0]))).values()) for row in rows])


def energy(waveform: np.ndarray, rate: int) -> list[float]:
    assert rate == 16_000
    return [float(np.square(waveform, dtype=np.float64).mean())]


MODELS: dict[str, tuple[Any, dict[str, Any]]] = {
    "label": (loud, {}),
    "rate": (lambda waveform, rate: loud(waveform) if rate == 16_000 else "wrong", {}),
    "dict": (shares, {}),
    "array": (lambda waveform: list(shares(waveform).values()), {"labels": ["quiet", "loud"]}),
    "index": (lambda waveform: int(loud(waveform) == "loud"), {"labels": ["quiet", "loud"]}),
    "scored": (lambda w: [{"label": name, "score": share} for name, share in shares(w).items()], {}),
    "module": (Module(), {"labels": ["quiet", "loud"]}),
    "sklearn": (Estimator(), {"features": energy}),
}


@pytest.mark.parametrize("kind", MODELS)
def test_a_model_of_any_kind_is_attacked(kind: str) -> None:
    model, options = MODELS[kind]
    found = bench.attack(model, WAVE, k=10, noises=NOISES, sampling_rate=16_000, device="cpu", **options)
    assert found.success
    assert found.before == "quiet"
    assert found.after == ("another label" if kind in ("label", "rate") else "loud")
    assert found.sound is not None
    assert loud(found.sound.numpy()) == "loud", "what is returned fools the model by itself"
    assert found.snr_db is not None
    error = found.sound.double() - WAVE.double()
    assert found.snr_db == pytest.approx(
        float(10 * (WAVE.double().square().sum() / error.square().sum()).log10()), abs=0.05
    )
    assert found.snr_db > 10
    assert 1 <= (found.queries or 0) <= found.asked <= 10


def attacked(model: Any = loud, sound: Any = WAVE, attack: Any = "boundary", **options: Any) -> bench.Attacked:
    return bench.attack(model, sound, attack, **{"k": 6, "noises": NOISES, "sampling_rate": 16_000, **options})


def test_it_is_saved_read_and_shown(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "in.wav", WAVE.numpy(), 16_000, "FLOAT")
    found = bench.attack(shares, tmp_path / "in.wav", k=6, noises=NOISES)
    file = found.save(tmp_path / "out.wav")
    read, rate = soundfile.read(file, dtype="float32")
    assert rate == 16_000
    assert torch.equal(torch.from_numpy(read), found.sound)
    assert loud(read) == "loud", "and so does the file"
    assert str(found).startswith("'quiet' became 'loud' at query ")
    assert found._repr_html_().count("<audio controls") == 2
    with pytest.raises(UsageError, match="nowhere"):
        found.save(tmp_path / "nowhere" / "out.wav")


def test_the_same_again_is_the_same() -> None:
    first, second, third = attacked(), attacked(), attacked(seed=1)
    assert (first.recipe, first.snr_db) == (second.recipe, second.snr_db)
    assert first.recipe != third.recipe


def test_what_holds_is_said(tmp_path: Path) -> None:
    found = attacked(lambda waveform: {"a": 0.9, "b": 0.1})
    assert (found.success, found.sound, found.queries, found.asked) == (False, None, None, 6)
    assert (found.before, found.after) == ("a", "a")
    assert str(found) == "'a' held against 6 queries"
    assert found._repr_html_().count("<audio") == 1
    with pytest.raises(UsageError, match=r"'a' held against 6 queries.*k=100"):
        found.save(tmp_path / "out.wav")


@dataclass(frozen=True)
class Mine:
    """An attack in memory."""

    traits = Traits(anytime=True, categories=None)

    def search(self, original: Any, tools: Any, rng: Any) -> Any:
        clip = tools.noises.draw(rng, tools.noises.categories[0])
        yield Recipe(Overlay(clip, snr_db=12.0))
        yield Recipe(Samples(original.waveform * 0.9))


def test_an_object_is_an_attack() -> None:
    found = attacked(attack=Mine())
    assert found.success
    assert found.asked == 2


@dataclass(frozen=True)
class Deaf:
    """A defence in memory: hears silence."""

    def fit(self, victim: Any, train: Any, valid: Any, context: Any) -> Any:
        return Deafened(victim.fit(train, valid, context))

    def load(self, victim: Any, folder: Path, context: Any) -> Any:
        raise NotImplementedError


@dataclass(frozen=True)
class Deafened:
    victim: Any

    def enroll(self, clean: Any) -> Any:
        return self

    def log_probs(self, batch: bench.Batch) -> torch.Tensor:
        silent = [replace(one, waveform=one.waveform * 0) for one in batch.utterances]
        return self.victim.log_probs(bench.Batch.of(silent))

    def save(self, folder: Path) -> None:
        raise NotImplementedError


def test_objects_and_specs_are_defences() -> None:
    assert attacked(defense="none").success
    assert not attacked(defense=Deaf()).success
    with pytest.raises(UsageError, match="noise_mixup"):
        attacked(defense="noise_mixup")


def test_a_fitted_victim_and_a_borrowed_one(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "import numpy as np\n\ndef ask(waveforms, rate):\n"
        f"    return [[0.2, 0.8] if float(np.square(w).mean()) > {LEVEL * 1.02} else [0.9, 0.1] for w in waveforms]\n\n"
        "ask.labels = ['calm', 'wild']\n"
    )
    found = attacked(f"python:{file}:ask")
    assert (found.before, found.after) == ("calm", "wild"), "by its own labels"

    victim = AnyVictim(model_of(shares), ("anger", "happiness", "sadness", "neutral"))
    with pytest.raises(bench.ComponentError, match="labels that come and go"):
        attacked(victim)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "keyword": ({"kk": 3}, r"bench\.attack: found the keyword 'kk'; expected one of attack, .*did you mean 'k'"),
    "type": ({"k": "6"}, r"bench\.attack, k: found '6', a str; expected int"),
    "bool": ({"k": True}, "found True, a bool; expected int"),
    "range": ({"k": 0}, "parameter 'k': found 0; expected at least 1"),
    "device": ({"device": "gpu"}, "parameter 'device': found gpu; expected auto, cpu, cuda"),
    "class": ({"model": Estimator}, r"the class Estimator; expected a spec.*make an object of it: Estimator\(\)"),
    "object": ({"model": 7}, r"model: found a int; expected a spec, a function"),
    "spec": ({"model": "cnn_gruu"}, "did you mean 'cnn_gru'"),
    "rate": ({"sampling_rate": None}, r"samples without a rate; expected sampling_rate=HZ"),
    "no rate": ({"sampling_rate": 0}, r"sampling_rate: found 0; expected from 1,000 to 768,000 Hz"),
    "stereo": ({"sound": np.zeros((2, 100))}, r"shape \(2, 100\); expected shape \(t,\), one channel"),
    "integers": ({"sound": np.full(100, 3000)}, r"a peak of 3000; .*32768 for 16 bits"),
    "silence": ({"sound": np.zeros(100)}, "a peak of 0"),
    "nothing": ({"sound": 3}, r"sound: found a int; expected a path"),
    "file": ({"sound": "nowhere.wav"}, r"nowhere\.wav"),
    "attack": ({"attack": 3}, "attack: found a int; expected a spec, or an object with search or apply"),
    "attack class": ({"attack": Mine}, r"the class Mine.*Mine\(\)"),
    "informed": ({"attack": "adaptive"}, r"which knows defense.*bench\.run"),
    "defence": ({"defense": 3}, "defense: found a int; expected a spec, or an object with fit and load"),
    "task": ({"task": "ahsn"}, "task: found 'ahsn'; expected a task of a victim with a spec"),
    "raises": ({"model": lambda waveform: 1 / 0}, r"model <lambda>: found ZeroDivisionError"),
    "answer": ({"model": lambda waveform: object()}, "expected a label, a dict of probabilities"),
    "numbers": ({"model": lambda waveform: [0.1, 0.9], "labels": ["a"]}, "2 numbers for 1 labels"),
    "logits": ({"model": lambda waveform: [3.0, 9.0]}, "put a softmax after the scores"),
    "one label": ({"model": lambda waveform: {"a": 1.0}}, "the one label 'a'"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_one_clear_sentence(wrong: str) -> None:
    given, said = WRONG[wrong]
    with pytest.raises(bench.BenchError, match=said) as raised:
        attacked(**given)
    assert len(str(raised.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"victm": "cnn_gru"}, r"bench\.run: found the keyword 'victm'.*did you mean"),
        ({"limit": "3"}, r"bench\.run, limit: found '3', a str; expected int"),
        ({"victim": 3}, r"bench\.run, victim: found a int; expected a spec, a function"),
        ({"attack": [loud]}, r"bench\.run, attack: found a function; expected a spec, or an object with search"),
    ],
)
def test_run_says_what_is_wrong(given: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        bench.run(**given)


def test_the_sample_noises_are_a_bank() -> None:
    assert isinstance(NOISES, NoiseSet)
