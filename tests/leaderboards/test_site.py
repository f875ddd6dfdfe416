"""The site as pure functions of records: who stands where, what a page says, and that nothing but records decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bench.contracts.threat_models import ThreatModel
from bench.core.showing.plain_text import plain_text
from bench.scoring.bells import NAMED, Ring
from bench.scoring.inference.estimates import Estimate
from bench.scoring.results import PooledScores, Results
from leaderboards.site.build import build_site
from leaderboards.site.cells import row
from leaderboards.site.entry import chosen, groups, lines
from leaderboards.site.facts import Gathered
from leaderboards.site.pages import write_file
from leaderboards.site.repeating import command
from leaderboards.site.tracks import Track, tracks
from tests.leaderboards.made_site import KS, RUN, made

Made = tuple[Results, Gathered]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return made(tmp_path_factory.mktemp("small"), replace(RUN, victims={"good": 0.95, "poor": 0.6}))


def only(results: Results, seen: dict[str, frozenset[str]] | None = None) -> Track:
    (track,) = tracks(results, seen or {})
    return track


def changed(results: Results, change: Callable[[PooledScores], PooledScores]) -> Results:
    return replace(results, pooled=tuple(map(change, results.pooled)))


def robust(entry: PooledScores, figure: float) -> PooledScores:
    scores = (replace(one, robust_accuracy=Estimate(figure, 0, 1, 16)) for one in entry.scores)
    return replace(entry, scores=tuple(scores))


def test_the_strongest_attack_that_anybody_ran_is_ranked_by(small: Made) -> None:
    figures = {("good", "boundary"): 0.2, ("good", "reverb"): 0.9, ("poor", "boundary"): 0.5, ("poor", "reverb"): 0.4}
    track = only(changed(small[0], lambda one: robust(one, figures[one.victim, one.attack])))
    standings = [one for one in track.standings if one.entry.defense == "none"]
    assert [(one.entry.victim, one.worst and one.worst.scores.attack) for one in standings] == [
        ("poor", "reverb"),
        ("good", "boundary"),
    ]


def test_ties_are_shown_as_ties_and_open_ranks_are_open(small: Made) -> None:
    track = only(changed(small[0], lambda one: robust(one, 0.5 if one.defense == "none" else 0.25)))
    assert [(one.rank.value if one.rank else 0, one.tied) for one in track.standings] == [
        (1, True),
        (1, True),
        (3, True),
        (3, True),
    ]
    assert {(one.rank.low, one.rank.high) for one in track.standings if one.rank} == {(1, 4)}


def test_bells_move_an_entry_under_whichever_attack_they_ring(small: Made) -> None:
    def rung(one: PooledScores) -> PooledScores:
        name = {"good": "constant-answer", "poor": "chance-level"}[one.victim] if one.attack == "reverb" else ""
        here = name and (one.victim, one.defense) in (("good", "none"), ("poor", "noise_augmentation"))
        return replace(one, bells=(Ring(NAMED[name], 1.0, "it rings"),) if here else ())

    found = only(changed(small[0], rung)).standings
    assert (found[-1].entry.name, found[-1].rank) == ("good", None)
    assert found[-2].entry.name == "poor under noise_augmentation"
    assert found[-2].rank is not None


def test_attacks_seen_and_unseen_by_a_defence_stand_apart(small: Made) -> None:
    track = only(small[0], {"noise_augmentation": frozenset({"reverb"})})
    for one in track.standings:
        seen, unseen = one.worst_of(seen=True), one.worst_of(seen=False)
        assert unseen is not None
        assert unseen.scores.attack == "boundary" or one.entry.defense == "none"
        assert (seen is not None and seen.scores.attack) == (one.entry.defense != "none" and "reverb")


def test_what_a_defence_has_seen_is_read_from_its_description(tmp_path: Path) -> None:
    told = {"spec": "noise_augmentation", "code": "d", "made_of": [{"spec": "boundary:step_db=2"}, {"spec": "reverb"}]}
    run = replace(RUN, victims={"good": 0.9}, defenses={"noise_augmentation": 0.1}, folds=1)
    fitting = next(run.cells())[0]["fitting"] | {"defense": told}
    gathered = made(tmp_path, replace(run, told={"fitting": fitting}))[1]
    assert gathered.seen() == {"noise_augmentation": {"boundary", "reverb"}}


def test_attackers_who_know_more_are_another_track(small: Made) -> None:
    def informed(one: PooledScores) -> PooledScores:
        scores = (*one.scores, *(replace(score, corr=True) for score in one.scores))
        return replace(one, scores=scores) if one.attack == "boundary" else one

    found = tracks(changed(small[0], informed), {})
    assert {one.name.granted.knows: one.attacks for one in found} == {
        ("noise-harm",): ("boundary",),
        (): ("boundary", "reverb"),
    }
    louder = changed(small[0], lambda one: replace(one, threat_model=ThreatModel(answers="label")))
    assert only(louder).name != only(small[0]).name


def test_an_entry_says_which_utterances_fell_and_at_which_query(small: Made) -> None:
    track = only(small[0])
    entry = next(one for one in track.entries if one.name == "good")
    facts = small[1].by_entry()[track.name, entry.who]
    found = lines(facts, ["boundary", "reverb"], "all")
    assert len(found) == 16
    cells = chosen(facts, "boundary", "all")
    for k in KS:
        fell = sum(0 < one.fell[0][0] <= k for one in found)
        score = entry.attacked(k, "all")
        by_name = {one.scores.attack: one.score.acc_att.value for one in score}
        assert fell / 16 == by_name["boundary"]
        for by in ("truths", "speakers"):
            rows = groups(cells, "all", k, lambda cell, by=by: list(vars(cell.fates)[by]))
            assert sum(one.n for one in rows) == 16
            kept = sum(one.n * one.robust for one in rows) / 16
            assert kept == pytest.approx(
                next(one.score.robust_accuracy.value for one in score if one.scores.attack == "boundary")
            )


def test_a_search_of_fewer_queries_than_others_is_told_as_one(small: Made) -> None:
    """Who asks once alone stands first where others were asked as often as is allowed."""

    def lazily(one: PooledScores) -> PooledScores:
        few = tuple(score for score in one.scores if score.k == 1)
        return replace(one, scores=few) if one.victim == "good" else one

    track = only(changed(small[0], lazily))
    told = {(one.entry.victim, row(track, one, KS[-1])["attack"]) for one in track.views[KS[-1], "all"]}
    assert ("good", ("boundary", f"1 of {KS[-1]} queries")) in told
    assert {beside for victim, (_, beside) in told if victim == "poor"} == {""}


def test_the_command_repeats_the_entry(small: Made) -> None:
    track = only(small[0])
    entry = next(one for one in track.entries if one.defense != "none")
    hostile = replace(entry, victim="a; rm -rf ~")
    words = command(track, entry)
    assert words.startswith("bench run --victim good --defense noise_augmentation --attack boundary --attack reverb ")
    assert "--corpus emodb --corpus-root FOLDER --noise-bank esc50 --noise-root FOLDER" in words
    assert words.endswith("--task ahsn --split k-fold --fold 0,1 --seeds 0 --k 1,3,6 --enrol paper")
    assert "--victim 'a; rm -rf ~'" in command(track, hostile)


def test_the_command_says_by_which_rules(small: Made) -> None:
    def otherwise(one: PooledScores) -> PooledScores:
        rests_on = replace(one.rests_on, enrolment="paper", perception="ours (1a2b3c4d)")
        return replace(one, rests_on=rests_on, threat_model=ThreatModel(target="neutral"))

    track = only(changed(small[0], otherwise))
    words = command(track, track.entries[0])
    assert words.endswith(" --enrol paper --target neutral --perception FILE")


def test_the_same_records_give_the_same_site(small: Made, tmp_path: Path, tree: Callable) -> None:
    build_site(*small, tmp_path / "one")
    build_site(*small, tmp_path / "two")
    assert tree(tmp_path / "one") == tree(tmp_path / "two")
    names = {path.relative_to(tmp_path / "one").parts[0] for path in (tmp_path / "one").rglob("*") if path.is_file()}
    assert names >= {"index.html", "site.css", "site.js", "tracks", "entries"}


def test_the_first_page_says_how_many_of_how_many_it_shows(small: Made, tmp_path: Path) -> None:
    four, two = small[0], replace(small[0], pooled=tuple(one for one in small[0].pooled if one.defense == "none"))
    for results, said in ((four, "First three of 4 at k = 6"), (two, "All that there are, at k = 6")):
        build_site(results, small[1], tmp_path / said)
        assert f"<caption>{said}</caption>" in (tmp_path / said / "index.html").read_text()


def test_nothing_to_show(tmp_path: Path) -> None:
    build_site(Results(), Gathered(), tmp_path)
    assert "nothing to rank" in (tmp_path / "index.html").read_text()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("a\u202eb", r"a\u202eb"),
        ("\x1b[31m", r"\x1b[31m"),
        ("\x85\u200b", r"\x85\u200b"),
        ("ü 音 ✓", "ü 音 ✓"),
    ],
)
def test_what_would_act_on_other_text_is_written_out(text: str, shown: str) -> None:
    assert plain_text(text) == shown


def test_a_page_that_is_the_same_already_stays(tmp_path: Path) -> None:
    """But a link to such a page does not, nor one of the same length."""
    page, other = tmp_path / "page.html", tmp_path / "other.html"
    write_file(page, "né")
    before = page.stat().st_ino
    assert write_file(page, "né".encode()).stat().st_ino == before
    assert write_file(page, "nà").read_text(encoding="utf-8") == "nà"
    other.symlink_to(page)
    assert not write_file(other, "nà").is_symlink()
    assert other.read_text(encoding="utf-8") == "nà"


def test_seeds_that_are_not_the_first_stand_in_the_line(small: Made) -> None:
    """Who chose one may have chosen the luckiest."""

    def people(*seeds: int) -> set[str]:
        track = only(changed(small[0], lambda one: replace(one, seeds=seeds)))
        return {row(track, standing, track.ks[-1])["n"][1].partition("speakers")[2] for standing in track.standings}

    assert people(0) == people(0, 1) == {""}
    assert people(977) == {", seed 977"}
    assert people(1, 2, 3, 4) == {", seeds 1, 2, 3 …"}
