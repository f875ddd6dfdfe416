"""P2's adversarial training: how much is replaced, by what, and what happens where it cannot be."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from attacks.universal_noises import UniversalNoises
from bench import AttackTools, DataError, FitContext, Perturbation, Rng, Spec, Traits, UsageError, Utterance
from bench.contracts.pipeline import Defended
from bench.contracts.protocols import TrainableVictim
from bench.contracts.registry import Registry
from bench.testing import ContraryVictim, check_defense, sample_context, sample_noises, sample_utterances
from defenses.adversarial_training import AdversarialTraining
from defenses.multi_condition import MultiCondition
from victims.bert_text import BertText
from victims.cnn_gru import CnnGru
from victims.http import Http

SMALL = CnnGru(channels=8, hidden=8, dense=8, max_epochs=2)
TRAIN = sample_utterances(3, 2, "train")


@dataclass(frozen=True)
class Renewer:
    """A recipe with three epochs, each of which it keeps."""

    epochs: list[list[Utterance]]
    traits: ClassVar[Traits] = Traits(renews=True)

    def fit(self, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext) -> ContraryVictim:
        assert context.renew is not None
        self.epochs.append(list(train))
        for epoch in (1, 2):
            self.epochs.append(list(context.renew(ContraryVictim(), epoch)))
        return ContraryVictim()

    def load(self, folder: Path, context: FitContext) -> ContraryVictim:
        return ContraryVictim()


@dataclass(frozen=True)
class Louder:
    """An attack of a plug-in file, without a category of its own, that goes on as long as it is asked to."""

    times: int = 3

    def search(self, original: Utterance, tools: AttackTools, rng: Rng) -> Generator[Utterance, bool, None]:
        for time in range(self.times):
            done = Perturbation("louder", "signal", str(time))
            fooled = yield replace(original, waveform=original.waveform * (1.3 + time), perturbation=done)
            if fooled:
                return


def with_louder() -> FitContext:
    build = Registry.discover().build
    return replace(sample_context(), component=lambda kind, text: Louder() if text == "louder" else build(kind, text))


def replaced(train: Sequence[Utterance]) -> list[Utterance]:
    return [said for said in train if said.perturbation]


@pytest.mark.parametrize(
    "defense",
    [
        AdversarialTraining("boundary", max_queries=2),
        AdversarialTraining("boundary & white_noise", regenerate=True, max_queries=2, renewals=4),
    ],
)
def test_it_conforms(defense: AdversarialTraining) -> None:
    check_defense(defense, SMALL)


def test_a_list_of_noises_is_learnt_on_training_speech_before_it_attacks(
    learner: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    learnt, learn = list[int](), UniversalNoises.learn

    def noted(self: UniversalNoises, plan: Any, searches: Sequence[Any]) -> Any:
        learnt.append(sum(len(one.asked) for one in searches))
        return learn(self, plan, searches)

    monkeypatch.setattr(UniversalNoises, "learn", noted)
    listed = AdversarialTraining("universal_noises:noises=additive,pool=4,rehearsal=4", percent=100, max_queries=3)
    fitted = listed.fit(learner, TRAIN, [], sample_context())
    assert learnt == [4 * len(TRAIN)], "the whole pool on every utterance"
    assert fitted.note["replaced"] == len(TRAIN)
    assert {one.perturbation.name for one in replaced(learner.fits[1]["train"]) if one.perturbation} == {"shaped_noise"}


@settings(max_examples=10, deadline=None)
@given(percent=st.floats(10, 100))
def test_the_share_is_what_is_asked_for(percent: float) -> None:
    epochs: list[list[Utterance]] = []
    defense = AdversarialTraining("gain:gain_db=3", percent, regenerate=True)
    fitted = defense.fit(Renewer(epochs), TRAIN, [], sample_context())
    expected = max(1, round(percent / 100 * len(TRAIN)))
    assert [len(replaced(epoch)) for epoch in epochs] == [expected] * 3
    assert fitted.note["replaced"] == expected


def test_examples_stand_in_the_place_of_clean_ones(learner: Any) -> None:
    valid = sample_utterances(1, 1, "valid")
    AdversarialTraining("gain:gain_db=3").fit(learner, TRAIN, valid, sample_context())
    (fit,) = learner.fits
    assert [said.id for said in fit["train"]] == [said.id for said in TRAIN]
    assert len(replaced(fit["train"])) == len(TRAIN) // 2
    for before, after in zip(TRAIN, fit["train"], strict=True):
        assert after.emotion == before.emotion
        assert torch.equal(after.waveform, before.waveform) == (after.perturbation is None)
    assert fit["valid"] == valid
    assert fit["clean"] == tuple(TRAIN)


def test_of_several_attacks_one_is_drawn_for_each_utterance(learner: Any) -> None:
    AdversarialTraining(percent=100).fit(learner, TRAIN, [], sample_context())
    places = Counter(said.perturbation.category for said in replaced(learner.fits[0]["train"]))
    assert set(places) == {"crowd", "meeting", "station"}
    assert all("epsilon=2" in said.perturbation.source for said in replaced(learner.fits[0]["train"]))


@pytest.mark.parametrize("attack", ["boundary", "louder"])
def test_a_search_attacks_the_bare_victim_first(learner: Any, attack: str) -> None:
    AdversarialTraining(attack, 100, max_queries=4).fit(learner, TRAIN, [], with_louder())
    bare, hardened = learner.fits
    assert bare["train"] == TRAIN
    assert bare["clean"] == hardened["clean"] == tuple(TRAIN)
    assert len(replaced(hardened["train"])) == len(TRAIN)


def test_an_attack_that_asks_once_wants_no_victim(learner: Any) -> None:
    AdversarialTraining("fade_in+real_noise:epsilon=2").fit(learner, TRAIN, [], sample_context())
    assert len(learner.fits) == 1


def test_examples_are_made_anew_in_every_epoch() -> None:
    epochs: list[list[Utterance]] = []
    AdversarialTraining("white_noise", regenerate=True).fit(Renewer(epochs), TRAIN, [], sample_context())
    first, second, third = ({said.id: said.waveform for said in replaced(epoch)} for epoch in epochs)
    assert set(first) == set(second) == set(third)
    assert not any(torch.equal(first[id], second[id]) or torch.equal(second[id], third[id]) for id in first)


def test_a_search_takes_the_utterances_in_turn() -> None:
    epochs: list[list[Utterance]] = []
    defense = AdversarialTraining("boundary", 100, regenerate=True, max_queries=2, renewals=5)
    fitted = defense.fit(Renewer(epochs), TRAIN, [], sample_context())
    assert [len(replaced(epoch)) for epoch in epochs] == [0, 5, 10]
    assert {said.id for said in replaced(epochs[1])} < {said.id for said in replaced(epochs[2])}
    assert fitted.note["replaced"] == 10


def test_where_it_does_not_apply_the_clean_one_stays_and_is_not_counted(learner: Any) -> None:
    silent = [replace(said, waveform=torch.zeros(8000)) for said in TRAIN[:6]]
    told: list[str] = []
    context = replace(sample_context(), progress=Teller(told))
    fitted = AdversarialTraining("fade_in", 100).fit(learner, [*silent, *TRAIN[6:]], [], context)
    assert learner.fits[0]["train"][:6] == silent
    assert fitted.note == {
        "defense": "adversarial_training", "chosen": 24, "clean": 24, "replaced": 18, "percent": 75.0,
    }  # fmt: skip
    assert told[-1].endswith("18 of 24 training utterances replaced by adversarial examples (75.0 %; 100 % asked for)")


def test_the_share_is_saved_beside_the_victim(learner: Any, tmp_path: Path) -> None:
    fitted = AdversarialTraining("fade_in").fit(learner, TRAIN, [], sample_context())
    fitted.save(tmp_path)
    assert json.loads((tmp_path / "retrained.json").read_text())["replaced"] == 12
    assert AdversarialTraining("fade_in").load(learner, tmp_path, sample_context()).note == fitted.note
    (tmp_path / "retrained.json").write_text("{")
    with pytest.raises(DataError, match="no usable note"):
        AdversarialTraining("fade_in").load(learner, tmp_path, sample_context())


def test_what_another_defence_has_changed_stays(learner: Any) -> None:
    noisy = MultiCondition().noisy_copies(TRAIN, sample_context())
    context = replace(sample_context(), clean=tuple(TRAIN))
    AdversarialTraining("gain:gain_db=3", 100).fit(learner, [*TRAIN, *noisy], [], context)
    names = [said.perturbation.name for said in learner.fits[0]["train"]]
    assert names == ["gain"] * len(TRAIN) + ["noise"] * len(TRAIN)


@pytest.mark.parametrize(
    ("attack", "seen"),
    [
        (AdversarialTraining().attack, {"crowd", "meeting", "station"}),
        ("real_noise", {"crowd"}),
        ("boundary", {"natural", "human", "interior", "signal"}),
        ("fade_in+environmental:category=human", {"signal", "human"}),
        ("mixup~fade_out", {*sample_noises().categories, "signal"}),
    ],
)
def test_it_says_what_it_has_seen(attack: str, seen: set[str]) -> None:
    spec = str(Spec("adversarial_training", (("attack", attack),)))
    assert Registry.discover().component("defenses", spec).seen(sample_noises()) == seen


@pytest.mark.parametrize("percent", [0.0, -5.0, 100.1, float("nan")])
def test_a_share_that_cannot_be_is_named(percent: float) -> None:
    with pytest.raises(UsageError, match="adversarial_training', parameter 'percent'"):
        AdversarialTraining(percent=percent)


@pytest.mark.parametrize("attack", ["", "fade_in &", "gain:=3"])
def test_what_is_no_spec_is_named(attack: str) -> None:
    with pytest.raises(UsageError, match="adversarial_training', parameter 'attack'"):
        AdversarialTraining(attack)


@pytest.mark.parametrize(
    ("attack", "message"),
    [
        ("fade_inn", "parameter 'attack'.*did you mean 'fade_in'"),
        ("gain:loudness=3", "parameter 'attack'.*'loudness'"),
        ("boundary:corr=true", "knows more than the victim's labels"),
        ("adaptive", "knows more than the victim's labels"),
        ("transfer", "knows more than the victim's labels"),
        ("real_noise:category=stadium", "no category 'stadium'"),
        ("no_text", r"changes none of the 12 utterances.*\(sound\)"),
    ],
)
def test_attacks_that_cannot_train_are_named(learner: Any, attack: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        AdversarialTraining(attack).fit(learner, TRAIN, [], sample_context())
    assert not learner.fits


def test_a_victim_that_only_reads_is_not_trained_on_noise() -> None:
    with pytest.raises(UsageError, match=r"changes none of the 12 utterances.*\(text\)"):
        AdversarialTraining().fit(BertText(), TRAIN, TRAIN, sample_context())


@pytest.mark.parametrize("below", [False, True])
def test_a_victim_that_is_not_trained_is_named(below: bool) -> None:
    victim: TrainableVictim = Http("http://localhost:1/predict")
    victim = Defended(victim, MultiCondition()) if below else victim
    with pytest.raises(UsageError, match=r"'adversarial_training': found .*cannot be trained again \(Http\)"):
        AdversarialTraining().fit(victim, TRAIN, TRAIN, sample_context())


def test_a_victim_that_asks_for_no_other_utterances_is_named(learner: Any) -> None:
    with pytest.raises(UsageError, match=r"'regenerate': found Learner, which learns from one set"):
        AdversarialTraining(regenerate=True).fit(learner, TRAIN, [], sample_context())
    with pytest.raises(UsageError, match=r"'regenerate': found a victim under another defence"):
        AdversarialTraining(regenerate=True).fit(Defended(SMALL, MultiCondition()), TRAIN, [], sample_context())


@dataclass(frozen=True)
class Teller:
    """Progress that keeps what it was told."""

    told: list[str]

    def task(self, description: str, total: int | None = None) -> Any:
        raise AssertionError("no task here")

    def say(self, text: str) -> None:
        self.told.append(text)
