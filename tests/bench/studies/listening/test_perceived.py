"""Majority, agreement, and the table that `--perception` reads."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from bench.contracts.perception import read_perception
from bench.studies.listening.perceived import findings, write_perception
from bench.studies.listening.raters import Rating, Study, read_study
from bench.studies.listening.study import Pair


def study(*effects: str, each: int = 10, checks: int = 2, speakers: int = 10) -> Study:
    names = [(effect, effect.partition(":")[0], False) for effect in effects for _ in range(each)]
    names += [("", "", True)] * checks
    pairs = [
        Pair(f"{n:03d}", effect, noise, f"u{n}", f"s{n % speakers}", check)
        for n, (effect, noise, check) in enumerate(names)
    ]
    return Study("digest", {pair.pair: pair for pair in pairs})


def said(rater: str, of: Study, different: Iterable[str] = ()) -> list[Rating]:
    wanted = set(different)
    return [Rating(rater, pair, {"activation": pair in wanted, "valence": False}) for pair in of.pairs]


def of_effect(of: Study, effect: str) -> list[str]:
    return [pair.pair for pair in of.pairs.values() if pair.effect == effect and not pair.check]


def test_the_majority_counts() -> None:
    of = study("pitch", "reverb")
    pitched = of_effect(of, "pitch")
    answers = [*said("a", of, pitched[:6]), *said("b", of, pitched[:4]), *said("c", of, pitched[3:5])]
    found = findings(of, answers)
    pitch, reverb = found.changed
    assert pitch.shares["activation"].value == pytest.approx(0.5), "two of three for the first five"
    assert reverb.shares["activation"].value == 0
    assert (pitch.perceptible, reverb.perceptible) == (True, False)
    assert found.raters == ("a", "b", "c")


def test_the_interval_knows_whose_voices_were_heard() -> None:
    """Wilson's took pairs for independent: with 20 of each of ten speakers it held 64 to 76 % in the place of 95."""
    of = study("pitch", each=200)
    pitched = of_effect(of, "pitch")
    alike = [pair for pair in pitched if of.pairs[pair].speaker in ("s0", "s5")]
    shares = []
    for changed in (pitched[:40], alike):
        answers = [answer for rater in "abc" for answer in said(rater, of, changed)]
        shares.append(findings(of, answers).changed[0].shares["activation"])
    everybody, two = shares
    assert (everybody.value, everybody.n) == (two.value, two.n) == (0.2, 200)
    assert everybody.ci95 == pytest.approx((0.15, 0.26), abs=0.02)
    assert two.low < 0.03
    assert two.high > 0.5


def test_what_few_pairs_say_is_not_decided() -> None:
    few, voices, many = (study("reverb", each=each, speakers=of) for each, of in ((10, 10), (200, 10), (200, 50)))
    decided = [
        findings(of, [answer for rater in "abc" for answer in said(rater, of)]).changed[0].decided
        for of in (few, voices, many)
    ]
    assert decided == [False, False, True]


def test_agreement_is_of_pairs_of_raters() -> None:
    of = study("pitch", each=4, checks=0)
    first, second, *_ = of_effect(of, "pitch")
    answers = [*said("a", of, [first, second]), *said("b", of, [first]), *said("c", of, [first])]
    found = findings(of, answers)
    assert found.agreement["activation"] == pytest.approx(10 / 12), "of 12 pairs of raters two disagree"
    assert found.agreement["valence"] == 1


def test_who_hears_a_difference_where_there_is_none_is_left_out() -> None:
    of = study("pitch", each=4)
    checks = [pair.pair for pair in of.pairs.values() if pair.check]
    answers = [answer for rater in "abc" for answer in said(rater, of)]
    answers += said("d", of, [*of.pairs])
    answers += said("e", of, checks[:1])
    found = findings(of, answers)
    assert (found.careless, found.raters) == (("d",), ("a", "b", "c", "e")), "one of two checks is forgiven"
    assert found.changed[0].shares["activation"].value == 0


def test_pairs_with_few_raters_are_left_out_and_counted() -> None:
    of = study("pitch", each=4)
    answers = [*said("a", of), *said("b", of), *said("c", of)[:2]]
    found = findings(of, answers)
    assert len(found.too_few) == 2
    assert found.changed[0].shares["activation"].n == 2
    assert findings(of, answers, least_raters=2).changed[0].shares["activation"].n == 4


def test_an_even_number_of_raters_has_no_majority_at_a_tie() -> None:
    of = study("pitch", each=4)
    answers = [*said("a", of, of_effect(of, "pitch")), *said("b", of)]
    assert findings(of, answers, least_raters=2).changed[0].shares["activation"].value == 0


def test_the_table_is_what_perception_reads(tmp_path: Path) -> None:
    of = study("pitch:factor=1.25", "pitch:factor=0.75", "reverb", each=30)
    loud = of_effect(of, "pitch:factor=1.25")[:9]
    found = findings(of, [answer for rater in "abc" for answer in said(rater, of, loud)])
    write_perception(found, tmp_path / "ours.csv")
    read = read_perception(tmp_path / "ours.csv")
    assert (read.name, dict(read.perceptible)) == ("ours", {"pitch": pytest.approx(0.3)})
    assert read.imperceptible == {"reverb"}
    header, *rows = (tmp_path / "ours.csv").read_text().splitlines()
    assert header.startswith("noise,activation_changed,valence_changed,perceptible,decided,effect,n,activation_low")
    assert len(rows) == 3
    assert json.loads(json.dumps(found.to_json()))["changed"][0]["activation"]["n"] == 30


def test_from_the_page_to_the_table(bench_here: Any, tiny_corpus: Path, tiny_noises: Path, tmp_path: Path) -> None:
    """The commands, with raters who hear pitch."""
    where = [f"--corpus-root={tiny_corpus}", "--noise-bank=folder", f"--noise-root={tiny_noises}"]
    attacks = ["--attack=pitch", "--attack=gain"]
    folder = tmp_path / "study"
    said = bench_here("listen", "--study", *attacks, "--corpus=emodb", *where, "--limit=4", f"--out={folder}")
    assert said.code == 0, said.err
    assert "9 pairs, 1 of them the original twice" in said.out
    key = json.loads((folder / "study.json").read_text())
    files = []
    for rater in ("ada", "bob", "eve"):
        rows = [{"pair": pair["pair"], "activation": "different" if pair["noise"] == "pitch" else "same",
                 "valence": "same"} for pair in key["pairs"]]  # fmt: skip
        files.append(tmp_path / f"{rater}.json")
        files[-1].write_text(json.dumps({"schema": 1, "study": key["study"], "rater": rater, "answers": rows}))
    done = bench_here("perception", folder, *files, f"--to={tmp_path / 'ours.csv'}")
    assert done.code == 0, done.err
    assert len({pair["speaker"] for pair in key["pairs"]}) > 1
    assert re.search(r"pitch \(pitch\): activation changed 1.00 \[0.[0-3]\d, 1.00\]", done.out)
    assert "agreement on activation: 100% of pairs of raters" in done.out
    assert read_perception(tmp_path / "ours.csv").imperceptible == {"gain"}
    few = bench_here("perception", folder, files[0], f"--to={tmp_path / 'none.csv'}")
    assert (few.code, (tmp_path / "none.csv").exists()) == (2, False)
    assert "no pair with 3 raters" in few.err
    for pair in key["pairs"]:
        del pair["speaker"]
    (folder / "study.json").write_text(json.dumps(key))
    before = read_study(folder).pairs.values()
    assert [pair.speaker for pair in before] == [pair.utterance for pair in before], (
        "a key of before speakers were told"
    )
