"""Effects one after the other, as one attack."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from bench.contracts.attacks import Answer
from bench.contracts.composition import Composed, composed, parts_of
from bench.contracts.perception import p1
from bench.contracts.recipes import Effect, Overlay
from bench.contracts.registry import Registry
from bench.contracts.variants import variants_of
from bench.core.errors import UsageError
from bench.core.heard import Heard
from bench.core.types import Utterance
from bench.referee.judgement import energy64, measured_snr_db, verdict_on
from bench.referee.search import AttackRun, Candidate, Search
from bench.testing import check_attack, sample_tools, sample_utterances

REGISTRY = Registry.discover()
SAID = sample_utterances(1)[0]


def build(text: str) -> Composed:
    return REGISTRY.build("attacks", text)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a", ("a",)),
        ("a+b+c", ("a", "b", "c")),
        ("a+b:x=1+2", ("a", "b:x=1+2")),
        ("a:x=1 + b", ("a:x=1", "b")),
        ("a:x=1+2 + b+c:y=3", ("a:x=1+2", "b", "c:y=3")),
        ("boundary:signals=fade_in+fade_out", ("boundary:signals=fade_in+fade_out",)),
    ],
)
def test_where_a_spec_is_cut(text: str, parts: tuple[str, ...]) -> None:
    assert parts_of(text) == parts
    assert parts_of(composed(parts)) == parts


def asked(text: str, said: Utterance = SAID, answers: Sequence[bool] = ()) -> list[Candidate]:
    """The candidates of a search, as the referee renders them."""
    component = REGISTRY.component("attacks", text)
    search = Search(AttackRun(component.object, component.spec, sample_tools(), 0), said, label_before=0)
    found = []
    for fooled in (*answers, None):
        if search.candidate is not None:
            found.append(search.candidate)
            if fooled is not None:
                search.answer(Answer(fooled))
    return found


def test_parts_are_applied_in_their_order() -> None:
    (both,), (sound,), (words,) = asked("mask_nouns+fade_in"), asked("fade_in"), asked("mask_nouns")
    assert torch.equal(both.utterance.waveform, sound.utterance.waveform)
    assert both.utterance.transcript == words.utterance.transcript != SAID.transcript
    assert (both.rendered.done.name, both.rendered.done.category) == ("mask_nouns+fade_in", "text+signal")


def test_it_applies_where_all_parts_do() -> None:
    assert not asked("fade_in+mask_nouns", replace(SAID, transcript=None, words=None))


def test_nobody_was_asked_about_a_composition() -> None:
    for text, counts in (("fade_in+reverb", True), ("drop_words+pitch", True), ("fade_in+mask_nouns", True)):
        (candidate,) = asked(text)
        heard = Heard.of(SAID)
        verdict = verdict_on(heard, candidate.rendered, candidate.recipe, 12.0, p1(), 10.0)
        assert (verdict.imperceptible, verdict.within_rules) == (False, counts)


@pytest.mark.parametrize("text", ["speed_segment+environmental:snr_db=-20", "environmental:snr_db=-20 + speed_segment"])
def test_a_sound_over_a_lengthened_utterance_is_measured_against_it(text: str) -> None:
    """It was accepted 64 times of 64, as imperceptible."""
    (candidate,) = asked(text)
    heard = Heard.of(SAID)
    snr_db = float(measured_snr_db(SAID.waveform, candidate.rendered, energy64(SAID.waveform)))
    assert snr_db < 0
    assert candidate.utterance.waveform.shape != SAID.waveform.shape
    verdict = verdict_on(heard, candidate.rendered, candidate.recipe, snr_db, p1(), 10.0)
    assert (verdict.snr_db, verdict.imperceptible, verdict.within_rules) == (None, False, False)


def test_a_search_goes_on_with_effects_before_and_after_it() -> None:
    with_effects = asked("fade_in+boundary+drop_words", answers=[True, True, True])
    levels = []
    for candidate in with_effects:
        first, second, last = candidate.recipe.parts
        assert isinstance(first, Effect)
        assert isinstance(second, Overlay | Effect)
        assert isinstance(last, Effect)
        assert (first.spec, last.spec) == ("fade_in", "drop_words")
        assert candidate.recipe.parts[::2] == with_effects[0].recipe.parts[::2], "they are drawn once"
        levels += [second.snr_db] if isinstance(second, Overlay) else []
    assert set(levels) <= {0.0, 10.1, 20.0}
    check_attack(build("boundary:categories=natural + fade_in"), budgets=(1, 5))


def test_a_composition_conforms() -> None:
    assert build("fade_in+reverb").names == ("fade_in", "reverb")
    assert len(asked("pitch_semitone+mask_nouns", answers=[False, False])) == 1
    check_attack(build("fade_in+environmental:snr_db=10"), budgets=(1, 5))


def test_a_second_search_is_refused() -> None:
    with pytest.raises(UsageError, match=r"boundary:step_db=2.0.*a second search"):
        build("boundary+fade_in+boundary:step_db=2")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("transfer+fade_in", "'transfer', which brings what a search has found"),
        ("unaware+fade_in", "which brings what a search has found"),
        ("fade_in+adaptive", "'adaptive', which searches with a copy of the defence"),
        ("aware+fade_in", "which searches with a copy of the defence"),
    ],
)
def test_what_holds_a_search_is_refused(text: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        build(text)


def test_a_plugin_composes_once_it_says_that_it_asks_once(tmp_path: Path) -> None:
    lines = [
        "from dataclasses import dataclass, replace",
        "from bench import Perturbation, Traits",
        "@dataclass(frozen=True)",
    ]
    lines += ["class Softer:", "    def search(self, original, tools, rng):"]
    lines += ["        done = Perturbation('softer', 'signal', '')"]
    lines += ["        yield replace(original, waveform=original.waveform / 2, perturbation=done)"]
    lines += ["COMPONENTS = {'attacks': {'softer': Softer}}"]
    (tmp_path / "mine.py").write_text("\n".join(lines))
    with pytest.raises(UsageError, match=r"'softer', which does not say that it asks once.*asks_once=True"):
        Registry.discover([tmp_path / "mine.py"]).build("attacks", "boundary+softer")
    (tmp_path / "said.py").write_text("\n".join([*lines[:4], "    traits = Traits(asks_once=True)", *lines[4:]]))
    both = Registry.discover([tmp_path / "said.py"]).build("attacks", "softer+fade_in")
    (alone,) = asked("fade_in")
    found = Search(AttackRun(both, "softer+fade_in", sample_tools(), 0), SAID, label_before=0).candidate
    assert found is not None
    assert torch.allclose(found.utterance.waveform, alone.utterance.waveform / 2)
    assert found.rendered.done.name == "samples+fade_in", "the name that it declares is not believed"


def test_specs_are_canonical() -> None:
    (variant,) = variants_of(
        "pitch:factor=0.75 + fade_in:percent_per_s=2", build("pitch:factor=0.75 + fade_in"), "both", "both"
    )
    assert (variant.attack, variant.corr, variant.noises) == (
        "pitch:factor=0.75 + fade_in",
        False,
        ("all", "additive", "imperceptible"),
    )


def test_a_run_of_a_composition(bench_here: Callable, tiny_job: Callable, tmp_path: Path) -> None:
    import json

    done = bench_here(*tiny_job(attack="fade_in+reverb", k="1", out=tmp_path / "run", json="-"))
    assert done.code == 0, done.err
    (cell,) = json.loads(done.out)["cells"]
    assert cell["attack"] == "fade_in+reverb"
    assert cell["perturbed"]["applied"] == cell["perturbed"]["of"] == 16
    assert bench_here(*tiny_job(attack="fade_in+fade_inn", out=tmp_path / "other")).code == 2
