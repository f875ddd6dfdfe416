"""Effects one after the other, as one attack."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from bench.contracts.composition import Composed, composed, parts_of
from bench.contracts.perception import p1
from bench.contracts.registry import Registry
from bench.contracts.threat_models import threat_models
from bench.core.errors import UsageError
from bench.core.rng import keyed
from bench.core.types import Perturbation
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


def test_parts_are_applied_in_their_order() -> None:
    tools, rng = sample_tools(), keyed(0)
    both = next(build("mask_nouns+fade_in").search(SAID, tools, rng))
    sound = next(REGISTRY.build("attacks", "fade_in").search(SAID, tools, keyed(0)))
    words = next(REGISTRY.build("attacks", "mask_nouns").search(SAID, tools, keyed(0)))
    assert torch.equal(both.waveform, sound.waveform)
    assert both.transcript == words.transcript != SAID.transcript
    assert both.perturbation is not None
    assert (both.perturbation.name, both.perturbation.category) == ("mask_nouns+fade_in", "text+signal")


def test_it_applies_where_all_parts_do() -> None:
    from dataclasses import replace

    wordless = replace(SAID, transcript=None, words=None)
    assert next(build("fade_in+mask_nouns").search(wordless, sample_tools(), keyed(0)), None) is None


def test_people_hear_the_same_where_they_do_with_each_part() -> None:
    def heard(name: str) -> tuple[bool, bool]:
        return p1().covers(Perturbation(name, "signal")), p1().is_imperceptible(Perturbation(name, "signal"))

    assert heard("fade_in+reverb") == (True, True)
    assert heard("fade_in+pitch") == (True, False)
    assert heard("fade_in+mask_nouns") == (False, False)


def test_a_composition_conforms() -> None:
    assert build("fade_in+reverb").names == ("fade_in", "reverb")
    check = build("pitch_semitone+mask_nouns")
    rows = list(check.search(SAID, sample_tools(), keyed(0)))
    assert len(rows) == 1
    check_attack(build("fade_in+environmental:snr_db=10"), budgets=(1, 5))


def test_a_search_is_refused() -> None:
    with pytest.raises(UsageError, match=r"boundary.*a search"):
        build("fade_in+boundary")


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
        Registry.discover([tmp_path / "mine.py"]).build("attacks", "softer+fade_in")
    (tmp_path / "said.py").write_text("\n".join([*lines[:4], "    traits = Traits(asks_once=True)", *lines[4:]]))
    both = Registry.discover([tmp_path / "said.py"]).build("attacks", "softer+fade_in")
    alone = next(REGISTRY.build("attacks", "fade_in").search(SAID, sample_tools(), keyed(0)))
    found = next(both.search(SAID, sample_tools(), keyed(0)))
    assert torch.allclose(found.waveform, alone.waveform / 2)


def test_specs_are_canonical() -> None:
    (threat_model,) = threat_models(
        "pitch:factor=0.75 + fade_in:percent_per_s=2", build("pitch:factor=0.75 + fade_in"), "both", "both"
    )
    assert (threat_model.attack, threat_model.corr, threat_model.noises) == (
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
