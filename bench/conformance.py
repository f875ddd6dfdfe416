"""What the referee relies on of victims and effects, checked on unknown speech; authors call `bench.testing`."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from bench.contracts.attacks import AttackTools, EffectTools, KnownSpeech, SpeechEffect
from bench.contracts.protocols import Victim
from bench.contracts.threat_models import ThreatModel
from bench.contracts.traits import traits_of
from bench.core.batch import Batch
from bench.core.heard import Heard
from bench.core.rng import key_of, keyed
from bench.core.types import Utterance
from bench.referee.blinding import Blinding, Instance
from bench.referee.rechecks import canaries
from bench.referee.referee import Referee

TOLERANCE = 1e-4
"""Largest difference in log-probability that another batch may make."""


@dataclass(frozen=True)
class Copies:
    """A fitted victim that can be had again.

    Args:
        load: gives it as it was saved, another object every time.
        said: utterances of speakers whom it was not trained with.
        classes: how many it tells apart.
        sessions: whether it remembers within a session, as its trait says.
    """

    load: Callable[[], Victim]
    said: Sequence[Utterance]
    classes: int
    sessions: bool = False

    def shown(self, victim: Victim, key: str = "check") -> Instance:
        """Enrol a victim as the referee does: the speakers are numbers, and nothing is said of the utterances.

        Args:
            victim: fitted.
            key: another one gives the speakers other numbers.
        """
        return Instance.enrolled(victim, self.said, Blinding.of(key, self.said))


def check_answers(fitted: Victim, again: Victim, copies: Copies) -> None:
    """Assert that a victim answers what it is asked, whatever else it is asked, and on nothing but sound and words.

    Args:
        fitted: the victim.
        again: fitted a second time, with the same seed.
        copies: gives it as it was saved.
    """
    said = copies.said
    _check_forgets(copies)  # first, before anybody has been asked about any of it
    enrolled = copies.shown(fitted)
    alone = one_by_one(enrolled, said)
    assert alone.shape == (len(said), copies.classes), f"log_probs gave {tuple(alone.shape)}"
    if traits_of(enrolled.victim).concurrent:
        with ThreadPoolExecutor(4) as pool:
            beside = torch.cat(list(pool.map(lambda one: asked(enrolled, [one]), said)))
        assert torch.equal(beside, alone), "it declares the trait concurrent, and threads change its answers"
    total = alone.exp().sum(dim=1)
    assert torch.allclose(total, torch.ones(len(said)), atol=1e-3), f"probabilities sum to {total.tolist()}"
    _check_batches(enrolled, said, alone)
    _check_blindness(copies, alone)
    if copies.sessions:
        _check_sessions(copies, alone)
    assert torch.equal(one_by_one(copies.shown(again), said), alone), "two fits of one seed differ"
    assert torch.equal(one_by_one(copies.shown(copies.load()), said), alone), "predictions differ after loading"


def check_saved(folder: Path) -> None:
    """Assert that a victim was saved as safetensors and JSON."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    odd = [path.name for path in files if path.suffix not in (".safetensors", ".json")]
    assert not odd, f"saved {odd}: weights are safetensors and JSON, never pickle"


def check_fitted_victim(fitted: Victim, again: Victim, load: Callable[[Path], Victim], copies: Copies) -> None:
    """Assert all of the above of a victim, and that it leaves torch's generator alone.

    Args:
        fitted: the victim.
        again: fitted a second time, with the same seed.
        load: gives the victim that was saved into a folder.
        copies: what it is asked about; `load` takes the place of its own.
    """
    state = torch.random.get_rng_state()
    with tempfile.TemporaryDirectory() as name:
        fitted.save(Path(name))
        check_saved(Path(name))
        check_answers(fitted, again, replace(copies, load=lambda: load(Path(name))))
    assert torch.equal(torch.random.get_rng_state(), state), "torch's global generator was used"


def _check_batches(instance: Instance, said: Sequence[Utterance], alone: Tensor) -> None:
    """Batch invariance: together, in another order, beside a far longer utterance."""
    long = replace(said[0], waveform=said[0].waveform.repeat(9))
    batch = instance.blinding.batch([*said[::-1], long], None, _sample_keys([*said[::-1], long]))
    before = batch.waveforms.clone()
    with torch.no_grad():
        together = instance.victim.log_probs(batch).cpu()[:-1].flip(0)
    _alike(together, alone, "the batch")
    assert torch.equal(batch.waveforms, before), "log_probs changed its input"


def _check_blindness(copies: Copies, alone: Tensor) -> None:
    """Names, labels and ids change nothing, and who was not enrolled is answered too."""
    renamed = one_by_one(copies.shown(copies.load(), "renamed"), copies.said)
    _alike(renamed, alone, "what the speakers are called, or on the order in which they are enrolled")
    whole = copies.load().enroll(list(copies.said))
    with torch.no_grad():
        seen = [whole.log_probs(Batch.of([one], sample_keys=_sample_keys([one]))).cpu() for one in copies.said]
    _alike(torch.cat(seen), alone, "labels, ids or other things that the referee does not show")
    stranger = replace(copies.said[0], id="stranger", speaker="stranger")
    known = Blinding.of("check", [*copies.said, stranger])
    unknown = one_by_one(Instance.enrolled(copies.load(), copies.said, known), [stranger])
    assert not unknown.isnan().any(), "a speaker who is not enrolled gets NaN"


def _check_forgets(copies: Copies) -> None:
    """Noisy speech gets the same answers whether nothing was asked before, or the clean speech of it, in any order."""
    noisy = canaries("check", copies.said)
    first = one_by_one(copies.shown(copies.load()), noisy)
    used = copies.shown(copies.load())
    one_by_one(used, copies.said)
    _alike(one_by_one(used, noisy[::-1]).flip(0), first, "what was asked before, or on the order of questions")
    fresh = one_by_one(copies.shown(copies.load()), noisy[::-1]).flip(0)
    _alike(fresh, first, "what another instance was asked before: something is kept outside of it")


@torch.no_grad()
def _check_sessions(copies: Copies, alone: Tensor) -> None:
    """A session opens empty, knows nothing of others, and is the same whatever is asked beside it."""
    first, *others = copies.said
    questions = [first, *canaries("sessions", copies.said)]

    def in_session(instance: Instance, some: Sequence[Utterance], session: str, beside: Sequence[Utterance]) -> Tensor:
        found = []
        for number, one in enumerate(some):
            asked = [*beside[:number], one]
            names = [*(f"other {place}" for place in range(len(asked) - 1)), session]
            batch = instance.blinding.batch(asked, None, _sample_keys(asked), names)
            found.append(instance.victim.log_probs(batch).cpu()[-1])
        return torch.stack(found)

    fresh = in_session(copies.shown(copies.load()), questions, "a", ())
    _alike(fresh[:1], alone[:1], "what was asked before a session opened")
    used = copies.shown(copies.load())
    in_session(used, questions[::-1], "b", ())
    _alike(in_session(used, questions, "a", others), fresh, "other sessions, or on what is asked beside one")
    _alike(one_by_one(used, copies.said), alone, "sessions, where it is asked in none")


def _alike(answers: Tensor, expected: Tensor, cause: str) -> None:
    difference = float((answers - expected).abs().max())
    assert difference <= TOLERANCE, f"log-probabilities depend on {cause}, by {difference:.2g} (at most {TOLERANCE:g})"
    assert torch.equal(answers.argmax(dim=1), expected.argmax(dim=1)), f"labels depend on {cause}"


def one_by_one(instance: Instance, said: Sequence[Utterance]) -> Tensor:
    """Ask about utterances one at a time: log-probabilities, shape (n, c).

    Args:
        instance: who is asked.
        said: utterances.
    """
    return torch.cat([asked(instance, [one]) for one in said])


@torch.no_grad()
def asked(instance: Instance, said: Sequence[Utterance]) -> Tensor:
    """Ask about utterances at once: log-probabilities, shape (n, c).

    Args:
        instance: who is asked.
        said: utterances.
    """
    return instance.victim.log_probs(instance.blinding.batch(said, None, _sample_keys(said))).cpu()


def _sample_keys(said: Sequence[Utterance]) -> list[str]:
    """Draws for randomised victims: the same whenever the same is asked."""
    return [f"{key_of('check', one.id):016x}" for one in said]


def check_effect(effect: SpeechEffect, said: Sequence[Utterance], tools: Callable[[str, str], EffectTools]) -> None:
    """Assert that an effect spares what it is given, and draws from its key alone.

    Args:
        effect: with any parameters.
        said: utterances to apply it to.
        tools: makes what it is given, from a speaker and the id of the utterance at hand.
    """
    before = [one.waveform.clone() for one in said]
    bank = tools("", "").noises
    sounds = [clip.waveform.clone() for clip in bank.clips]
    for one in said:
        own, heard = replace(tools(one.speaker, one.id), noises=bank), Heard.of(one, one.speaker)
        first, again = (effect.apply(heard, own, keyed("effect", one.id)) for _ in range(2))
        assert (first is None) == (again is None), "the same key makes something else"
        if first is not None and again is not None:
            assert torch.equal(first.waveform, again.waveform), "the same key makes something else"
            assert first.speaker == heard.speaker, "it changed who speaks"
    assert all(torch.equal(one.waveform, was) for one, was in zip(said, before, strict=True)), "it changed its original"
    same = all(torch.equal(clip.waveform, sound) for clip, sound in zip(bank.clips, sounds, strict=True))
    assert same, "it changed the noise bank"


def with_knowledge(
    granted: ThreatModel, tools: AttackTools, known: Sequence[Utterance], referee: Referee
) -> AttackTools:
    """Add to an attack's tools the speech that its threat model knows.

    Args:
        granted: the threat model.
        tools: without it.
        known: labelled speech, of other speakers than those who are attacked.
        referee: asks the victim about it.
    """
    heard = [Heard.of(one, one.speaker) for one in known]
    if "validation" in granted.knows:
        answers = referee.names(referee.labels(known))
        tools = replace(tools, validation=tuple(map(KnownSpeech, heard, answers)))
    if "training" in granted.knows:
        labels = [referee.task.label_of(one) or "" for one in known]
        tools = replace(tools, training=tuple(map(KnownSpeech, heard, labels)))
    return tools
