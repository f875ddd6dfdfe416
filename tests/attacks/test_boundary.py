"""The boundary attack's moves, told step by step what it did."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from attacks.boundary import Boundary
from bench import Answer, Effect, Heard, Overlay, Recipe, UsageError, keyed
from bench.perturbations.rendering import Renderer
from bench.referee.judgement import energy64, measured_snr_db, verdict_on
from bench.testing import attacked, sample_tools, sample_utterances

ORIGINAL = sample_utterances(1, each=1)[0]
Asked = list[Recipe]
TOOLS = sample_tools()


def played(attack: Boundary, fooled: Callable[[int, Recipe], bool], most: int = 25, **known: object) -> Asked:
    """The recipes of a search whose every question is answered by `fooled(number, recipe)`, judged as the referee does.

    What does not apply is not counted.
    """
    tools = replace(TOOLS, **known)  # type: ignore[arg-type]
    original = Heard.of(ORIGINAL)
    rendering = Renderer(tools.noises, tools.component).of(original)
    search = attack.search(original, tools, keyed(1))
    asked: Asked = []
    try:
        recipe = next(search)
        while len(asked) < most:
            rendered = rendering.rendered(recipe)
            if rendered is None:
                recipe = search.send(Answer(fooled=False, applied=False))
                continue
            asked.append(recipe)
            snr = float(measured_snr_db(original.waveform, rendered, energy64(original.waveform)))
            verdict = verdict_on(original, rendered, recipe, snr, tools.perception, tools.min_snr_db)
            recipe = search.send(Answer(fooled(len(asked), recipe), counts=verdict.within_rules))
    except StopIteration:
        pass
    return asked


def only(recipe: Recipe) -> Overlay | Effect:
    (part,) = recipe.parts
    assert isinstance(part, Overlay | Effect)
    return part


def levels(asked: Sequence[Recipe]) -> list[float]:
    return [part.snr_db for part in map(only, asked) if isinstance(part, Overlay)]


def clips(asked: Sequence[Recipe]) -> list[str]:
    return [part.clip for part in map(only, asked) if isinstance(part, Overlay)]


def categories(asked: Sequence[Recipe]) -> list[str]:
    return [TOOLS.noises.clip(clip).category for clip in clips(asked)]


SOUNDS = ("natural", "human", "interior")


def kinds(asked: Sequence[Recipe]) -> list[str]:
    """The noise type of each: "natural/start" where it fades out."""
    parts = [part for part in map(only, asked) if isinstance(part, Overlay)]
    return [f"{TOOLS.noises.clip(part.clip).category}/{'start' if part.fade else 'whole'}" for part in parts]


OLDER = Boundary(categories=SOUNDS, shift="level", step_db=5.0)


def test_it_shifts_to_other_options_of_the_category_that_are_less_noisy_until_one_counts() -> None:
    def fooled(number: int, recipe: Recipe) -> bool:
        return number in (1, 4)

    asked = played(Boundary(categories=SOUNDS, step_db=5.0), fooled)
    assert levels(asked)[0] == 0.0
    assert set(levels(asked)[1:4]) <= {5.0, 10.1, 15.0, 20.0}
    assert len(set(categories(asked))) == 1
    assert len(set(map(str, asked))) == len(asked), "every option once"
    ends_there = levels(asked)[3] > 10
    assert len(asked) == 4 if ends_there else min(levels(asked)[4:]) > levels(asked)[3]


def test_options_are_sound_by_position_by_length_by_level() -> None:
    only_natural = Boundary(categories=("natural",))
    asked = played(only_natural, lambda number, recipe: number == 1, most=100)
    parts = [part for part in map(only, asked) if isinstance(part, Overlay)]
    samples = ORIGINAL.waveform.shape[-1]
    spans = [part.segment or (0, samples) for part in parts]
    lengths = {after - first for first, after in spans}
    assert lengths == {round(share * samples) for share in (0.1, 0.5, 1.0)}
    assert {part.fade for part in parts} == {"", "out"}
    assert all(first == 0 for part, (first, _) in zip(parts, spans, strict=True) if part.fade)
    softer = [part for part in parts if part.snr_db > 0]
    assert len(softer) == 2 * 2 * 3 * 2, "two test clips, two positions, three lengths, two levels"
    assert len(parts) == 1 + len(softer), "then all is used up"


@pytest.mark.parametrize("shift", ["options", "level"])
@pytest.mark.parametrize("step_db", [2.0, 5.0, 10.0, 2.49])
def test_nothing_is_asked_where_rounding_would_decide(shift: str, step_db: float) -> None:
    attack = Boundary(shift=shift, step_db=step_db)  # type: ignore[arg-type]
    asked = played(attack, lambda number, recipe: "overlay" in str(recipe), most=60)
    assert levels(asked)[0] == 0.0
    assert all(abs(level - 10) > 0.05 for level in attack.levels(10.0))
    assert 10.1 in attack.levels(10.0)
    assert all(level in attack.levels(10.0) for level in levels(asked))
    assert Boundary(start_snr_db=12.0).levels(10.0) == [12.0]
    assert Boundary(start_snr_db=10.0).levels(10.0) == [10.1, 20.0]


def test_the_older_reading_keeps_the_sound_and_takes_it_softer_to_just_above_the_threshold() -> None:
    asked = played(OLDER, lambda number, recipe: True)
    assert levels(asked) == [0.0, 5.0, 10.1]
    assert len(set(clips(asked))) == 1
    failing = played(OLDER, lambda number, recipe: number == 1, most=3)
    assert levels(failing) == [0.0, 5.0, 5.0]
    assert len(set(categories(failing))) == 1
    assert clips(failing)[1] == clips(failing)[0] != clips(failing)[2]
    left = played(OLDER, lambda number, recipe: number == 1)
    assert categories(left)[0] not in categories(left)[3:]
    assert levels(left)[3:] == [0.0] * 4, "a category used up is left for another"


def test_where_the_label_does_not_change_sounds_of_any_category_are_tried_at_the_lowest_snr() -> None:
    asked = played(Boundary(categories=SOUNDS), lambda number, recipe: False, most=100)
    assert set(levels(asked)) == {0.0}
    assert set(categories(asked)) == set(SOUNDS)
    assert len(set(map(str, asked))) == len(asked) == 3 * 2 * 2 * 3


def test_an_effect_that_cannot_count_is_no_home() -> None:
    asked = played(Boundary(signals=("pitch",)), lambda number, recipe: "effect" in str(recipe), most=100)
    assert len(set(categories([one for one in asked if isinstance(only(one), Overlay)]))) == 3


LOSS = {"natural/start": 0.1, "human/whole": 0.4, "human/start": 0.0, "interior/whole": 0.2, "natural/whole": 0.3}


def test_an_informed_attacker_may_use_up_the_worst_noise_type_first() -> None:
    worst = Boundary(categories=SOUNDS, corr=True, corr_policy="worst_first")
    asked = kinds(played(worst, lambda number, recipe: False, most=24, degradation=LOSS))
    assert list(dict.fromkeys(asked)) == ["human/whole", "natural/whole", "interior/whole", "natural/start"]
    assert asked == sorted(asked, key=lambda kind: -LOSS[kind])


def test_or_go_to_the_next_after_each_failure() -> None:
    turns = Boundary(categories=SOUNDS, corr=True, corr_policy="worst_first_until_it_fails")
    asked = kinds(played(turns, lambda number, recipe: False, most=12, degradation=LOSS))
    assert asked[:4] == ["human/whole", "natural/whole", "interior/whole", "natural/start"]
    assert asked[6:10] == asked[:4]


def test_or_draw_in_proportion_to_the_harm() -> None:
    drawn = Boundary(categories=SOUNDS, corr=True)
    asked = kinds(played(drawn, lambda number, recipe: False, most=20, degradation=LOSS))
    assert "human/start" not in asked, "what does no harm is not drawn while something else does"
    assert len(set(asked)) >= 3
    firsts = Boundary(categories=SOUNDS, corr=True)
    drawn_first = []
    for number in range(60):
        search = firsts.search(Heard.of(ORIGINAL), replace(TOOLS, degradation=LOSS), keyed(number))
        drawn_first += kinds([next(search)])
    assert drawn_first.count("human/whole") > 2 * drawn_first.count("natural/start")
    harmless = dict.fromkeys(LOSS, -0.1)
    assert len(set(kinds(played(drawn, lambda *_: False, most=20, degradation=harmless)))) == 6


def test_all_noises_have_effects_that_people_hear_and_imperceptible_ones_have_not() -> None:
    def effects(noises: str) -> set[str]:
        attack = Boundary(categories=("signal",), noises=noises)  # type: ignore[arg-type]
        asked = played(attack, lambda number, recipe: False)
        return {part.spec.partition(":")[0] for part in map(only, asked) if isinstance(part, Effect)}

    same = {"speed_segment", "fade_in", "fade_out", "drop_words", "drop_letters", "reverb"}
    assert effects("all") == same | {"filler", "laugh", "cry", "speed_utterance", "pitch"}, "P1's ten synthetic noises"
    assert effects("imperceptible") == same
    assert effects("additive") == same | {"pitch"}, "the others that people hear change the length"


def test_an_effect_within_the_rules_ends_the_search_and_one_beyond_them_does_not() -> None:
    def one(effect: str) -> int:
        attack = Boundary(categories=("signal",), signals=(effect, "fade_in"))
        return len(played(attack, lambda number, recipe: "fade" not in str(recipe)))

    assert one("pitch") == 2
    assert one("speed_utterance") <= 2
    assert len(played(Boundary(categories=("signal",), signals=("speed_utterance",)), lambda *_: True)) == 1


def test_the_original_snr_threshold_is_that_of_the_tools() -> None:
    asked = played(Boundary(categories=("natural",)), lambda number, recipe: True, min_snr_db=20.0)
    assert levels(asked)[-1] == pytest.approx(20.1, abs=0.05)
    assert 20.0 not in levels(asked)


WRONG = (
    *({"step_db": 0.0}, {"step_db": -1.0}, {"step_db": math.inf}),
    *({"start_snr_db": -5e3}, {"start_snr_db": math.inf}, {"categories": ()}),
)


@pytest.mark.parametrize("wrong", WRONG)
def test_parameters_that_make_no_sense_are_named(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        Boundary(**wrong)  # type: ignore[arg-type]


def test_told_to_keep_the_length_it_asks_for_nothing_else_and_asks_all_that_does() -> None:
    asked = played(Boundary(noises="additive"), lambda number, recipe: False, most=40)
    effects = [part.spec for part in map(only, asked) if isinstance(part, Effect)]
    rendering = Renderer(TOOLS.noises, TOOLS.component).of(Heard.of(ORIGINAL))
    for spec in effects:
        rendered = rendering.rendered(Recipe(Effect(spec, 1)))
        kept = rendered is not None and rendered.heard.waveform.shape == ORIGINAL.waveform.shape
        assert kept or TOOLS.perception.is_imperceptible(spec), spec
    assert "pitch" in {spec.partition(":")[0] for spec in effects}
    assert set(categories([one for one in asked if isinstance(only(one), Overlay)])) == set(SOUNDS)
    tools = replace(TOOLS, max_queries=25)
    informed = Boundary(noises="additive", signals=("laugh", "pitch"))
    probes = [informed.probe(Heard.of(ORIGINAL), kind, tools, keyed(0)) for kind in ("laugh", "pitch")]
    assert probes[0] is None, "what it would not ask is no probe"
    assert probes[1] is not None


def test_probes_are_first_moves_of_each_noise_type() -> None:
    attack = Boundary(corr=True)
    for kind in attack.noise_types[:6]:
        probe = attack.probe(Heard.of(ORIGINAL), kind, TOOLS, keyed(kind))
        assert probe is not None
        assert (kinds([probe]), levels([probe])) == ([kind], [0.0])
    assert len(attack.noise_types) == 6 + 14


def test_every_success_of_an_additive_search_is_additive() -> None:
    wins = [row for row in attacked(Boundary(noises="additive"), 25) if row.accepted]
    assert wins
    assert all(row.additive for row in wins)


def test_through_the_referee_its_successes_are_above_the_threshold() -> None:
    rows = [row for row in attacked(Boundary(noises="imperceptible"), 25) if row.query]
    wins = [row for row in rows if row.accepted]
    assert wins
    assert all(row.imperceptible and (row.snr_db is None or row.snr_db > 10) for row in wins)
    assert {row.perturbation for row in wins if row.snr_db is None} <= {"drop_words", "drop_letters", "speed_segment"}
    for row in wins:  # and it ends there
        assert row.query == max(other.query for other in rows if other.utterance == row.utterance)
