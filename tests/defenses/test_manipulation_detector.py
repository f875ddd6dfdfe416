"""The detector of manipulations: what it refuses, what it takes things for, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from bench import Batch, DataError, FitContext, Refusing, UsageError, Utterance, Victim
from bench.contracts.capabilities import Embedding, Purifying
from bench.defending.adversarial_examples import perturbed
from bench.testing import ContraryVictim, check_defense, sample_context, sample_noises, sample_utterances
from defenses.manipulation_detector import Guarded, ManipulationDetector
from victims.bert_text import BertText
from victims.cnn_gru import CnnGru

BRIEF = "manipulation_detector:copies=2,max_epochs=3,hidden=8"
"""For the checks that all components pass: trains in seconds."""

SMALL = CnnGru(channels=8, hidden=8, dense=8, max_epochs=3)
BRIEF = ManipulationDetector(copies=2, hidden=8, max_epochs=3, signals=("pitch", "drop_words"))
LEARNT = ManipulationDetector(categories=("crowd", "natural"), snrs_db=(10.0, 0.0), signals=("pitch", "reverb"))
SPEECH = {part: sample_utterances(speakers, 3, part) for part, speakers in (("train", 5), ("valid", 3), ("test", 3))}


@dataclass(frozen=True)
class Usual:
    """A recipe that keeps what it was trained on, and gives a victim."""

    victim: Any = field(default_factory=ContraryVictim)
    heard: list[Any] = field(default_factory=list)

    def fit(self, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext) -> Victim:
        self.heard.append((list(train), list(valid), context))
        return self.victim

    def load(self, folder: Path, context: FitContext) -> Victim:
        return self.victim


@dataclass(frozen=True)
class Rich(ContraryVictim):
    """Refuses the last utterance asked about, and shows all that a victim can."""

    def enroll(self, clean: Sequence[Utterance]) -> Rich:
        return self

    def answer_or_refuse(self, batch: Batch) -> tuple[Tensor, Tensor]:
        return self.log_probs(batch), torch.arange(len(batch)) == len(batch) - 1

    def hidden(self, batch: Batch) -> Tensor:
        return batch.waveforms[:, :2]

    def trace(self, batch: Batch) -> list[Tensor]:
        return list(batch.waveforms)


@pytest.fixture(scope="module")
def guarded() -> Guarded:
    """Trained on tones, and enrolled with speakers that it has not learnt from."""
    return LEARNT.fit(Usual(), SPEECH["train"], SPEECH["valid"], sample_context()).enroll(SPEECH["test"])


def attacked(effect: str) -> list[Utterance]:
    """Test speech with a manipulation, and noises that the detector has not heard."""
    context = replace(sample_context(), noises=sample_noises().part("test"))
    return [one for one in perturbed(effect, SPEECH["test"], context, "attack") if one is not None]


def refused(victim: Guarded, said: Sequence[Utterance]) -> float:
    return float(victim.answer_or_refuse(Batch.of(said))[1].float().mean())


def test_it_conforms() -> None:
    check_defense(BRIEF, SMALL)


def test_manipulations_are_refused_and_clean_speech_is_not(guarded: Guarded) -> None:
    assert refused(guarded, SPEECH["test"]) <= 0.2
    for effect in ("environmental:category=crowd,snr_db=0", "environmental:category=natural,snr_db=10", "reverb"):
        assert refused(guarded, attacked(effect)) >= 0.8, effect


def test_at_most_the_given_share_of_clean_validation_speech_is_refused() -> None:
    for share in (0.0, 0.25):
        recipe = replace(BRIEF, false_refusals=share)
        fitted = recipe.fit(Usual(), SPEECH["train"], SPEECH["valid"], sample_context())
        found = refused(fitted.enroll(SPEECH["valid"]), SPEECH["valid"])
        assert share - 0.1 <= found <= share


def test_kind_and_degree_are_told(guarded: Guarded) -> None:
    reverberant = [one for one in guarded.recognise(Batch.of(attacked("reverb"))) if one.refused]
    assert sum(one.kind == "reverb" for one in reverberant) > 0.6 * len(reverberant)
    loud, soft = (
        [one.snr_db for one in guarded.recognise(Batch.of(attacked(f"environmental:snr_db={snr}"))) if one.snr_db]
        for snr in (0, 10)
    )
    assert sum(loud) / len(loud) < sum(soft) / len(soft) - 3
    for one in guarded.recognise(Batch.of([*SPEECH["test"], *attacked("reverb")])):
        assert one.refused == (one.clean < guarded.threshold) == (one.kind != "clean")
        assert (one.effect == "") == (one.kind == "clean")


def test_the_victim_is_trained_as_usual_and_answers_as_it_would() -> None:
    usual, context = Usual(), sample_context()
    fitted = BRIEF.fit(usual, SPEECH["train"], SPEECH["valid"], context).enroll(SPEECH["test"])
    assert usual.heard == [(SPEECH["train"], SPEECH["valid"], context)]
    batch = Batch.of(SPEECH["test"])
    assert torch.equal(fitted.log_probs(batch), ContraryVictim().log_probs(batch))
    assert torch.equal(fitted.answer_or_refuse(batch)[0], ContraryVictim().log_probs(batch))
    assert not fitted.traits.concurrent
    assert not isinstance(fitted, Embedding | Purifying)


def test_what_the_victim_refuses_stays_refused_and_what_it_shows_is_shown(guarded: Guarded) -> None:
    rich = replace(guarded, victim=Rich())
    assert isinstance(rich, Refusing)
    assert isinstance(rich, Embedding)
    assert isinstance(rich, Purifying)
    quiet = replace(rich, threshold=-1.0)
    assert quiet.answer_or_refuse(Batch.of(SPEECH["test"]))[1].nonzero().tolist() == [[len(SPEECH["test"]) - 1]]
    loud = replace(rich, threshold=2.0)
    assert bool(loud.answer_or_refuse(Batch.of(SPEECH["test"]))[1].all())


def test_an_answer_depends_on_nothing_else_in_the_batch(guarded: Guarded) -> None:
    said = [*SPEECH["test"][:6], *attacked("reverb")[:6]]
    together = guarded.recognise(Batch.of(said))
    assert [guarded.recognise(Batch.of([one]))[0] for one in said] == together


def test_it_learns_the_settings_that_apply() -> None:
    silent = [replace(one, words=None) for one in SPEECH["train"]]
    fitted = BRIEF.fit(Usual(), silent, SPEECH["valid"], sample_context())
    assert {setting.kind for setting in fitted.settings} == {*sample_noises().ambient, "pitch"}
    none = replace(BRIEF, snrs_db=(), signals=("drop_words",))
    with pytest.raises(UsageError, match="no manipulation that applies"):
        none.fit(Usual(), silent, silent, sample_context())


def test_quiet_noise_and_shapes_are_learnt_where_they_are_asked_for() -> None:
    quiet = replace(LEARNT, snrs_db=(30.0, 15.0), shapes=True, signals=(), copies=4, max_epochs=8)
    fitted = quiet.fit(Usual(), SPEECH["train"], SPEECH["valid"], sample_context()).enroll(SPEECH["test"])
    learnt = {(setting.kind, setting.snr_db) for setting in fitted.settings}
    assert learnt == {(kind, snr) for kind in ("crowd", "natural", "shaped_noise") for snr in (30.0, 15.0)}
    assert refused(fitted, attacked("shaped_noise:shape=white,snr_db=20")) >= 0.8
    assert quiet.traits.made_of[-1] == ("attacks", "shaped_noise")
    assert quiet.seen(sample_noises()) == {"crowd", "natural", "signal"}


def test_sounds_shorter_than_the_utterance_are_learnt_where_they_are_asked_for() -> None:
    usual = replace(BRIEF, snrs_db=(10.0,), signals=())
    shorter = {setting.effect for setting in replace(usual, shorter=True).settings(sample_noises())}
    whole = {setting.effect for setting in usual.settings(sample_noises())}
    assert whole < shorter
    assert len(shorter) == 5 * len(whole)
    assert "environmental:category=natural,position=start,length=short,snr_db=10" in shorter
    fitted = replace(usual, shorter=True, copies=5).fit(Usual(), SPEECH["train"], SPEECH["valid"], sample_context())
    assert {setting.effect for setting in fitted.settings} == shorter


def test_it_learns_from_clean_speech_whatever_another_defence_has_added() -> None:
    added = [replace(one, waveform=torch.rand(8000) - 0.5) for one in SPEECH["train"]]
    context = replace(sample_context(), clean=tuple(SPEECH["train"]))
    one = BRIEF.fit(Usual(), [*SPEECH["train"], *added], SPEECH["valid"], context)
    two = BRIEF.fit(Usual(), SPEECH["train"], SPEECH["valid"], sample_context())
    assert one.threshold == two.threshold
    assert all(torch.equal(a, b) for a, b in zip(one.ear.parameters(), two.ear.parameters(), strict=True))


def test_a_speaker_may_have_a_threshold_of_their_own(guarded: Guarded) -> None:
    strict = replace(guarded, threshold=1.0)
    assert refused(strict.enroll(SPEECH["test"]), SPEECH["test"]) == 1.0
    own = replace(strict, parameters={**strict.parameters, "personal": True})
    half = {said.speaker: said for said in SPEECH["test"]}
    known = own.enroll(list(half.values()))
    batch = Batch.of(list(half.values()))
    assert not known.answer_or_refuse(batch)[1].any(), "what was enrolled is never refused"
    assert not any(one.refused for one in known.recognise(batch))
    assert (known.suspicion(batch) <= 1e-5).all()
    assert refused(known, attacked("reverb")) >= 0.9
    loose = replace(own, threshold=0.0).enroll(list(half.values()))
    assert loose.thresholds == {}, "a threshold is lowered and never raised"


def test_it_is_kept_whole(guarded: Guarded, tmp_path: Path) -> None:
    guarded.save(tmp_path)
    loaded = LEARNT.load(Usual(), tmp_path, sample_context()).enroll(SPEECH["test"])
    said = Batch.of([*SPEECH["test"], *attacked("reverb")])
    assert loaded.recognise(said) == guarded.recognise(said)
    (tmp_path / "config.json").unlink()
    with pytest.raises(DataError, match="no usable weights"):
        LEARNT.load(Usual(), tmp_path, sample_context())


def test_a_speaker_nobody_enrolled_is_heard_as_the_training_speakers_are(guarded: Guarded) -> None:
    unknown = [replace(said, speaker="nobody") for said in SPEECH["train"][:3]]
    (first, *_) = found = guarded.recognise(Batch.of(unknown))
    assert len(found) == 3
    assert guarded.recognise(Batch.of([replace(unknown[0], speaker="somebody else")])) == [first]


def test_a_victim_that_only_reads_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="defense 'manipulation_detector': found a victim that perceives text alone"):
        BRIEF.fit(BertText(), SPEECH["train"], SPEECH["valid"], sample_context())
    with pytest.raises(UsageError, match="one that hears"):
        BRIEF.load(BertText(), tmp_path, sample_context())


def test_what_it_says_it_has_seen() -> None:
    noises = sample_noises()
    assert ManipulationDetector().seen(noises) == {*noises.ambient, "signal"}
    assert ManipulationDetector(categories=("crowd",), signals=()).seen(noises) == {"crowd"}
    assert ManipulationDetector(snrs_db=()).seen(noises) == {"signal"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"copies": 0},
        {"hidden": 0},
        {"max_epochs": 0},
        {"patience": 0},
        {"false_refusals": 0.6},
        {"false_refusals": -0.1},
        {"snrs_db": (10.0, 90.0)},
        {"signals": (), "snrs_db": ()},
    ],
)
def test_parameters_out_of_range_are_named(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=f"defense 'manipulation_detector', parameter '{next(iter(wrong))}'"):
        ManipulationDetector(**wrong)
