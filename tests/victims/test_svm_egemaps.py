"""The support vector machine beyond the conformance checks."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from bench import Batch, DataError, FitContext, Task, UsageError, Utterance
from bench.scoring.scores import uar
from bench.testing import TASK, check_victim, sample_context, sample_utterances
from victims.svm_egemaps import FittedSvmEgemaps, SvmEgemaps

pytest.importorskip("opensmile")
svm = pytest.importorskip("sklearn.svm")
pytestmark = pytest.mark.usefixtures("heard_once")

TRAIN, VALID = sample_utterances(3, 3, "train"), sample_utterances(2, 2, "valid")


@pytest.fixture(scope="module")
def fitted() -> FittedSvmEgemaps:
    return SvmEgemaps().fit(TRAIN, VALID, sample_context())


def told(victim: FittedSvmEgemaps, utterances: Sequence[Utterance]) -> list[str]:
    labels = victim.enroll(utterances).log_probs(Batch.of(utterances)).argmax(dim=1)
    return [victim.classes[label] for label in labels.tolist()]


@pytest.mark.parametrize("classes", [4, 3, 2])
def test_its_values_are_those_of_scikit_learn(classes: int) -> None:
    task = Task("some", TASK.classes[:classes], "emotion")
    train, valid = ([u for u in part if task.label_of(u)] for part in (TRAIN, VALID))
    context = FitContext(task, 0, torch.device("cpu"), sample_context().noises)
    found = SvmEgemaps(costs=(0.1,)).fit(train, valid, context)
    features = torch.cat(found.front.clean(train)).double().numpy()
    truth = np.array([task.classes.index(str(u.emotion)) for u in train])
    machine = svm.SVC(C=0.1, kernel="linear", class_weight="balanced").fit(features, truth)
    noise = np.random.default_rng(0).normal(0, 2, (200, 88))
    expected = machine.decision_function(noise)
    values = found.values(torch.from_numpy(noise)).numpy()
    if classes == 2:  # scikit-learn gives the one machine's value
        np.testing.assert_array_equal(values[:, 1] > values[:, 0], expected > 0)
    else:
        np.testing.assert_allclose(values, expected, atol=1e-9)
        np.testing.assert_array_equal(values.argmax(axis=1), expected.argmax(axis=1))


@pytest.mark.parametrize("statistics", ["speaker", "training"])
def test_it_learns(statistics: str) -> None:
    test = sample_utterances(3, 4, "new")
    victim = SvmEgemaps(statistics=statistics).fit(TRAIN, VALID, sample_context())
    assert uar([str(u.emotion) for u in test], told(victim, test)) > 0.6  # chance is 0.25


def test_its_other_scope_is_a_victim() -> None:
    check_victim(SvmEgemaps(statistics="training"))


def test_the_lowest_of_equal_costs_is_taken(fitted: FittedSvmEgemaps) -> None:
    truth = [str(u.emotion) for u in VALID]
    recalls = {}
    for cost in fitted.recipe.costs:
        alone = SvmEgemaps(costs=(cost,)).fit(TRAIN, VALID, sample_context())
        recalls[cost] = uar(truth, told(alone, VALID))
    assert fitted.cost == min(cost for cost, recall in recalls.items() if recall == max(recalls.values()))
    assert replace(fitted.recipe, costs=fitted.recipe.costs[::-1]).fit(TRAIN, VALID, sample_context()).cost == (
        fitted.cost
    )


def test_the_scale_changes_no_label_and_lowers_the_loss(fitted: FittedSvmEgemaps) -> None:
    features = torch.cat(fitted.front.clean(VALID))
    truth = torch.tensor([fitted.classes.index(str(u.emotion)) for u in VALID])
    values = fitted.values(features)
    loss = {scale: float(torch.nn.functional.cross_entropy(scale * values, truth)) for scale in (1.0, fitted.scale)}
    assert loss[fitted.scale] <= loss[1.0]
    assert torch.equal(replace(fitted, scale=0.125).values(features).argmax(dim=1), values.argmax(dim=1))


def test_a_class_that_nobody_shows_is_never_given(tmp_path: Path) -> None:
    train = [u for u in TRAIN if u.emotion != "happiness"]
    victim = SvmEgemaps().fit(train, VALID, sample_context())
    found = victim.enroll(VALID).log_probs(Batch.of(VALID))
    absent = TASK.classes.index("happiness")
    assert found.isfinite().all()
    assert float(found[:, absent].exp().max()) == 0
    victim.save(tmp_path)
    assert torch.equal(SvmEgemaps().load(tmp_path, sample_context()).enroll(VALID).log_probs(Batch.of(VALID)), found)


def test_a_single_class_is_named() -> None:
    train = [u for u in TRAIN if u.emotion == "anger"]
    with pytest.raises(DataError, match="found training utterances of anger alone; expected two classes or more"):
        SvmEgemaps().fit(train, VALID, sample_context())


def test_it_is_used_without_scikit_learn(
    fitted: FittedSvmEgemaps, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitted.save(tmp_path)
    monkeypatch.setitem(sys.modules, "sklearn", None)
    monkeypatch.setitem(sys.modules, "sklearn.svm", None)
    assert told(SvmEgemaps().load(tmp_path, sample_context()), VALID) == told(fitted, VALID)
    with pytest.raises(UsageError, match=r"svm_egemaps.*no usable sklearn"):
        SvmEgemaps().fit(TRAIN, VALID, sample_context())


def test_a_missing_opensmile_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opensmile", None)
    for use in (SvmEgemaps().fingerprint, lambda: SvmEgemaps().fit(TRAIN, VALID, sample_context())):
        with pytest.raises(UsageError, match=r"svm_egemaps.*serbench\[opensmile\].*forbids commercial use"):
            use()


def changed(folder: Path, **values: object) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | values))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"trained": [0, 1]}, r"tensors of shapes .*; expected shapes .*\(1, 88\)"),
        ({"trained": [0, 1, 2, 9]}, "classes number .*expected two or more of 0 to 3"),
        ({"trained": None}, "classes number None"),
        ({"scale": "big"}, "scale big"),
    ],
)
def test_weights_that_do_not_fit_are_named(
    fitted: FittedSvmEgemaps, tmp_path: Path, values: dict[str, object], message: str
) -> None:
    fitted.save(tmp_path)
    changed(tmp_path, **values)
    with pytest.raises(DataError, match=message):
        SvmEgemaps().load(tmp_path, sample_context())


def test_weights_of_the_other_scope_are_named(fitted: FittedSvmEgemaps, tmp_path: Path) -> None:
    fitted.save(tmp_path)
    with pytest.raises(DataError, match="no statistics"):
        SvmEgemaps(statistics="training").load(tmp_path, sample_context())


@pytest.mark.parametrize("wrong", [{"costs": ()}, {"costs": (0.1, 0.0)}, {"statistics": "session"}])
def test_wrong_parameters_are_named(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=f"svm_egemaps', parameter {next(iter(wrong))!r}"):
        SvmEgemaps(**wrong)
