"""A model's labels as a task's classes."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bench import ComponentError, UsageError
from bench.data.tasks import TASKS, task_named
from bench.modelling.pretrained.labels import Labels
from bench.modelling.pretrained.score_forms import log_scores

AHSN = task_named("ahsn")


def labels(task: str = "ahsn", *given: str) -> Labels:
    return Labels.given("the model", task_named(task), given)


@pytest.mark.parametrize(
    ("task", "label", "found"),
    [
        ("ahsn", "ANG", "anger"),
        ("ahsn", " Angry ", "anger"),
        ("ahsn", "excited", None),
        ("aesn", "exc", "excitement"),
        ("aesn", "happy", None),
        ("emotion4", "exc", "happiness"),
        ("valence2", "anger", "negative"),
        ("valence2", "Positive", "positive"),
        ("emotion7", "fearful", "fear"),
        ("activation3", "LOW", "low"),
        ("activation3", "sad", None),
    ],
)
def test_each_task_reads_labels_its_own_way(task: str, label: str, found: str | None) -> None:
    index = labels(task).class_of(label)
    assert (None if index is None else task_named(task).classes[index]) == found


@pytest.mark.parametrize("task", list(TASKS))
def test_a_task_reads_its_own_classes(task: str) -> None:
    classes = task_named(task).classes
    assert labels(task).columns(classes) == tuple(range(len(classes)))


def test_other_names() -> None:
    named = labels("ahsn", "L0:sad", "l1:Anger", "a:b:happiness", "*:neutral")
    assert [named.class_of(label) for label in ("L0", "L1", "A:B", "cheese", "ang", "hap")] == [2, 0, 1, 3, 0, 1]
    assert labels("ahsn", "sad:anger").class_of("Sad") == 0, "what the user says goes before what a word means"


@pytest.mark.parametrize("given", [("a:b", "c"), (":b",), ("a:",), ("", "a"), (" ",)])
def test_a_parameter_in_two_forms_is_refused(given: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match="THEIRS:OURS"):
        Labels.given("the model", AHSN, given)


def test_a_class_without_a_label_is_named() -> None:
    with pytest.raises(UsageError, match=r"labels ang, hap, dog, of which none is sadness, none is neutral.*'ahsn'"):
        labels().columns(["ang", "hap", "dog"])


OWN = ("disgust", "neu", "ang", "hap", "happy", "sad")


@given(st.lists(st.floats(-20, 20), min_size=6, max_size=6), st.floats(-50, 50))
def test_probabilities_are_added_and_scaled(row: list[float], shift: float) -> None:
    shares = torch.tensor([row], dtype=torch.float64).softmax(dim=1)[0]
    kept = torch.stack([shares[2], shares[3] + shares[4], shares[5], shares[1]])
    found = labels().of_scores(OWN, torch.tensor([row], dtype=torch.float64) + shift)[0].exp()
    assert torch.allclose(found.double(), kept / kept.sum(), atol=1e-6)


def test_a_zero_stays_finite() -> None:
    row = labels().of_scores(OWN, torch.tensor([[0, 0, 1.0, 0, 0, 0]]).log())
    assert bool(row.isfinite().all())
    assert row.exp()[0].tolist() == pytest.approx([1, 0, 0, 0], abs=1e-9)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_scores_that_are_no_numbers_are_named(value: float) -> None:
    with pytest.raises(ComponentError, match="the model: found NaN or infinite scores"):
        labels().of_scores(OWN, torch.tensor([[0, 0, value, 0, 0, 0]]))


def test_an_answer_that_is_no_class_is_named() -> None:
    with pytest.raises(ComponentError, match=r"the answer 'disgust'.*labels=disgust:neutral"):
        labels().of_scores(OWN, torch.tensor([[1.0, 0, 0, 0, 0, 0]]).log())
    assert labels("ahsn", "*:neutral").of_scores(OWN, torch.tensor([[1.0, 0, 0, 0, 0, 0]]).log()).argmax() == 3


def test_labels_alone() -> None:
    rows = labels().of_names(["Sad", "neu"]).exp()
    assert rows.argmax(dim=1).tolist() == [2, 3]
    assert rows.sum(dim=1).tolist() == pytest.approx([1, 1])
    with pytest.raises(ComponentError, match="the answer 'cheese'"):
        labels().of_names(["cheese"])


@given(st.lists(st.floats(-20, 20), min_size=2, max_size=7))
def test_probabilities_and_their_logarithms_are_told_apart(row: list[float]) -> None:
    logs = torch.tensor([row], dtype=torch.float64).log_softmax(dim=1)
    assert torch.allclose(log_scores("it", logs.exp()), logs)
    assert torch.equal(log_scores("it", logs), logs)
    with pytest.raises(ComponentError, match="put a softmax after the scores"):
        log_scores("it", logs + 1)
