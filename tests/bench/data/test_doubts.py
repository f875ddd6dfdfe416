"""What a corpus contradicts itself in is said by its check and before a run; a good corpus has nothing to be said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from bench.core.showing.progress import Silent
from bench.core.types import Utterance
from bench.data.doubts import doubts_about, left_out
from bench.data.tasks import task_named
from bench.testing import sample_utterances


def changed(one: Utterance, **fields: object) -> Utterance:
    return replace(one, id=f"{one.id}-copy", waveform=one.waveform.clone(), **fields)


@pytest.fixture(scope="module")
def corpus() -> list[Utterance]:
    return sample_utterances(4, 5)


def test_a_good_corpus_has_none(corpus: list[Utterance]) -> None:
    assert doubts_about(corpus) == []
    silent = [replace(one, waveform=torch.zeros(900 + n)) for n, one in enumerate(corpus)]
    assert doubts_about(silent) == [], "of other lengths"


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({}, "one sound stands there twice"),
        ({"emotion": "boredom"}, "one sound has two labels"),
        ({"speaker": "other"}, "one sound stands under two speakers, and may be trained on and attacked"),
        ({"speaker": "other", "emotion": "boredom"}, "one sound stands under two speakers"),
    ],
)
def test_one_sound_twice(corpus: list[Utterance], fields: dict[str, object], found: str) -> None:
    (doubt,) = doubts_about([*corpus, changed(corpus[3], **fields)])
    assert doubt.startswith(found)
    assert doubt.endswith(f": {corpus[3].id!r} and '{corpus[3].id}-copy'")


def test_many_are_counted(corpus: list[Utterance]) -> None:
    (doubt,) = doubts_about([*corpus, *(changed(one, speaker="other") for one in corpus)])
    assert doubt.startswith(f"each of {len(corpus)} sounds stands under two speakers")
    assert doubt.endswith(f" and {len(corpus) - 3} more")


def test_only_equal_sounds_are_the_same(corpus: list[Utterance]) -> None:
    """The middle and the length of all of these are alike."""
    near = [changed(one) for one in corpus[:1] * 3]
    for one, place in zip(near, (0, 5, -1), strict=True):
        one.waveform[place] += 0.25
    assert doubts_about([*corpus, *near]) == []
    (doubt,) = doubts_about([*corpus, *near, changed(near[1])])
    assert doubt.startswith("one sound stands there twice")


def test_names_that_are_nearly_alike(corpus: list[Utterance]) -> None:
    speakers = [
        replace(corpus[0], speaker="SP1"),
        replace(corpus[1], speaker="sp1"),
        replace(corpus[2], speaker="s p1"),
    ]
    assert doubts_about(speakers) == ["speakers 'SP1' and 's p1' and 'sp1' are told apart by case or spaces alone"]
    labels = [replace(one, emotion=str(one.emotion) + "r" * (n == 0)) for n, one in enumerate(corpus)]
    typo = str(labels[0].emotion)
    assert doubts_about(labels) == [
        f"label {typo!r}, on 1 of {len(corpus)} utterances, looks like {typo[:-1]!r} mistyped"
    ]
    known = [replace(one, emotion=("happiness", "unhappiness")[n % 2]) for n, one in enumerate(corpus)]
    assert doubts_about(known) == [], "two labels of the same weight are two"


def test_what_is_left_out(corpus: list[Utterance]) -> None:
    task = task_named("ahsn")
    assert left_out(corpus, task) is None
    others = [replace(one, emotion="boredom") for one in corpus[:2]] + corpus[2:]
    assert left_out(others, task) == f"2 of {len(corpus)} utterances are none of its classes: boredom 2"
    assert left_out(others, task_named("activation3")) is None


def test_a_run_and_the_check_say_it(
    tiny_corpus: Path, tiny_noises: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from bench.evaluation.plans.options import Options
    from bench.evaluation.run import prepare_fitted
    from bench.studies.datacheck import check

    rows = [
        (file, file.name[:2], {"W": "anger", "F": "happiness", "T": "sadness", "N": "neutral"}[file.stem[5]])
        for file in sorted((tiny_corpus / "wav").iterdir())
    ]
    table = "path,speaker,emotion,id\n" + "".join(f"{file},{who},{what},{file.stem}\n" for file, who, what in rows)
    (tmp_path / "manifest.csv").write_text(table + f"{rows[0][0]},03,angerr,copy\n")
    said: list[str] = []

    class Said(Silent):
        """Keeps what is said."""

        def say(self, text: str) -> None:
            said.append(text)

    options = Options(
        victims=("cnn_gru:channels=4,hidden=4,dense=4,max_epochs=1",),
        corpus="manifest",
        corpus_root=tmp_path,
        noise_banks=("folder",),
        noise_roots=(tiny_noises,),
    )
    prepare_fitted(options, Said())
    assert [text for text in said if "copy" in text] == [
        f"Corpus manifest: one sound has two labels: '{rows[0][0].stem}' and 'copy'."
    ]
    assert "Task ahsn: 1 of 81 utterances are none of its classes: angerr 1." in said
    found = [one.found for one in check("manifest", tmp_path).problems if one.kind == "contradiction"]
    assert any("two labels" in text for text in found)
    assert any("'angerr'" in text and "mistyped" in text for text in found)
