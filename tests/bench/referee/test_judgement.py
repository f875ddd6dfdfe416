"""The referee's judgement is one: what a page for listeners says of a candidate is what the referee's row says."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from bench.audio.signal import snr_db
from bench.contracts.perception import p1
from bench.contracts.recipes import Effect, Overlay, Recipe, Samples, Words
from bench.contracts.registry import Registry
from bench.core.heard import Heard
from bench.core.types import Dataset, Utterance
from bench.evaluation.cell.experiment import Experiment
from bench.evaluation.plans.options import Options
from bench.perturbations.rendering import Renderer
from bench.referee.judgement import Verdict, energy64, fooled, measured_snr_db, verdict_on
from bench.referee.referee import Referee
from bench.referee.search import AttackRun
from bench.studies.listening.examples import listen
from bench.studies.listening.page import facts
from bench.testing import CPU, TASK, ContraryVictim, sample_noises, sample_tools, sample_utterances

SPOKEN = sample_utterances(1)[0]
SILENT = replace(SPOKEN, id="silent", waveform=torch.zeros(1_600))
WORDS_ALONE = replace(SPOKEN, id="words", waveform=torch.zeros(0), words=None)
PLUGIN = '''
from dataclasses import dataclass, replace
from bench import Perturbation


@dataclass(frozen=True)
class Mine:
    """Whatever its spec says."""

    what: str
    name: str

    def search(self, original, tools, rng):
        sound = original.waveform
        made = {
            "same": sound.clone(),
            "louder": sound * 3,
            "beyond": sound * 1e6,
            "softer": sound * 0.8,
            "hum": sound + 0.1,
            "shorter": sound[: max(1, len(sound) // 2)],
            "longer": sound.repeat(2),
        }[self.what]
        yield replace(original, waveform=made, perturbation=Perturbation(self.name, "signal"))


COMPONENTS = {"attacks": {"mine": Mine}}
'''


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    file = tmp_path_factory.mktemp("plugin") / "mine.py"
    file.write_text(PLUGIN)
    return Registry.discover([file])


@pytest.mark.parametrize("name", ["fade_in", "speed_utterance", "hum"])
@pytest.mark.parametrize("what", ["same", "louder", "beyond", "softer", "hum", "shorter", "longer"])
def test_the_page_says_what_the_row_says(registry: Registry, what: str, name: str) -> None:
    """SNR, imperceptibility and acceptance of the same candidates: of speech, of silence, of words alone."""
    said_the_same(registry, f"mine:what={what},name={name}", [SPOKEN, SILENT, WORDS_ALONE])


@pytest.mark.parametrize("spec", ["fade_in", "speed_segment", "pitch", "environmental", "mask_nouns", "fade_in+reverb"])
def test_the_page_says_of_recipes_what_the_row_says(registry: Registry, spec: str) -> None:
    said_the_same(registry, spec, sample_utterances(1))


def said_the_same(registry: Registry, spec: str, utterances: list[Utterance]) -> None:
    experiment = Experiment(registry, Dataset("sample", tuple(utterances), "f"), sample_noises(), CPU)
    (effect,) = listen(experiment, [spec], utterances, Options(victims=("none",), attacks=(spec,)))
    tools = replace(sample_tools(25), perception=experiment.perception, min_snr_db=experiment.min_snr_db)
    run = AttackRun(registry.build("attacks", spec), spec, tools, 0, utterances)
    judged = {row.utterance: row for row in Referee(ContraryVictim(), TASK, CPU).run(run, utterances) if row.query == 1}
    assert list(judged) == [example.original.id for example in effect.examples] == [one.id for one in utterances]
    for example in effect.examples:
        row, said = judged[example.original.id], dict(facts(example, experiment.perception))
        assert example.verdict.snr_db == row.snr_db
        assert example.verdict.imperceptible == row.imperceptible
        assert row.accepted == (fooled(row.label_before, row.label_after) and example.verdict.within_rules)
        assert said["would count"].startswith("yes" if example.verdict.within_rules else "no")
        assert said["heard by people"].startswith("imperceptible") == row.imperceptible
        if row.snr_db is not None and math.isfinite(row.snr_db):
            assert said["SNR"] == f"{row.snr_db:.2f} dB".replace("-", "−")


def judge(recipe: Recipe, said: Utterance = SPOKEN, min_snr_db: float = 10.0) -> Verdict:
    """The verdict on a recipe, as it is measured."""
    heard, tools = Heard.of(said), sample_tools()
    rendered = Renderer(tools.noises, tools.component).of(heard).rendered(recipe)
    assert rendered is not None
    measured = float(measured_snr_db(said.waveform, rendered, energy64(said.waveform)))
    return verdict_on(heard, rendered, recipe, measured, p1(), min_snr_db)


def test_a_change_of_words_alone_has_no_snr_and_counts_under_all() -> None:
    for said in (SPOKEN, SILENT):
        verdict = judge(Recipe(Words(((0, 1, "other words"),))), said)
        assert verdict == Verdict(None, imperceptible=False, additive=False, within_rules=True)


def test_other_words_over_a_loud_sound_in_silence_are_judged_by_the_sound() -> None:
    verdict = judge(Recipe(Samples(torch.full((1_600,), 0.5)), Words(((0, 1, "other words"),))), SILENT)
    assert verdict == Verdict(-math.inf, imperceptible=False, additive=False, within_rules=False)


def test_what_is_heard_is_within_full_scale() -> None:
    heard = sample_tools().render(Heard.of(SPOKEN), Recipe(Samples(torch.tensor([-math.inf, -1.5, 0.25, 2.0]))))
    assert heard is not None
    assert heard.waveform.tolist() == [-1.0, -1.0, 0.25, 1.0]


@pytest.mark.parametrize("gain", [0.5, 0.99, 1.01])
def test_the_snr_is_that_of_the_definition(gain: float) -> None:
    verdict = judge(Recipe(Samples(SPOKEN.waveform * gain)))
    assert verdict.snr_db == pytest.approx(float(snr_db(SPOKEN.waveform, SPOKEN.waveform * gain)), abs=1e-3)
    assert verdict.snr_db == pytest.approx(-20 * math.log10(abs(gain - 1)), abs=1e-3)


def test_the_snr_at_its_edges() -> None:
    def measured(original: Utterance, waveform: torch.Tensor) -> float | None:
        return judge(Recipe(Samples(waveform)), original).snr_db

    assert measured(SPOKEN, SPOKEN.waveform) == measured(SILENT, SILENT.waveform) == math.inf
    assert measured(SILENT, SILENT.waveform + 0.1) == -math.inf
    assert measured(SPOKEN, SPOKEN.waveform[:-1]) is measured(WORDS_ALONE, WORDS_ALONE.waveform) is None
    for original in (SPOKEN, SILENT):
        for length in (len(original.waveform), len(original.waveform) - 1):
            spoilt = original.waveform[:length].clone()
            spoilt[3] = math.nan
            rendered = Renderer(sample_noises(), sample_tools().component).of(Heard.of(original))
            found = rendered.rendered(Recipe(Samples(spoilt)))
            assert found is not None
            assert math.isnan(float(measured_snr_db(original.waveform, found, energy64(original.waveform))))


@pytest.mark.parametrize(("category", "asked_about"), [("natural", True), ("laugh", False), ("cry", False)])
def test_nobody_was_asked_about_laughs_and_cries_under_speech(category: str, asked_about: bool) -> None:
    """P1 found both perceptible where they are appended; as noise under speech they counted as imperceptible."""
    sound = sample_tools().noises.of(category)[0]
    for recipe in (Recipe(Overlay(sound.id, 12.0)), Recipe(Effect(f"real_noise:category={category},epsilon=0.1", 1))):
        verdict = judge(recipe)
        assert (verdict.imperceptible, verdict.additive) == (asked_about, True)


@pytest.mark.parametrize(
    ("measured", "counts"), [(10.0, False), (10.00004, False), (10.0001, True), (math.inf, True), (-math.inf, False)]
)
def test_the_threshold_is_exclusive_and_rounded(measured: float, counts: bool) -> None:
    recipe = Recipe(Samples(SPOKEN.waveform / 2))
    rendered = Renderer(sample_noises(), sample_tools().component).of(Heard.of(SPOKEN)).rendered(recipe)
    assert rendered is not None
    verdict = verdict_on(Heard.of(SPOKEN), rendered, recipe, measured, p1(), 10.0)
    assert (verdict.within_rules, verdict.imperceptible, verdict.additive) == (counts, False, True)


@pytest.mark.parametrize(
    ("recipe", "counts", "imperceptible"),
    [
        (Recipe(Effect("speed_segment", 1)), True, True),
        (Recipe(Effect("speed_segment:rate=1.5", 1)), True, False),
        (Recipe(Effect("speed_utterance")), True, False),
        (Recipe(Effect("drop_words"), Effect("speed_segment", 1)), True, False),
        (Recipe(Effect("no_audio")), False, False),
        (Recipe(Effect("speed_segment", 1), Samples(torch.ones(99))), False, False),
        (Recipe(Samples(SPOKEN.waveform[:-1])), False, False),
        (Recipe(Effect("speed_segment", 1), Overlay("natural-1", 10.1)), True, False),
        (Recipe(Effect("speed_segment", 1), Overlay("natural-1", 9.9)), False, False),
        (Recipe(Effect("speed_segment", 1), Overlay("natural-1", 11.0), Overlay("human-1", 11.0)), False, False),
        (Recipe(Overlay("natural-1", 5.0), Effect("speed_segment", 1)), False, False),
    ],
    ids=str,
)
def test_without_an_snr_the_parts_decide(recipe: Recipe, counts: bool, imperceptible: bool) -> None:
    verdict = judge(recipe)
    assert (verdict.snr_db, verdict.within_rules, verdict.imperceptible) == (None, counts, imperceptible)
    assert verdict.additive == imperceptible, "the columns are nested"
