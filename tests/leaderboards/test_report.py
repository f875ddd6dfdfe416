"""The report: true to its records, plain to read, one file that asks nobody for anything."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bench.contracts.threat_models import ThreatModel
from bench.evaluation.runs import read_entries, read_results
from bench.scoring.bells import BELLS, Ring
from bench.scoring.inference.estimates import Estimate
from bench.scoring.record_files.names import Setting
from bench.scoring.records import Store, pooled_rows
from benchmarks.made_records import MadeUp
from leaderboards.report.build import report_page, write_report
from leaderboards.report.sentences import attack_in_words, result, speakers_in_words
from leaderboards.report.warnings import WARNINGS, warning
from tests.leaderboards.browser import CHROMIUM, Browser
from tests.leaderboards.made_site import ESCAPE, HOSTILE, SCRIPT

SEX = {"female": ["s0", "s2", "s4"], "male": ["s1", "s3", SCRIPT]}
RUN = MadeUp(
    {SCRIPT: 0.7},
    {"none": 0.0},
    ["boundary", "reverb"],
    folds=3,
    k=3,
    told={"noises": ["all", "imperceptible"], "corpus": ESCAPE, "found": {"people": {"sex": SEX}}},
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return RUN.write(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def page(run: Path) -> str:
    return report_page(read_results([run]), read_entries([run]))


def text_of(page: str) -> str:
    """What somebody reads."""
    body = re.sub(r"<(style|svg|head)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def test_the_result_is_what_can_be_counted_in_the_records(run: Path, page: str) -> None:
    rows = pooled_rows(cell for cell in Store(run).cells() if cell.description.attack_base == "boundary")
    clean = rows[rows["query"] == 0]
    right = set(clean["utterance"][clean["label_true"] == clean["label_before"]])
    for counted, by in ((rows["accepted"], "by noise more"), (rows["accepted"] & rows["imperceptible"], "by changes")):
        fell = right & set(rows["utterance"][counted])
        share = round(100 * len(fell) / len(right))
        said = f"Of 100 utterances that it recognises, about {share} are answered wrongly after at most 3 attempts {by}"
        assert said in text_of(page)
    assert f"it recognises {round(100 * len(right) / len(clean))} of 100 utterances" in text_of(page)


def test_it_says_whom_and_how(page: str) -> None:
    said = text_of(page)
    for words in (
        "24 utterances by 6 speakers",
        "The attacker knows nothing beforehand and is told only whether the label changed.",
        "The utterance as it sounds in a room",
        "By emotion",
        "By sex",
        "What the figures do not say",
        "bench report RUN --out report.html",
        "2 attacks were run",
    ):
        assert words in said, words
    assert re.search(r"female 3 12 \d\.\d\d \[", said)
    assert re.search(r"\(not told\) 1 4 \d\.\d\d \[", said)


def test_one_file_without_a_script_or_an_address(page: str) -> None:
    assert not re.search(r"""(?i)<script|<link rel="stylesheet|\bsrc=|@import|url\(|https?:|javascript:""", page)
    (style,) = re.findall(r"<style>(.*?)</style>", page, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in html.unescape(page)
    assert not any(name in page for name in HOSTILE), "names are text, and written out"
    assert "&lt;script&gt;document" in page
    assert page.count("<html") == 1
    assert len(re.findall(r' id="', page)) == len(set(re.findall(r' id="([^"]+)"', page)))


def test_the_same_records_give_the_same_bytes(run: Path, page: str, tmp_path: Path) -> None:
    assert write_report(read_results([run]), read_entries([run]), tmp_path / "r.html").read_text() == page


def test_every_bell_has_a_warning_of_its_own() -> None:
    assert {*WARNINGS} == {bell.name for bell in BELLS}
    assert len({warning(Ring(bell, 1.0, "it rings")) for bell in BELLS}) == len(BELLS)


def test_sentences_claim_no_more_than_their_figures() -> None:
    assert result(None, 5, "all", 10.0).startswith("It recognises none")
    few = result(Estimate(0.001, 0.0, 0.011, 900), 1, "additive", 10.0)
    assert few.startswith("Of 100 utterances that it recognises, fewer than 1 are answered wrongly after one attempt ")
    assert few.endswith("(95 % interval: 0 to 2).")
    assert "12.5 dB" in result(Estimate(0.5, 0.4, 0.6, 9), 5, "all", 12.5)
    assert "tenth" not in attack_in_words(ThreatModel(), 5, 12.5)


def test_it_never_calls_those_strangers_that_it_has_met() -> None:
    setting = Setting("emodb", "esc50", "ahsn", "k-fold", None)
    assert speakers_in_words(setting).startswith("Nobody in the test")
    assert speakers_in_words(setting, ["trained-on"]).startswith("It was trained on some")
    assert "may be among" in speakers_in_words(replace(setting, split="random-blocks"))


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    found = Browser(tmp_path_factory.mktemp("profile"))
    yield found
    found.close()


@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium to open the page with")
def test_a_browser_shows_it_from_a_file(browser: Browser, page: str, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(page, encoding="utf-8")
    for width, dark in ((1280, False), (360, True)):
        browser.size(width, dark=dark)
        browser.go(file)
        assert browser.run("document.documentElement.scrollWidth") <= width
        colour = browser.run("getComputedStyle(document.body).backgroundColor")
        assert colour == ("rgb(20, 23, 27)" if dark else "rgb(255, 255, 255)"), "the style sheet is let in"
        assert browser.run("document.querySelector('figure svg polygon').getBoundingClientRect().height") > 10
    assert {one.partition(":")[0] for one in browser.requests} <= {"file", "data", "about"}
    assert browser.errors == []
    assert browser.run("document.title").startswith("Robustness report: <script>")
