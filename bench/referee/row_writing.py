"""The rows that a referee writes: what a victim said, beside what the corpus says, by names and numbers."""

from __future__ import annotations

from bench.core.dimensional import VALUE_DECIMALS, truth_of
from bench.core.types import REFUSED, Task, Utterance
from bench.referee.clean_answers import CleanAnswer
from bench.referee.judgement import Verdict, fooled
from bench.referee.prediction import Said
from bench.referee.search import Candidate, Search
from bench.scoring.record_files.rows import Row


def name_of(task: Task, label: int) -> str:
    """Return the name of a class index; of the number of classes, the name of a refusal.

    Args:
        task: names the classes.
        label: the index.
    """
    return REFUSED if label == len(task.classes) else task.classes[label]


def clean_row(task: Task, utterance: Utterance, told: CleanAnswer) -> Row:
    """Write down what was said of clean speech: query 0.

    Args:
        task: says what the corpus's label is.
        utterance: clean.
        told: what the victim said.
    """
    said = told.answer
    name = name_of(task, said.label)
    return Row(
        utterance=utterance.id,
        speaker=utterance.speaker,
        query=0,
        label_true=_truth(task, utterance, said.value),
        label_before=name,
        label_after=name,
        tied=said.tied,
        flip_share=told.flip_share,
        value_true=_rating(task, utterance),
        value_before=said.value,
        value_after=said.value,
    )


def candidate_row(task: Task, clean: Row, search: Search, candidate: Candidate, answer: Said, verdict: Verdict) -> Row:
    """Write down what was said of a candidate.

    Args:
        task: names the classes.
        clean: the row of the clean speech, with what stands in the rows of all its candidates.
        search: whose next query it is.
        candidate: as it was asked about.
        answer: what the victim said.
        verdict: what is said of it whoever the victim is.
    """
    done, before, after = candidate.rendered.done, clean.label_before, name_of(task, answer.label)
    return Row(
        utterance=clean.utterance,
        speaker=clean.speaker,
        query=search.queries + 1,
        label_true=clean.label_true,
        label_before=before,
        label_after=after,
        snr_db=verdict.snr_db,
        perturbation=done.name,
        category=done.category,
        source=done.source,
        imperceptible=verdict.imperceptible,
        accepted=fooled(before, after, search.granted.target) and search.settled and verdict.within_rules,
        tied=answer.tied,
        recipe=str(candidate.recipe),
        additive=verdict.additive,
        value_true=clean.value_true,
        value_before=clean.value_before,
        value_after=answer.value,
    )


def _truth(task: Task, utterance: Utterance, before: float | None) -> str:
    """The corpus's label; in a dimensional task, where its rating lies."""
    rating = _rating(task, utterance)
    if rating is not None and before is not None:
        return truth_of(task, rating, before)
    label = task.label_of(utterance)
    assert label is not None, "only labelled utterances reach the referee"
    return label


def _rating(task: Task, utterance: Utterance) -> float | None:
    """The corpus's rating on the scale of a dimensional task."""
    rating = task.rating_of(utterance) if task.dimensional else None
    return None if rating is None else round(rating, VALUE_DECIMALS)
