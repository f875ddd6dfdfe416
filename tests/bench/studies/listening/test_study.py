"""A perception study: its page, what raters save, and what comes of it."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import replace
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import soundfile

from bench.core.errors import DataError, UsageError
from bench.core.types import Utterance
from bench.studies.listening.raters import Rating, Study, read_answers, read_study
from bench.studies.listening.study import Sounding, pairs_of, write_study
from bench.testing import sample_utterances

SAID = list(sample_utterances(2, 3, "study"))
Heard = Callable[..., Any]


class Page(HTMLParser):
    """Its tags with their attributes; fails where something comes from elsewhere."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        assert tag not in ("link", "iframe", "object", "base", "img", "form")
        assert not any(name.startswith("on") for name in given)
        assert all(
            (given[name] or "").startswith("data:audio/wav;base64,") for name in ("src", "href") if name in given
        )
        self.tags.append((tag, given))

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [given for name, given in self.tags if name == tag]


@pytest.fixture(scope="module")
def pairs(heard: Heard) -> list[Sounding]:
    return pairs_of(heard(SAID, "environmental:snr_db=12", "pitch"), SAID, 0)


@pytest.fixture
def made(pairs: list[Sounding], tmp_path: Path) -> Path:
    write_study(pairs, tmp_path / "study")
    return tmp_path / "study"


def test_the_page_is_one_file_with_all_pairs_and_tells_nothing_of_them(made: Path, pairs: list[Sounding]) -> None:
    text = (made / "index.html").read_text(encoding="utf-8")
    page = Page(text)
    assert len(page.of("section")) == len(pairs)
    assert len(page.of("audio")) == 2 * len(pairs)
    radios = [given for given in page.of("input") if given.get("type") == "radio"]
    assert len(radios) == 4 * len(pairs)
    assert [("hidden" in given) for given in page.of("section")] == [False] + [True] * (len(pairs) - 1)
    for word in ("environmental", "pitch", *(said.id for said in SAID)):
        assert word not in re.sub(r"base64,[^\"]*", "", text), "raters are not told what they hear"
    labelled = {given["for"] for given in page.of("label") if "for" in given}
    assert {given["id"] for given in page.of("audio")} <= labelled


def test_a_pair_is_the_original_and_what_became_of_it(pairs: list[Sounding]) -> None:
    assert len(pairs) == 2 * len(SAID) + 4, "one check for ten pairs"
    checks = [one for one in pairs if one.pair.check]
    assert [one.first == one.second for one in checks] == [True] * 4
    known = {said.id: said for said in SAID}
    for one in pairs:
        first, rate = soundfile.read(io.BytesIO(base64.b64decode(one.urls[0].partition(",")[2])))
        assert rate == 16_000
        assert len(first) == known[one.pair.utterance].waveform.shape[-1]
        assert (one.first == one.second) == one.pair.check
    assert {one.pair.noise for one in pairs} == {"noise", "pitch", ""}
    assert [one.pair.pair for one in pairs] == [f"{number:02d}" for number in range(1, len(pairs) + 1)]
    effects = [one.pair.effect for one in pairs]
    assert effects != sorted(effects), "the order tells nothing"


def test_the_same_study_has_the_same_bytes_and_another_seed_another_order(
    pairs: list[Sounding], heard: Heard, tmp_path: Path
) -> None:
    effects = heard(SAID, "environmental:snr_db=12", "pitch")
    write_study(pairs, tmp_path / "a")
    write_study(pairs_of(effects, SAID, 0), tmp_path / "b")
    assert (tmp_path / "a" / "index.html").read_bytes() == (tmp_path / "b" / "index.html").read_bytes()
    assert [one.pair for one in pairs_of(effects, SAID, 1)] != [one.pair for one in pairs]


@pytest.mark.parametrize(("attack", "said"), [("boundary", "a search"), ("mask_nouns", "changes no sample")])
def test_what_cannot_be_rated_is_named(attack: str, said: str, heard: Heard) -> None:
    words = [replace(one, transcript="the dog sees a house") for one in SAID]
    with pytest.raises(UsageError, match=said):
        pairs_of(heard(words, attack), words, 0)


def saved(folder: Path, rater: str, changed: Mapping[str, tuple[bool, bool]], study: Study) -> Path:
    words = {True: "different", False: "same"}
    answers = [{"pair": pair, "activation": words[a], "valence": words[v]} for pair, (a, v) in changed.items()]
    file = folder / f"{rater}.json"
    file.write_text(json.dumps({"schema": 1, "study": study.digest, "rater": rater, "answers": answers}))
    return file


def test_answers_come_back_as_they_were_given(made: Path) -> None:
    study = read_study(made)
    given = {pair: (number % 2 == 0, number % 3 == 0) for number, pair in enumerate(study.pairs)}
    answers = read_answers([saved(made, "ada", given, study)], study)
    assert {one.pair: (one.changed["activation"], one.changed["valence"]) for one in answers} == given


@pytest.mark.skipif(shutil.which("node") is None, reason="runs the page's script, with node")
def test_the_page_s_own_files_are_read(made: Path, tmp_path: Path) -> None:
    """What its script writes as JSON and as CSV says the same, and an unfinished pair is left out."""
    study = read_study(made)
    first, second, third, *_ = study.pairs
    rater = 'Ada, "the first"'
    answers = {
        first: {"activation": "same", "valence": "different", "valence_rating": "4"},
        second: {"activation": "different", "valence": "same"},
        third: {"activation": "same"},
    }
    script = resources.files("bench.studies.listening").joinpath("templates/study.js")
    program = f"""
        const Study = require({json.dumps(str(script))});
        const given = [{json.dumps(study.digest)}, {json.dumps(rater)}, {json.dumps(answers)}];
        require("fs").writeFileSync(process.argv[1] + "/a.json", Study.asJson(...given));
        require("fs").writeFileSync(process.argv[1] + "/a.csv", Study.asCsv(...given));
    """
    subprocess.run(["node", "-e", program, str(tmp_path)], check=True, capture_output=True, text=True)
    expected = [
        Rating(rater, first, {"activation": False, "valence": True}),
        Rating(rater, second, {"activation": True, "valence": False}),
    ]
    assert read_answers([tmp_path / "a.json"], study) == expected
    assert read_answers([tmp_path / "a.csv"], study) == expected


def test_what_is_not_of_this_study_is_named(made: Path, tmp_path: Path) -> None:
    study = read_study(made)
    pair = next(iter(study.pairs))
    wrong = {
        "answers about study 'other'": saved(tmp_path, "a", {pair: (True, True)}, replace(study, digest="other")),
        "a pair '999'": saved(tmp_path, "b", {"999": (True, True)}, study),
    }
    for message, file in wrong.items():
        with pytest.raises(DataError, match=message):
            read_answers([file], study)
    twice = saved(tmp_path, "c", {pair: (True, True)}, study)
    with pytest.raises(DataError, match="a second one of 'c'"):
        read_answers([twice, twice], study)
    for text in ("{", "[]", '{"study": "x", "rater": "y", "answers": {}}', '{"study": "x", "rater": "y"}'):
        (tmp_path / "broken.json").write_text(text)
        with pytest.raises(DataError, match=r"broken\.json"):
            read_answers([tmp_path / "broken.json"], study)
    (tmp_path / "broken.csv").write_text(f"study,rater,pair,activation,valence\n{study.digest},d,{pair},maybe,same\n")
    with pytest.raises(DataError, match=r"'maybe'; expected same or different"):
        read_answers([tmp_path / "broken.csv"], study)
    with pytest.raises(DataError, match=r"study\.json"):
        read_study(tmp_path)


def test_no_word_of_the_corpus_becomes_a_tag(heard: Heard, tmp_path: Path) -> None:
    odd = [replace(SAID[0], id='</section><script>alert("x")</script>')]
    assert isinstance(odd[0], Utterance)
    write_study(pairs_of(heard(odd, "gain"), odd, 0), tmp_path)
    assert "alert" not in (tmp_path / "index.html").read_text(encoding="utf-8")
