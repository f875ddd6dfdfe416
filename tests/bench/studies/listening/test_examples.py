"""What is heard is what the referee asks first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bench.contracts.registry import Registry
from bench.core.batch import Batch
from bench.core.errors import ComponentError, UsageError
from bench.core.types import Dataset
from bench.data.splits import split_named
from bench.evaluation.cell.cells import limited
from bench.evaluation.cell.measuring import lent_tools
from bench.referee.referee import Referee
from bench.referee.search import AttackRun
from bench.studies.listening.examples import chosen, listen, specs_of, word_changes
from bench.testing import CPU, TASK, ContraryVictim, sample_utterances

REGISTRY = Registry.discover()


@dataclass(frozen=True)
class Listening(ContraryVictim):
    """Keeps what it is asked about: the sound to the last bit, and the words."""

    asked: set[tuple[bytes, str | None]] = field(default_factory=set)

    def log_probs(self, batch: Batch) -> torch.Tensor:
        self.asked.update((one.waveform.numpy().tobytes(), one.transcript) for one in batch.utterances)
        return super().log_probs(batch)


@pytest.mark.parametrize("seed", [0, 3])
@pytest.mark.parametrize(
    "attack", ["environmental:snr_db=3", "filler", "speed_segment", "mask_nouns", "boundary", "reverb+mask_nouns"]
)
def test_it_is_what_the_referee_asks_first(
    attack: str, seed: int, experiment_of: Callable, options_of: Callable
) -> None:
    """In a real split: the test part's noises and speech, the key, the clipping, the SNR and the verdict."""
    utterances = sample_utterances(10)
    split = split_named("k-fold").split(tuple(utterances), 0, "sample")
    (spec,) = specs_of([attack], REGISTRY)
    experiment, victim = experiment_of(utterances), Listening()
    attack_as_built = REGISTRY.component("attacks", spec)
    tools = lent_tools(experiment, attack_as_built, 25, "test")
    run = AttackRun(attack_as_built.object, spec, tools, seed, experiment.dataset.utterances)
    rows = Referee(victim, TASK, CPU).run(run, split.test)
    first = {row.utterance: row for row in rows if row.query == 1}
    (effect,) = listen(experiment, [spec], split.test, options_of(attack, seed=seed))
    assert len(effect.examples) == len(first) > 4
    for example in effect.examples:
        row = first[example.original.id]
        assert (example.candidate.waveform.numpy().tobytes(), example.candidate.transcript) in victim.asked
        assert (example.done.name, example.done.category, example.done.source) == (
            row.perturbation,
            row.category,
            row.source,
        )
        assert example.snr_db == row.snr_db
        if row.label_after != row.label_before:
            assert example.counts == row.accepted
    assert effect.is_search == (attack == "boundary")


def test_the_limit_decides_as_the_referee_does(heard: Callable) -> None:
    """At 10 dB and no more it does not count, whatever the last bits of a sum say."""
    (effect,) = heard(sample_utterances(1), "environmental:snr_db=10")
    assert {example.snr_db for example in effect.examples} == {10.0}
    assert not any(example.counts for example in effect.examples)


def test_what_an_effect_does_not_apply_to_is_named(heard: Callable) -> None:
    said, unsaid = sample_utterances(1)[0], replace(sample_utterances(1)[1], transcript=None, words=None)
    masks, words, pitch = heard([said, unsaid], "mask_nouns", "drop_words", "pitch")
    for effect in (masks, words):
        assert [example.original.id for example in effect.examples] == [said.id]
        assert effect.left_out == (unsaid.id,)
    assert pitch.left_out == ()


def test_nothing_that_applies_is_an_error(heard: Callable) -> None:
    utterances = [replace(one, transcript=None, words=None) for one in sample_utterances(1)[:2]]
    with pytest.raises(UsageError, match=r"mask_nouns, drop_words: found .* 2 utterances \(2 with sound, 0 with a tr"):
        heard(utterances, "mask_nouns", "drop_words")


@pytest.mark.parametrize(
    ("step", "found"),
    [
        ("replace(original, waveform=original.waveform * float('nan'))", "NaN samples"),
        ("7", "a int"),
        ("1 / 0", "Zero"),
    ],
)
def test_an_attack_that_breaks_its_contract_is_named(
    tmp_path: Path, step: str, found: str, experiment_of: Callable, options_of: Callable, plugged: Callable
) -> None:
    utterances = sample_utterances(1)[:1]
    experiment = replace(experiment_of(utterances), registry=plugged(tmp_path, step))
    with pytest.raises(ComponentError, match=f"'mine' on utterance .* found {found}"):
        listen(experiment, ["mine"], utterances, options_of("mine"))


def test_attacks_by_the_names_of_their_records() -> None:
    found = specs_of(["environmental:snr_db=10", "boundary", "environmental:snr_db=10.0"], REGISTRY)
    assert found == ("environmental:snr_db=10.0", "boundary")


def test_an_informed_attacker_needs_a_victim() -> None:
    with pytest.raises(UsageError, match=r"boundary:corr=true.* leave corr out"):
        specs_of(["boundary:corr=true"], REGISTRY)


def test_which_utterances() -> None:
    utterances = sample_utterances(3)
    data = Dataset("sample", tuple(utterances), "f")
    ids = [utterances[5].id, utterances[2].id, utterances[5].id]
    assert [one.id for one in chosen(data, ids, 1)] == [utterances[5].id, utterances[2].id]
    assert chosen(data, [], 3) == limited(utterances, 3)
    with pytest.raises(UsageError, match=f"did you mean '{utterances[0].id}'"):
        chosen(data, [utterances[0].id + "x"], 1)
    with pytest.raises(UsageError, match="an id of the 24 utterances of corpus 'sample'; for example 'sample-0"):
        chosen(data, ["§"], 1)


TEXT = st.text(st.sampled_from("ab [].,é"), max_size=12)


@given(TEXT, TEXT)
def test_word_changes_hold_both_texts(before: str, after: str) -> None:
    found = word_changes(before, after)
    for text, left_out in ((before, "ins"), (after, "del")):
        assert " ".join(part for kind, part in found if kind != left_out).split() == text.split()
