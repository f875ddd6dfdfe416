"""The page of `bench listen` says what there is to hear, and text from outside stays text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
import torch

from bench.contracts.perception import p1
from bench.core.errors import UsageError
from bench.core.types import Utterance
from bench.studies.listening.examples import listen
from bench.studies.listening.page import facts, write_page
from bench.testing import sample_utterances


class Page(HTMLParser):
    """Its tags, its text, and the files that it shows; fails where something comes from elsewhere."""

    def __init__(self, text: str, folder: Path) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.folder = folder
        self.ids: set[str] = set()
        self.links: set[str] = set()
        self.feed(text)
        assert self.links <= self.ids

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        assert tag not in ("script", "link", "iframe", "object", "base")
        assert not any(name.startswith("on") for name in given)
        if "src" in given:
            file = (self.folder / (given["src"] or "")).resolve()
            assert file.is_file()
            assert file.is_relative_to(self.folder.resolve())
        if tag == "img":
            assert len(given["alt"] or "") > 20
        if tag == "audio":
            assert "controls" in given
            assert given["aria-label"]
        if "id" in given:
            assert given["id"] not in self.ids
            self.ids.add(str(given["id"]))
        if tag == "a":
            self.links.add(str(given["href"]).removeprefix("#"))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_says_it_all(tmp_path: Path, written: Callable) -> None:
    said, unsaid = sample_utterances(1)[0], replace(sample_utterances(1)[2], transcript=None, words=None)
    attacks = ["environmental:snr_db=12", "mask_nouns", "drop_words", "boundary", "pitch"]
    text, _ = written(tmp_path, [said, unsaid], *attacks)
    page = Page(text, tmp_path)
    assert page.tags.count("h2") == 2
    assert page.tags.count("h3") == 8
    words = " ".join(page.text.split())
    for part in (
        "the old hand likes a warm evening",
        "They read now: “the old [MASK] likes a warm [MASK]”",
        "They read now: “old hand likes warm evening”",
        "12.00 dB",
        "undefined: the length changed",
        "infinite: no sample changed",
        "The sound is the original's, sample for sample.",
        "imperceptible for emotion, after p1",
        "perceptible, after p1: the emotion changed in up to",
        "not studied by p1",
        "noise, category natural",
        "A search: it asks many times",
        "yes, the SNR is above the limit",
        "mask_nouns1 of 21: " + unsaid.id,
        "Does not apply: mask_nouns",
        "No transcript is known.",
        f"{said.duration_s:.2f} s",
    ):
        assert part in words, part


def test_words_alone(tmp_path: Path, written: Callable) -> None:
    silent = replace(sample_utterances(1)[0], waveform=torch.zeros(0), words=None)
    text, _ = written(tmp_path, [silent], "mask_nouns", "pitch")
    page = Page(text, tmp_path)
    assert not {"audio", "img"} & set(page.tags)
    assert "words alone, there is no sound" in page.text
    assert "undefined: there is no sound" in page.text
    assert "[MASK]" in page.text
    assert not (tmp_path / "wav").exists()


def test_no_words_are_left(tmp_path: Path, written: Callable) -> None:
    text, _ = written(tmp_path, sample_utterances(1)[:1], "no_text")
    assert "<del>the old hand" in text


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7 * 7 }}", "../../up", "a/b#1.2?c=d"]
)
def test_text_from_outside_stays_text(tmp_path: Path, hostile: str, written: Callable) -> None:
    one = sample_utterances(1)[0]
    spoilt = replace(one, id=hostile, speaker=hostile, emotion=hostile, transcript=f"the dog {hostile}", words=None)
    pages = []
    for name, utterance in (("plain", replace(one, words=None)), ("hostile", spoilt)):
        text, _ = written(tmp_path / name, [utterance], "mask_nouns", "pitch", "drop_words")
        pages.append(Page(text, tmp_path / name))
    assert set(pages[0].tags) == set(pages[1].tags)
    assert pages[1].text.count(hostile) >= 4
    assert {path.name for path in tmp_path.iterdir()} == {"plain", "hostile"}


def test_other_files_stay(tmp_path: Path, written: Callable) -> None:
    (tmp_path / "wav").mkdir()
    (tmp_path / "wav" / "mine.wav").write_text("mine")
    (tmp_path / "index.html").write_text("old")
    text, _ = written(tmp_path, sample_utterances(1)[:1], "fade_in")
    assert "old</" not in text
    assert (tmp_path / "wav" / "mine.wav").read_text() == "mine"
    assert not list(tmp_path.rglob("*.tmp"))


def test_a_folder_of_a_files_name(tmp_path: Path, written: Callable) -> None:
    (tmp_path / "index.html").mkdir()
    with pytest.raises(UsageError, match=r"index\.html: found a folder"):
        written(tmp_path, sample_utterances(1)[:1], "fade_in")


@pytest.mark.parametrize(
    ("attack", "says"),
    [
        ("gain", "not studied by p1"),
        ("fade_in", "imperceptible for emotion"),
        ("fade_in:percent_per_s=50.0", "not studied by p1 as it is here"),
        ("pitch", "perceptible, after p1"),
        ("fade_in+pitch", "not studied by p1"),
    ],
)
def test_what_people_hear(attack: str, says: str, heard: Callable) -> None:
    example = heard(sample_utterances(1)[:1], attack)[0].examples[0]
    said = dict(facts(example, p1()))
    assert said["heard by people"].startswith(says)
    assert said["perturbation"].startswith(attack.partition(":")[0])


def test_a_silent_original_has_no_snr(
    tmp_path: Path, experiment_of: Callable, options_of: Callable, plugged: Callable
) -> None:
    """No corpus has one, but an attack may be given one that does not mind."""
    utterances = [Utterance("s", torch.zeros(800), "a", emotion="anger")]
    steps = ("replace(original, waveform=original.waveform + 0.1)", "original")
    (effect,) = listen(
        replace(experiment_of(utterances), registry=plugged(tmp_path, *steps)), ["mine"], utterances, options_of("mine")
    )
    said = dict(facts(effect.examples[0], p1()))
    assert said["SNR"] == "undefined: the original is silent"
    assert said["would count"].startswith("no")
    assert effect.is_search


def test_an_effect_that_does_nothing_is_said_to(
    tmp_path: Path, experiment_of: Callable, options_of: Callable, plugged: Callable
) -> None:
    utterances = sample_utterances(1)[:1]
    experiment, options = replace(experiment_of(utterances), registry=plugged(tmp_path, "original")), options_of("mine")
    effects = listen(experiment, ["mine"], utterances, options)
    page = write_page(experiment, effects, utterances, replace(options, out=tmp_path / "page"))
    assert "Neither a sample nor a word has changed." in page.read_text(encoding="utf-8")
