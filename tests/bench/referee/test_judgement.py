"""The referee's judgement is one: what a page for listeners says of a candidate is what the referee's row says."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
import torch

from bench.audio.signal import energy, snr_db
from bench.contracts.attacks import AttackTools
from bench.contracts.perception import p1
from bench.contracts.registry import Registry
from bench.core.types import Dataset, Perturbation, Rng, Utterance
from bench.evaluation.experiment import Experiment
from bench.evaluation.options import Options
from bench.referee.judgement import fooled, has_snr, heard, measured_snr_db, verdict_on
from bench.referee.referee import Referee
from bench.referee.search import AttackRun
from bench.studies.listening.examples import listen
from bench.studies.listening.page import facts
from bench.testing import CPU, TASK, ContraryVictim, sample_noises, sample_tools, sample_utterances

STUDIED, UNSTUDIED = Perturbation("fade_in", "signal"), Perturbation("hum", "signal")
SPED_UP = Perturbation("speed_utterance", "signal")
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


@pytest.mark.parametrize("name", [STUDIED.name, UNSTUDIED.name, SPED_UP.name])
@pytest.mark.parametrize("what", ["same", "louder", "beyond", "softer", "hum", "shorter", "longer"])
def test_the_page_says_what_the_row_says(registry: Registry, what: str, name: str) -> None:
    """SNR, imperceptibility and acceptance of the same candidates: of speech, of silence, of words alone."""
    utterances, spec = [SPOKEN, SILENT, WORDS_ALONE], f"mine:what={what},name={name}"
    experiment = Experiment(registry, Dataset("sample", tuple(utterances), "f"), sample_noises(), CPU)
    (effect,) = listen(experiment, [spec], utterances, Options(victims=("none",), attacks=(spec,)))
    tools = replace(sample_tools(25), perception=experiment.perception, min_snr_db=experiment.min_snr_db)
    run = AttackRun(registry.build("attacks", spec), spec, tools, 0)
    judged = {row.utterance: row for row in Referee(ContraryVictim(), TASK, CPU).run(run, utterances) if row.query}
    assert list(judged) == [example.original.id for example in effect.examples] == [one.id for one in utterances]
    for example in effect.examples:
        row, said = judged[example.original.id], dict(facts(example, experiment.perception))
        assert example.verdict.snr_db == row.snr_db
        assert example.verdict.imperceptible == row.imperceptible
        assert row.accepted == (fooled(row.label_before, row.label_after) and example.verdict.within_rules)
        assert said["would count"].startswith("yes" if example.verdict.within_rules else "no")
        assert said["heard by people"].startswith("imperceptible") == row.imperceptible
        if row.snr_db is None:
            assert said["SNR"].startswith("undefined")
        elif math.isfinite(row.snr_db):
            assert said["SNR"] == f"{row.snr_db:.2f} dB".replace("-", "−")


def test_text_changed_over_silence_is_judged() -> None:
    """No sample changed: infinite, whatever the original's energy; a NaN is the attack's own alone."""

    @dataclass(frozen=True)
    class Rewording:
        def search(self, original: Utterance, tools: AttackTools, rng: Rng) -> Iterator[Utterance]:
            yield replace(original, transcript="other words", perturbation=Perturbation("mask_nouns", "text"))

    rows = Referee(ContraryVictim(), TASK, CPU).run(AttackRun(Rewording(), "mine", sample_tools(3), 0), [SILENT])
    assert [row.snr_db for row in rows if row.query] == [math.inf]


def test_what_is_heard_is_within_full_scale() -> None:
    loud = replace(SPOKEN, waveform=torch.tensor([-math.inf, -1.5, 0.25, 2.0]))
    assert heard(loud).waveform.tolist() == [-1.0, -1.0, 0.25, 1.0]


@pytest.mark.parametrize("gain", [0.5, 0.99, 2.0])
def test_the_snr_is_that_of_the_definition(gain: float) -> None:
    candidate = replace(SPOKEN, waveform=SPOKEN.waveform * gain)
    measured = float(measured_snr_db(SPOKEN, candidate, energy(SPOKEN.waveform)))
    assert measured == float(snr_db(SPOKEN.waveform, candidate.waveform))
    assert measured == pytest.approx(-20 * math.log10(abs(gain - 1)), abs=1e-3)


def test_the_snr_at_its_edges() -> None:
    def measured(original: Utterance, waveform: torch.Tensor) -> float:
        return float(measured_snr_db(original, replace(original, waveform=waveform), energy(original.waveform)))

    assert measured(SPOKEN, SPOKEN.waveform) == measured(SILENT, SILENT.waveform) == math.inf
    assert measured(SILENT, SILENT.waveform + 0.1) == -math.inf
    assert measured(SPOKEN, SPOKEN.waveform[:-1]) == measured(WORDS_ALONE, WORDS_ALONE.waveform) == 0
    for original in (SPOKEN, SILENT):
        for length in (len(original.waveform), len(original.waveform) - 1):
            spoilt = original.waveform[:length].clone()
            spoilt[3] = math.nan
            assert math.isnan(measured(original, spoilt))
    assert not has_snr(WORDS_ALONE, WORDS_ALONE)


@pytest.mark.parametrize(
    ("measured", "counts"), [(10.0, False), (10.00004, False), (10.0001, True), (math.inf, True), (-math.inf, False)]
)
def test_the_threshold_is_exclusive_and_rounded(measured: float, counts: bool) -> None:
    candidate = replace(SPOKEN, perturbation=UNSTUDIED)
    verdict = verdict_on(SPOKEN, candidate, measured, p1(), 10.0)
    assert (verdict.within_rules, verdict.imperceptible) == (counts, False)


@pytest.mark.parametrize(
    ("done", "counts", "imperceptible"),
    [(STUDIED, True, True), (SPED_UP, True, False), (UNSTUDIED, False, False), (None, False, False)],
)
def test_without_an_snr_people_decide(done: Perturbation | None, counts: bool, imperceptible: bool) -> None:
    candidate = replace(SPOKEN, waveform=SPOKEN.waveform[:-1], perturbation=done)
    verdict = verdict_on(SPOKEN, candidate, 0.0, p1(), 10.0)
    assert (verdict.snr_db, verdict.within_rules, verdict.imperceptible) == (None, counts, imperceptible)
