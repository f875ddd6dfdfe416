"""`bench listen` from Python: what is heard is what the referee asks first, and the page says what it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
import soundfile
import torch
from hypothesis import given
from hypothesis import strategies as st

from bench.contracts.perception import p1
from bench.contracts.registry import Registry
from bench.core.batch import Batch
from bench.core.errors import ComponentError, UsageError
from bench.core.types import Dataset, Perturbation, Utterance
from bench.data.splits import split_named
from bench.evaluation.cells import limited
from bench.evaluation.experiment import Experiment
from bench.evaluation.measuring import attack_tools
from bench.evaluation.options import Options
from bench.referee.referee import Referee
from bench.referee.search import AttackRun
from bench.studies.listening.examples import Effect, chosen, listen, specs_of, word_changes
from bench.studies.listening.page import facts, write_page
from bench.studies.listening.sounds import file_stem, sounds_of
from bench.testing import CPU, TASK, ContraryVictim, sample_noises, sample_utterances

REGISTRY = Registry.discover()


def experiment_of(utterances: list[Utterance]) -> Experiment:
    return Experiment(REGISTRY, Dataset("sample", tuple(utterances), "f"), sample_noises(), CPU)


def options_of(*attacks: str, out: Path = Path("unused"), seed: int = 0) -> Options:
    return Options(victims=("none",), attacks=attacks, seeds=(seed,), out=out)


def heard(utterances: list[Utterance], *attacks: str, seed: int = 0) -> list[Effect]:
    """What is heard of some utterances, which are the whole corpus."""
    return listen(experiment_of(utterances), specs_of(attacks, REGISTRY), utterances, options_of(*attacks, seed=seed))


def plugged(folder: Path, *steps: str) -> Registry:
    """All built-ins, and an attack `mine` that yields these."""
    lines = ["from dataclasses import dataclass, replace", "", "", "@dataclass(frozen=True)", "class Mine:"]
    lines += ['    """Yields what it is told to."""', "", "    def search(self, original, tools, rng):"]
    lines += [*(f"        yield {step}" for step in steps), "", "", 'COMPONENTS = {"attacks": {"mine": Mine}}']
    (folder / "mine.py").write_text("\n".join(lines))
    return Registry.discover([folder / "mine.py"])


@dataclass(frozen=True)
class Listening(ContraryVictim):
    """Keeps what it is asked about."""

    asked: dict[str, list[Utterance]] = field(default_factory=dict)

    def log_probs(self, batch: Batch) -> torch.Tensor:
        for utterance in batch.utterances:
            self.asked.setdefault(utterance.id, []).append(utterance)
        return super().log_probs(batch)


@pytest.mark.parametrize("seed", [0, 3])
@pytest.mark.parametrize(
    "attack", ["environmental:snr_db=3", "filler", "speed_segment", "mask_nouns", "boundary", "reverb+mask_nouns"]
)
def test_it_is_what_the_referee_asks_first(attack: str, seed: int) -> None:
    """In a real split: the test part's noises and speech, the key, the clipping, the SNR and the verdict."""
    utterances = sample_utterances(10)
    split = split_named("k-fold").split(tuple(utterances), 0, "sample")
    (spec,) = specs_of([attack], REGISTRY)
    experiment, victim = experiment_of(utterances), Listening()
    tools = attack_tools(experiment, 25, "test", split.test)
    rows = Referee(victim, TASK, CPU).run(AttackRun(REGISTRY.build("attacks", spec), spec, tools, seed), split.test)
    first = {row.utterance: row for row in rows if row.query == 1}
    (effect,) = listen(experiment, [spec], split.test, options_of(attack, seed=seed))
    assert len(effect.examples) == len(first) > 4
    for example in effect.examples:
        row, asked = first[example.original.id], victim.asked[example.original.id][1]
        assert torch.equal(example.candidate.waveform, asked.waveform)
        assert example.candidate.transcript == asked.transcript
        assert example.candidate.perturbation == asked.perturbation
        assert example.snr_db == row.snr_db
        if row.label_after != row.label_before:
            assert example.counts == row.accepted
    assert effect.is_search == (attack == "boundary")


def test_the_limit_decides_as_the_referee_does() -> None:
    """At 10 dB and no more it does not count, whatever the last bits of a sum say."""
    (effect,) = heard(sample_utterances(1), "environmental:snr_db=10")
    assert {example.snr_db for example in effect.examples} == {10.0}
    assert not any(example.counts for example in effect.examples)


def test_what_an_effect_does_not_apply_to_is_named() -> None:
    said, unsaid = sample_utterances(1)[0], replace(sample_utterances(1)[1], transcript=None, words=None)
    masks, words, pitch = heard([said, unsaid], "mask_nouns", "drop_words", "pitch")
    for effect in (masks, words):
        assert [example.original.id for example in effect.examples] == [said.id]
        assert effect.left_out == (unsaid.id,)
    assert pitch.left_out == ()


def test_nothing_that_applies_is_an_error() -> None:
    utterances = [replace(one, transcript=None, words=None) for one in sample_utterances(1)[:2]]
    with pytest.raises(UsageError, match=r"mask_nouns, drop_words: found .* 2 utterances \(2 with sound, 0 with a tr"):
        heard(utterances, "mask_nouns", "drop_words")


@pytest.mark.parametrize(
    ("step", "found"),
    [
        ("replace(original, waveform=original.waveform * float('nan'))", "NaN samples"),
        ("7", "a int"),
        ("1 / 0", "Zero"),
    ],
)
def test_an_attack_that_breaks_its_contract_is_named(tmp_path: Path, step: str, found: str) -> None:
    utterances = sample_utterances(1)[:1]
    experiment = replace(experiment_of(utterances), registry=plugged(tmp_path, step))
    with pytest.raises(ComponentError, match=f"'mine' on utterance .* found {found}"):
        listen(experiment, ["mine"], utterances, options_of("mine"))


def test_attacks_by_the_names_of_their_records() -> None:
    found = specs_of(["environmental:snr_db=10", "boundary", "environmental:snr_db=10.0"], REGISTRY)
    assert found == ("environmental:snr_db=10.0", "boundary")


def test_an_informed_attacker_needs_a_victim() -> None:
    with pytest.raises(UsageError, match=r"boundary:corr=true.* leave corr out"):
        specs_of(["boundary:corr=true"], REGISTRY)


def test_which_utterances() -> None:
    utterances = sample_utterances(3)
    data = Dataset("sample", tuple(utterances), "f")
    ids = [utterances[5].id, utterances[2].id, utterances[5].id]
    assert [one.id for one in chosen(data, ids, 1)] == [utterances[5].id, utterances[2].id]
    assert chosen(data, [], 3) == limited(utterances, 3)
    with pytest.raises(UsageError, match=f"did you mean '{utterances[0].id}'"):
        chosen(data, [utterances[0].id + "x"], 1)
    with pytest.raises(UsageError, match="an id of the 24 utterances of corpus 'sample'; for example 'sample-0"):
        chosen(data, ["§"], 1)


TEXT = st.text(st.sampled_from("ab [].,é"), max_size=12)


@given(TEXT, TEXT)
def test_word_changes_hold_both_texts(before: str, after: str) -> None:
    found = word_changes(before, after)
    for text, left_out in ((before, "ins"), (after, "del")):
        assert " ".join(part for kind, part in found if kind != left_out).split() == text.split()


@given(st.text(max_size=200), st.text(max_size=200))
def test_file_names_are_safe(one: str, other: str) -> None:
    for text in (one, other):
        stem = file_stem(text, "utterance")
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._=-]{7,56}", stem)
        assert Path(f"{stem}.wav").name == f"{stem}.wav" == unquote(f"{stem}.wav")
    if one != other:
        assert file_stem(one, "utterance").casefold() != file_stem(other, "utterance").casefold()


# ---- the sounds


def written(tmp_path: Path, utterances: list[Utterance], *attacks: str) -> tuple[str, list[Effect]]:
    """The page, and what is on it."""
    experiment, specs, options = (
        experiment_of(utterances),
        specs_of(attacks, REGISTRY),
        options_of(*attacks, out=tmp_path),
    )
    effects = listen(experiment, specs, utterances, options)
    return write_page(experiment, effects, utterances, options).read_text(encoding="utf-8"), effects


def files_of(effect: Effect, folder: Path) -> Mapping[str, torch.Tensor]:
    """The sounds of an effect's only example, by title, in steps of 16 bits."""
    (example,) = effect.examples
    found = {}
    for sound in sounds_of(example):
        samples, rate = soundfile.read(folder / sound.wav, dtype="int16")
        assert rate == 16_000
        assert soundfile.info(folder / sound.wav).subtype == "PCM_16"
        assert (folder / sound.png).read_bytes().startswith(b"\x89PNG")
        found[sound.title] = torch.from_numpy(samples).int()
    return found


def test_original_perturbed_and_difference(tmp_path: Path) -> None:
    original = replace(sample_utterances(1)[0], waveform=(sample_utterances(1)[0].waveform * 2**15).round() / 2**15)
    _, (noise, faster, masked) = written(
        tmp_path, [original], "environmental:snr_db=5", "speed_utterance", "mask_nouns"
    )
    sounds = files_of(noise, tmp_path)
    assert torch.equal(sounds["original"], (original.waveform * 2**15).int()), "bit for bit"
    candidate = noise.examples[0].candidate.waveform
    assert float((sounds["perturbed"] - candidate * 2**15).abs().max()) <= 0.51
    assert int((sounds["perturbed"] - sounds["original"] - sounds["difference"]).abs().max()) <= 1
    assert set(files_of(faster, tmp_path)) == {"original", "perturbed"}, "no difference of two lengths"
    assert set(files_of(masked, tmp_path)) == {"original"}, "the same sound is not written twice"
    assert len(list((tmp_path / "wav").iterdir())) == len(list((tmp_path / "spectrograms").iterdir())) == 4


def test_full_scale_does_not_wrap_around(tmp_path: Path) -> None:
    square = torch.ones(8_000).where(torch.arange(8_000) % 100 < 50, -1.0)
    _, (effect,) = written(tmp_path, [Utterance("loud", square, "a", emotion="anger")], "fade_in")
    assert set(files_of(effect, tmp_path)["original"].tolist()) == {-(2**15), 2**15 - 1}


def example_of(before: torch.Tensor, after: torch.Tensor) -> dict[str, object]:
    """The sounds of an example that is made by hand, by title."""
    (effect,) = heard(sample_utterances(1)[:1], "gain")
    original = replace(effect.examples[0].original, waveform=before)
    example = replace(effect.examples[0], original=original, candidate=replace(original, waveform=after))
    return {sound.title: sound for sound in sounds_of(example)}


def test_a_difference_that_does_not_fit_is_turned_down() -> None:
    found = example_of(torch.tensor([0.8, -0.5]), torch.tensor([-1.0, 0.4]))["difference"]
    assert found.waveform.tolist() == pytest.approx([-1.0, 0.5])
    assert found.note == "peak 5.1 dB of full scale, turned down by as much to fit into the file"


def test_a_difference_that_nobody_can_hear_is_said_to_be() -> None:
    found = example_of(torch.tensor([0.5, 0.5]), torch.tensor([0.5, 0.5 + 1e-5]))["difference"]
    assert "the file is silent" in found.note
    assert found.waveform.tolist() == pytest.approx([0, 1e-5], abs=1e-7)


def test_lengths_share_one_scale() -> None:
    found = example_of(torch.ones(4), torch.zeros(5))
    assert {title: sound.share for title, sound in found.items()} == {"original": 0.8, "perturbed": 1.0}


# ---- the page


class Page(HTMLParser):
    """Its tags, its text, and the files that it shows; fails where something comes from elsewhere."""

    def __init__(self, text: str, folder: Path) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.folder = folder
        self.ids: set[str] = set()
        self.links: set[str] = set()
        self.feed(text)
        assert self.links <= self.ids

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        assert tag not in ("script", "link", "iframe", "object", "base")
        assert not any(name.startswith("on") for name in given)
        if "src" in given:
            file = (self.folder / (given["src"] or "")).resolve()
            assert file.is_file()
            assert file.is_relative_to(self.folder.resolve())
        if tag == "img":
            assert len(given["alt"] or "") > 20
        if tag == "audio":
            assert "controls" in given
            assert given["aria-label"]
        if "id" in given:
            assert given["id"] not in self.ids
            self.ids.add(str(given["id"]))
        if tag == "a":
            self.links.add(str(given["href"]).removeprefix("#"))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_says_it_all(tmp_path: Path) -> None:
    said, unsaid = sample_utterances(1)[0], replace(sample_utterances(1)[2], transcript=None, words=None)
    attacks = ["environmental:snr_db=12", "mask_nouns", "drop_words", "boundary", "pitch"]
    text, _ = written(tmp_path, [said, unsaid], *attacks)
    page = Page(text, tmp_path)
    assert page.tags.count("h2") == 2
    assert page.tags.count("h3") == 8
    words = " ".join(page.text.split())
    for part in (
        "the old hand likes a warm evening",
        "They read now: “the old [MASK] likes a warm [MASK]”",
        "They read now: “old hand likes warm evening”",
        "12.00 dB",
        "undefined: the length changed",
        "infinite: no sample changed",
        "The sound is the original's, sample for sample.",
        "imperceptible for emotion, after p1",
        "perceptible, after p1: the emotion changed in up to",
        "not studied by p1",
        "noise, category natural",
        "A search: it asks many times",
        "yes, the SNR is above the limit",
        "mask_nouns1 of 21: " + unsaid.id,
        "Does not apply: mask_nouns",
        "No transcript is known.",
        f"{said.duration_s:.2f} s",
    ):
        assert part in words, part


def test_words_alone(tmp_path: Path) -> None:
    silent = replace(sample_utterances(1)[0], waveform=torch.zeros(0), words=None)
    text, _ = written(tmp_path, [silent], "mask_nouns", "pitch")
    page = Page(text, tmp_path)
    assert not {"audio", "img"} & set(page.tags)
    assert "words alone, there is no sound" in page.text
    assert "undefined: there is no sound" in page.text
    assert "[MASK]" in page.text
    assert not (tmp_path / "wav").exists()


def test_no_words_are_left(tmp_path: Path) -> None:
    text, _ = written(tmp_path, sample_utterances(1)[:1], "no_text")
    assert "<del>the old hand" in text


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7 * 7 }}", "../../up", "a/b#1.2?c=d"]
)
def test_text_from_outside_stays_text(tmp_path: Path, hostile: str) -> None:
    one = sample_utterances(1)[0]
    spoilt = replace(one, id=hostile, speaker=hostile, emotion=hostile, transcript=f"the dog {hostile}", words=None)
    pages = []
    for name, utterance in (("plain", replace(one, words=None)), ("hostile", spoilt)):
        text, _ = written(tmp_path / name, [utterance], "mask_nouns", "pitch", "drop_words")
        pages.append(Page(text, tmp_path / name))
    assert set(pages[0].tags) == set(pages[1].tags)
    assert pages[1].text.count(hostile) >= 4
    assert {path.name for path in tmp_path.iterdir()} == {"plain", "hostile"}


def test_other_files_stay(tmp_path: Path) -> None:
    (tmp_path / "wav").mkdir()
    (tmp_path / "wav" / "mine.wav").write_text("mine")
    (tmp_path / "index.html").write_text("old")
    text, _ = written(tmp_path, sample_utterances(1)[:1], "fade_in")
    assert "old</" not in text
    assert (tmp_path / "wav" / "mine.wav").read_text() == "mine"
    assert not list(tmp_path.rglob("*.tmp"))


def test_a_folder_of_a_files_name(tmp_path: Path) -> None:
    (tmp_path / "index.html").mkdir()
    with pytest.raises(UsageError, match=r"index\.html: found a folder"):
        written(tmp_path, sample_utterances(1)[:1], "fade_in")


@pytest.mark.parametrize(
    ("done", "says"),
    [
        (None, "not studied by p1"),
        (Perturbation("hum", "signal"), "not studied by p1"),
        (Perturbation("fade_in", "signal"), "imperceptible for emotion"),
        (Perturbation("fade_in+pitch", "signal"), "perceptible, after p1"),
    ],
)
def test_what_people_hear(done: Perturbation | None, says: str) -> None:
    example = heard(sample_utterances(1)[:1], "fade_in")[0].examples[0]
    said = dict(facts(replace(example, candidate=replace(example.candidate, perturbation=done)), p1()))
    assert said["heard by people"].startswith(says)
    assert said["perturbation"].startswith(done.name if done else "not declared")


def test_a_silent_original_has_no_snr(tmp_path: Path) -> None:
    """No corpus has one, but an attack may be given one that does not mind."""
    utterances = [Utterance("s", torch.zeros(800), "a", emotion="anger")]
    steps = ("replace(original, waveform=original.waveform + 0.1)", "original")
    (effect,) = listen(
        replace(experiment_of(utterances), registry=plugged(tmp_path, *steps)), ["mine"], utterances, options_of("mine")
    )
    said = dict(facts(effect.examples[0], p1()))
    assert said["SNR"] == "undefined: the original is silent"
    assert said["would count"].startswith("no")
    assert effect.is_search


def test_an_effect_that_does_nothing_is_said_to(tmp_path: Path) -> None:
    utterances = sample_utterances(1)[:1]
    experiment, options = replace(experiment_of(utterances), registry=plugged(tmp_path, "original")), options_of("mine")
    effects = listen(experiment, ["mine"], utterances, options)
    page = write_page(experiment, effects, utterances, replace(options, out=tmp_path / "page"))
    assert "Neither a sample nor a word has changed." in page.read_text(encoding="utf-8")
