"""Everything that is built in, on a device that is not the CPU: what lies on one is not reckoned with on the other."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from torch.utils import backend_registration

pytestmark = pytest.mark.skipif(
    not hasattr(backend_registration, "_setup_privateuseone_for_python_backend"),
    reason="this torch lets no backend be written in Python",
)
ROOT = Path(__file__).parents[2]
BRIEF = {
    "universal_filters": "universal_filters:curves=4,rehearsal=4",
    "universal_noises": "universal_noises:pool=6,rehearsal=6",
    "surrogate": "surrogate:epochs=1,steps=2,models=1,channels=4",
    "art_sign_opt": "art_sign_opt:directions=2",
    "adversarial_training": "adversarial_training:percent=10,max_queries=2",
    "fusion": "fusion:other=bert_text:max_epochs=1",
    "gan_purification": "gan_purification:attacks=real_noise,hidden=8,pretrain_epochs=1,max_epochs=1",
    "manipulation_detector": "manipulation_detector:copies=1,max_epochs=2",
    "smoothing": "smoothing:copies=11",
}


def names(kind: str) -> list[str]:
    """Every built-in of a kind, small."""
    found = (one for one in entry_points(group=f"serbench.{kind}") if one.dist and one.dist.name == "serbench")
    return [BRIEF.get(one.name, one.name) for one in found]


def done(*words: str) -> str:
    """What a command on the second device prints, if it ends well."""
    command = [sys.executable, "-m", "tests.second_device", *words]
    where = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    ended = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT, env=where, timeout=300)
    assert ended.returncode == 0, ended.stdout[-1500:] + ended.stderr[-3000:]
    return ended.stdout


Job = Callable[..., list[str]]


@pytest.fixture
def job(tiny_job: Job) -> Job:
    """The words of a run on the second device, of one utterance of each half, by a victim that has hardly learnt."""

    def words(**options: object) -> list[str]:
        victim = "cnn_gru:channels=8,hidden=8,dense=8,dropout=0.0,max_epochs=1"
        brief = {"victim": victim, "device": "auto", "noise_bank": "embedded", "noise_root": None, "limit": 1, "k": 2}
        return tiny_job(**{**brief, **options})

    return words


def test_every_attack_runs_where_the_victim_is(job: Job, tmp_path: Path) -> None:
    done(*job(attack=names("attacks"), out=tmp_path / "run"))
    assert not list((tmp_path / "run").glob("failed/*"))


def test_every_defence_runs_where_the_victim_is(job: Job, tmp_path: Path) -> None:
    defenses = [*names("defenses"), "noise_augmentation+smoothing:copies=11"]
    done(*job(attack="fresh_noises", defense=defenses, out=tmp_path / "run"))
    assert not list((tmp_path / "run").glob("failed/*"))


def test_an_account_with_its_bound_by_gradients(job: Job, tmp_path: Path) -> None:
    _, *words = job(attack=None, k=2, out=tmp_path / "run", json=tmp_path / "account.json")
    done("account", *words, "--defense", BRIEF["manipulation_detector"], "--white-box", "2", "--fold", "0")
    assert json.loads((tmp_path / "account.json").read_text())


def test_the_checks_of_a_gpu_hold(tmp_path: Path) -> None:
    done("benchmarks.gpu", "--out", str(tmp_path / "gpu.json"))
    found = json.loads((tmp_path / "gpu.json").read_text())
    assert found["passed"]
    checked = {one["subject"] for one in found["findings"] if one["verdict"] == "pass"}
    assert {"cnn_gru", "alexnet_spectrogram", "bert_text", "wav2vec2_audio", "multimodal"} <= checked


def test_what_is_mixed_up_is_found() -> None:
    """Or these tests would find nothing."""
    mixed = (
        "import torch; from tests.second_device.backend import install; torch.ones(2, device=install()) + torch.ones(2)"
    )
    ended = subprocess.run([sys.executable, "-c", mixed], check=False, capture_output=True, text=True, cwd=ROOT)
    assert ended.returncode == 1
    assert "on the same device" in ended.stderr
