"""How the victims are trained, as plain PyTorch: on which ready features, with which optimiser."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from bench.core.showing.progress import SILENT
from bench.core.types import Rng, Task
from bench.modelling.features.frontend import FrontEnd
from bench.modelling.seeding import seeded
from bench.modelling.sequences import Sequences, class_weights, shuffled_batches
from bench.testing import TASK
from benchmarks import plain_answers as answers
from benchmarks.plain_answers import Said, hidden_of, mel_of, normalised, padded, segments_of

LAYERS: dict[str, Any] = {
    "hidden_size": 128,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "intermediate_size": 512,
    "conv_dim": (64,) * 7,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 4,
}


@dataclass(frozen=True)
class Plain:
    """One victim's plain counterpart.

    Args:
        spec: of the victim.
        ask: class log-probabilities (n, c) of utterances, from the fitted victim's network.
        ready: what its network is trained on, with labels; None where it has no epochs.
        optimizer: over a network's parameters, as the victim's own.
    """

    spec: str
    ask: Callable[[Any, Said], Tensor]
    ready: Callable[[Any, Said, Task], Sequences] | None = None
    optimizer: Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer] | None = None


@dataclass(frozen=True)
class Loop:
    """A plain training loop over a network. Batches are of similar length, as the victims' own.

    Args:
        network: is trained in place.
        optimizer: over its parameters.
        train: what is learnt from.
        valid: what each epoch is judged on.
        size: utterances a step.
        rng: of the batches.
    """

    network: nn.Module
    optimizer: torch.optim.Optimizer
    train: Sequences
    valid: Sequences
    size: int
    rng: Rng

    def epoch(self) -> tuple[float, float]:
        """Train once through; the validation's loss and unweighted average recall."""
        classes = int(self.train.labels.max()) + 1
        loss_of = nn.CrossEntropyLoss(class_weights(self.train.labels, classes))
        self.network.train()
        for some in shuffled_batches([len(one) for one in self.train.features], self.size, self.rng):
            inputs = padded([self.train.features[place] for place in some])
            self.optimizer.zero_grad()
            loss_of(self.network(*inputs), self.train.labels[some]).backward()
            self.optimizer.step()
        self.network.eval()
        order = sorted(range(len(self.valid.features)), key=lambda place: len(self.valid.features[place]))
        parts = [order[start : start + self.size] for start in range(0, len(order), self.size)]
        with torch.no_grad():
            logits = [self.network(*padded([self.valid.features[place] for place in part])) for part in parts]
        found, truth = torch.cat(logits), self.valid.labels[order]
        hits = (found.argmax(dim=1) == truth).float()
        recalls = [float(hits[truth == label].mean()) for label in sorted(set(truth.tolist()))]
        return float(loss_of(found, truth)), sum(recalls) / len(recalls)


def _labels(said: Said, task: Task) -> Tensor:
    return torch.tensor([task.classes.index(str(task.label_of(one))) for one in said])


def _mel_ready(victim: Any, said: Said, task: Task) -> Sequences:
    features, counts = mel_of(victim.enroll(said), said)
    return Sequences([row[:count] for row, count in zip(features, counts, strict=True)], _labels(said, task))


def _lstm_ready(victim: Any, said: Said, task: Task) -> Sequences:
    return Sequences(victim.front.clean(said), _labels(said, task))


def _encoded(victim: Any, said: Said, task: Task) -> Sequences:
    return Sequences(victim.front.vectors(said, SILENT), _labels(said, task))


def _samples(victim: Any, said: Said, task: Task) -> Sequences:
    return Sequences([normalised(victim.recipe.encoder, one.waveform) for one in said], _labels(said, task))


def _both(victim: Any, said: Said, task: Task) -> Sequences:
    with torch.no_grad():
        return Sequences(list(hidden_of(victim.enroll(said), said)), _labels(said, task))


def _pictures(victim: Any, said: Said, task: Task) -> Sequences:
    blocks = [segments_of(one.waveform) for one in said]
    counts = torch.tensor([len(one) for one in blocks])
    return Sequences(list(victim.network.look(torch.cat(blocks))), _labels(said, task).repeat_interleave(counts))


def machine(costs: Iterable[float], train: Said, valid: Said, task: Task) -> Any:
    """The linear support vector machine with the best validation recall, by scikit-learn alone."""
    from sklearn.metrics import recall_score
    from sklearn.svm import SVC

    front = FrontEnd("benchmark", "functionals", "speaker")
    heard, watched = (torch.cat(front.clean(part)).double().numpy() for part in (train, valid))
    labels, truth = (_labels(part, task).numpy() for part in (train, valid))
    found = [
        SVC(C=cost, kernel="linear", class_weight="balanced", break_ties=True).fit(heard, labels) for cost in costs
    ]
    return max(found, key=lambda one: recall_score(truth, one.predict(watched), average="macro"))


def _adam(rate: float) -> Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer]:
    return lambda parameters: torch.optim.Adam(parameters, lr=rate)


def plain_victims(encoder: Path, classifier: Path) -> dict[str, Plain]:
    """All of them by their line of the table.

    Args:
        encoder: a wav2vec 2.0.
        classifier: one with an output layer for the task.
    """
    rms = partial(torch.optim.RMSprop, lr=3e-4, alpha=0.9, eps=1e-7)
    sgd = partial(torch.optim.SGD, lr=0.01, momentum=0.9, weight_decay=4e-4)
    brief = "text=bert_text:max_epochs=1,audio=cnn_gru:max_epochs=1"
    wav2vec2, small = f"wav2vec2_audio:encoder={encoder}", "image_size=64,width=0.125"
    return {
        "cnn_gru": Plain("cnn_gru", answers.cnn_gru, _mel_ready, rms),
        "lstm_egemaps": Plain("lstm_egemaps", answers.lstm_egemaps, _lstm_ready, _adam(0.002)),
        "bert_text": Plain("bert_text", answers.bert_text, _encoded, _adam(1e-4)),
        "wav2vec2_audio": Plain(wav2vec2, answers.wav2vec2_audio, _encoded, _adam(1e-4)),
        "wav2vec2_audio_tuned": Plain(f"{wav2vec2},frozen=false", answers.wav2vec2_audio, _samples, _adam(1e-6)),
        "multimodal": Plain(f"multimodal:{brief}", answers.multimodal, _both, _adam(1e-3)),
        "alexnet_spectrogram": Plain(f"alexnet_spectrogram:{small}", answers.alexnet_spectrogram, _pictures, sgd),
        "hf": Plain(f"hf:{classifier}", answers.hf),
    }


def write_wav2vec2(folder: Path) -> tuple[Path, Path]:
    """Write two: an encoder that normalises over time, as P3's, and a classifier that takes a mask."""
    transformers: Any = import_module("transformers")
    transformers.utils.logging.disable_progress_bar()
    encoder, classifier = folder / "encoder", folder / "classifier"
    names = dict(enumerate(TASK.classes))
    with seeded("wav2vec2"):
        config = transformers.Wav2Vec2Config(**LAYERS, feat_extract_norm="group")
        transformers.Wav2Vec2Model(config).save_pretrained(encoder)
        layer: dict[str, Any] = {"feat_extract_norm": "layer", "do_stable_layer_norm": True, "id2label": names}
        config = transformers.Wav2Vec2Config(**LAYERS, **layer, num_labels=len(names))
        transformers.Wav2Vec2ForSequenceClassification(config).save_pretrained(classifier)
    for place, mask in ((encoder, False), (classifier, True)):
        transformers.Wav2Vec2FeatureExtractor(return_attention_mask=mask).save_pretrained(place)
    return encoder, classifier
