"""Folders that FunASR reads, asked through a stand-in of its package: the real files' layout, `AutoModel`'s signature
and the form of its answers; the stand-in computes them from the folder's weights."""

from __future__ import annotations

import json
import pickle
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from bench import Batch, UsageError
from bench.core.errors import BenchError
from bench.testing import check_victim, sample_context, sample_utterances
from victims.funasr import FittedFunAsr, FunAsr

BRIEF = None
TOKENS = ("生气/angry", "厌恶/disgusted", "恐惧/fearful", "开心/happy", "中立/neutral", "其他/other", "难过/sad",
          "吃惊/surprised", "<unk>")  # fmt: skip
"""Of emotion2vec+, in their order."""
PACKAGE = """
import pathlib, sys
import torch, yaml

print("funasr version: 1.3")


class AutoModel:
    def __init__(self, **kwargs):
        assert kwargs["trust_remote_code"] is False and kwargs["disable_update"] is True
        folder = pathlib.Path(kwargs["model"])
        self.kind = yaml.safe_load((folder / "config.yaml").read_text())["model"]
        self.weights = torch.load(folder / "model.pt", map_location=kwargs["device"])["proj.weight"]
        self.tokens = (folder / "tokens.txt").read_text().split() if self.kind == "Emotion2vec" else None
        torch.nn.Linear(2, 2)

    def generate(self, input, input_len=None, progress_callback=None, **cfg):
        print("rtf_avg: 0.1")
        sound = torch.from_numpy(input) + 1e-4 * torch.randn(len(input))
        loud, sharp = sound.square().mean().sqrt(), sound.diff().abs().mean()
        scores = self.weights @ torch.stack([loud, sharp, torch.ones(())])
        if self.kind == "Emotion2vec":
            assert cfg["granularity"] == "utterance" and not cfg["extract_embedding"]
            return [{"key": cfg["key"], "labels": self.tokens, "scores": scores.softmax(0).tolist()}]
        if self.kind == "Paraformer":
            return [{"key": cfg["key"], "text": "well"}]
        token = ["HAPPY", "SAD", "ANGRY", "NEUTRAL", "FEARFUL", "EMO_UNKNOWN"][int(scores.argmax())]
        return [{"key": cfg["key"], "text": f"<|en|><|{token}|><|Speech|><|woitn|>well"}]
"""


@pytest.fixture(autouse=True)
def funasr(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "site" / "funasr").mkdir(parents=True)
    (tmp_path / "site" / "funasr" / "__init__.py").write_text(PACKAGE)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    monkeypatch.delitem(sys.modules, "funasr", raising=False)
    yield
    sys.modules.pop("funasr", None)


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    """The published files of emotion2vec+, or of SenseVoiceSmall."""

    def write(kind: str = "Emotion2vec", offsets: tuple[float, ...] = ()) -> Path:
        made, outputs = tmp_path / kind, len(TOKENS) if kind == "Emotion2vec" else 6
        made.mkdir()
        weights = torch.randn(outputs, 3, generator=torch.Generator().manual_seed(5)) * torch.tensor([9.0, 9.0, 0.1])
        for place, offset in enumerate(offsets):
            weights[place, 2] = offset
        torch.save({"proj.weight": weights}, made / "model.pt")
        (made / "config.yaml").write_text(f"model: {kind}\nmodel_conf:\n  normalize: true\ntokenizer: CharTokenizer\n")
        (made / "tokens.txt").write_text("\n".join(TOKENS) + "\n", encoding="utf-8")
        metas = {"init_param": "model.pt", "config": "config.yaml", "tokenizer_conf": {"token_list": "tokens.txt"}}
        about = {"framework": "pytorch", "task": "emotion-recognition", "file_path_metas": metas}
        (made / "configuration.json").write_text(json.dumps(about))
        return made

    return write


def fit(folder: Path, **parameters: Any) -> FittedFunAsr:
    train = sample_utterances(key="train")
    return FunAsr(folder, **parameters).fit(train, train, sample_context())


@pytest.mark.parametrize("kind", ["Emotion2vec", "SenseVoiceSmall"])
def test_it_conforms(folder: Callable, kind: str) -> None:
    check_victim(FunAsr(folder(kind)))


def test_scores_of_several_labels_are_read_by_their_names(folder: Callable, asked: Callable) -> None:
    victim, one = fit(folder()), sample_utterances(1, 1)[:1]
    names, scores = victim.said(one[0])
    assert scores is not None
    by_name = dict(zip(names, scores.tolist(), strict=True))
    shares = torch.tensor([by_name[name] for name in ("生气/angry", "开心/happy", "难过/sad", "中立/neutral")])
    assert torch.allclose(asked(victim, one)[0].exp(), shares / shares.sum(), atol=1e-5)


def test_one_token_is_a_label_and_an_emotion_of_another_task_is_refused(folder: Callable, asked: Callable) -> None:
    said = sample_utterances(1, 1)[:1]
    sad = fit(folder("SenseVoiceSmall", (0.0, 1e3)))
    assert asked(sad, said)[0].argmax() == sample_context().task.classes.index("sadness")
    assert sad.answer_or_refuse(Batch.of(said))[1].tolist() == [False]


@pytest.mark.parametrize("place", [4, 5])
def test_what_is_no_class_is_refused(folder: Callable, place: int) -> None:
    other = FunAsr(folder("SenseVoiceSmall", (0.0,) * place + (1e3,))).loaded(sample_context())
    rows, refused = other.answer_or_refuse(Batch.of(sample_utterances(1, 1)[:2]))
    assert (refused.tolist(), other.unheard.counts.total()) == ([True, True], 2)
    assert torch.allclose(rows.exp(), torch.full((2, 4), 0.25))


def test_nothing_that_funasr_prints_is_in_the_way(folder: Callable, capsys: pytest.CaptureFixture[str]) -> None:
    fit(folder())
    assert capsys.readouterr().out == ""


class Runs:
    def __reduce__(self) -> tuple[Any, ...]:
        return print, ("code of the model ran",)


def listed(**changes: Any) -> Callable[[Path], object]:
    return lambda made: (made / "configuration.json").write_text(json.dumps(changes))


WRONG: dict[str, tuple[Callable[[Path], object], str]] = {
    "no settings": (lambda made: (made / "config.yaml").unlink(), "no config.yaml"),
    "no weights": (lambda made: (made / "model.pt").unlink(), "no model.pt"),
    "settings that are a list": (lambda made: (made / "config.yaml").write_text("- a\n"), "without names and values"),
    "tags that run": (
        lambda made: (made / "config.yaml").write_text("model: !!python/object/apply:print [ran]\n"),
        "no usable config.yaml",
    ),
    "code of its own": (
        lambda made: (made / "config.yaml").write_text("model: X\ntrust_remote_code: true\nremote_code: ./model.py\n"),
        "would run the model's own code.*isolated:python",
    ),
    "code that is listed": (listed(trust_remote_code=True), "would run the model's own code"),
    "weights elsewhere": (listed(file_path_metas={"init_param": "../other/model.pt"}), "leads out of the folder"),
    "tokens elsewhere": (
        lambda made: (made / "config.yaml").write_text(
            "model: Emotion2vec\ntokenizer_conf: {token_list: /etc/hosts}\n"
        ),
        "leads out of the folder",
    ),
    "weights that run": (
        lambda made: (made / "model.pt").write_bytes(pickle.dumps({"proj.weight": Runs()})),
        "tensors alone",
    ),
    "a model that writes down words": (
        lambda made: (made / "config.yaml").write_text("model: Paraformer\n"),
        "the answer .*'text': 'well'.*tells emotions",
    ),
    "weights of another form": (lambda made: torch.save({"x": torch.ones(1)}, made / "model.pt"), "KeyError.*funasr"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_named(folder: Callable, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    (spoil, said), made = WRONG[name], folder()
    spoil(made)
    with pytest.raises(BenchError, match=said):
        fit(made)
    assert "ran" not in capsys.readouterr().out


def test_what_is_missing_is_named(folder: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match=r"no such folder.*config.yaml"):
        fit(tmp_path / "nowhere")
    monkeypatch.setitem(sys.modules, "funasr", None)
    with pytest.raises(UsageError, match=r"serbench\[funasr\]"):
        fit(folder())


def test_the_fingerprint_is_that_of_every_file(folder: Callable) -> None:
    made = folder()
    before = FunAsr(made).fingerprint()
    (made / "tokens.txt").write_text("\n".join(reversed(TOKENS)), encoding="utf-8")
    assert FunAsr(made).fingerprint() != before
