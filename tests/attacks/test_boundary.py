"""The boundary attack's moves, told step by step what it did."""

from __future__ import annotations

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


def test_while_the_label_stays_changed_the_same_sound_gets_softer_to_just_above_the_threshold() -> None:
    asked = played(Boundary(categories=("natural",)), lambda number, recipe: True)
    assert levels(asked) == [0.0, 5.0, 10.0, 10.1] or levels(asked) == [0.0, 5.0, 10.1]
    assert len(set(clips(asked))) == 1


def test_where_the_label_does_not_change_other_sounds_of_any_category_are_tried_at_the_lowest_snr() -> None:
    asked = played(Boundary(categories=SOUNDS), lambda number, recipe: False)
    assert set(levels(asked)) == {0.0}
    assert set(categories(asked)) == set(SOUNDS)
    assert len(set(clips(asked))) == len(asked) == 6  # two test clips a category


def test_once_the_label_has_changed_it_stays_in_the_category_and_tries_its_other_sounds_at_that_level() -> None:
    asked = played(Boundary(categories=SOUNDS), lambda number, recipe: number == 1, most=3)
    assert levels(asked) == [0.0, 5.0, 5.0]
    assert len(set(categories(asked))) == 1
    assert clips(asked)[1] == clips(asked)[0] != clips(asked)[2]


def test_a_category_used_up_is_left_for_another() -> None:
    asked = played(Boundary(categories=SOUNDS), lambda number, recipe: number == 1)
    home = categories(asked)[0]
    assert categories(asked)[:3] == [home] * 3
    assert home not in categories(asked)[3:]
    assert levels(asked)[3:] == [0.0] * 4


def test_an_informed_attacker_takes_the_worst_category_first_and_the_next_one_then() -> None:
    loss = {"natural": 0.1, "human": 0.4, "interior": 0.2}
    asked = played(Boundary(categories=SOUNDS, corr=True), lambda number, recipe: False, degradation=loss)
    assert categories(asked) == ["human"] * 2 + ["interior"] * 2 + ["natural"] * 2


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


@pytest.mark.parametrize("wrong", [{"step_db": 0.0}, {"step_db": -1.0}, {"categories": ()}])
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
    for number in range(4):
        probe = informed.probe(Heard.of(ORIGINAL), "signal", tools, keyed(number))
        assert probe is not None
        assert only(probe).spec == "pitch", "what it would not ask is no probe"  # type: ignore[union-attr]


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
