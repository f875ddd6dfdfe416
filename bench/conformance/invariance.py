"""What must change no answer of a victim: other questions, names, labels, and what is not shown."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import torch
from torch import Tensor

from bench.conformance.asking import TOLERANCE, ExaminedVictim, asked, one_by_one, sample_keys
from bench.conformance.checking import require
from bench.core.batch import Batch
from bench.core.types import Utterance
from bench.referee.blinding import Blinding, Instance
from bench.referee.prediction import predictions_of
from bench.referee.rechecks import canaries


def forgets(victim: ExaminedVictim) -> str:
    """Check that noisy speech gets the same answers whether nothing was asked before, or the clean speech of it."""
    noisy = canaries("check", victim.said)
    first = one_by_one(victim.shown(victim.copy()), noisy)
    used = victim.shown(victim.copy())
    one_by_one(used, victim.said)
    alike(one_by_one(used, noisy[::-1]).flip(0), first, "what was asked before, or on the order of questions")
    fresh = one_by_one(victim.shown(victim.copy()), noisy[::-1]).flip(0)
    return alike(fresh, first, "what another instance was asked before: something is kept outside of it")


def in_threads(victim: ExaminedVictim) -> str:
    """Check that four threads at once get the same answers."""
    with ThreadPoolExecutor(4) as pool:
        beside = torch.cat(list(pool.map(lambda one: asked(victim.instance, [one]), victim.said)))
    require(torch.equal(beside, victim.alone), "it declares the trait concurrent, and threads change its answers")
    return ""


def in_batches(victim: ExaminedVictim) -> str:
    """Check batch invariance: together, in another order, beside a far longer utterance."""
    said, instance = victim.said, victim.instance
    long = replace(said[0], waveform=said[0].waveform.repeat(9))
    batch = instance.blinding.batch([*said[::-1], long], None, sample_keys([*said[::-1], long]))
    before = batch.waveforms.clone()
    with torch.no_grad():
        together = instance.victim.log_probs(batch).cpu()[:-1].flip(0)
    remark = alike(together, victim.alone, "the batch or its padding (an utterance ends at its batch.lengths)")
    require(torch.equal(batch.waveforms, before), "log_probs changed its input")
    return remark


def by_other_names(victim: ExaminedVictim) -> str:
    """Check that it does not matter what speakers are called, nor in which order they are enrolled."""
    renamed = one_by_one(victim.shown(victim.copy(), "renamed"), victim.said)
    return alike(renamed, victim.alone, "what the speakers are called, or on the order in which they are enrolled")


def told_more(victim: ExaminedVictim) -> str:
    """Check that labels, ids and whatever else the referee hides change no answer."""
    whole = victim.copy().enroll(list(victim.said))
    with torch.no_grad():
        seen = [whole.log_probs(Batch.of([one], sample_keys=sample_keys([one]))).cpu() for one in victim.said]
    return alike(torch.cat(seen), victim.alone, "labels, ids or other things that the referee does not show")


def of_strangers(victim: ExaminedVictim) -> str:
    """Check that a speaker who is not enrolled is answered too."""
    stranger = replace(victim.said[0], id="stranger", speaker="stranger")
    known = Blinding.of("check", [*victim.said, stranger])
    unknown = one_by_one(Instance.enrolled(victim.copy(), victim.said, known), [stranger])
    require(not bool(unknown.isnan().any()), "a speaker who is not enrolled gets NaN")
    return ""


@torch.no_grad()
def in_sessions(victim: ExaminedVictim) -> str:
    """Check that a session opens empty, knows nothing of others, and is the same whatever is asked beside it: answers
    and refusals."""
    first, *others = victim.said
    questions = [first, *canaries("sessions", victim.said), first]

    def told(instance: Instance, some: Sequence[Utterance], names: Sequence[str]) -> tuple[Tensor, Tensor]:
        log_probs, refused = predictions_of(
            instance.victim, instance.blinding.batch(some, None, sample_keys(some), names)
        )
        return log_probs[-1].cpu(), torch.tensor(False) if refused is None else refused[-1].cpu()

    def in_session(instance: Instance, session: str, asked: Sequence[Utterance], beside: Sequence[Utterance]) -> _Told:
        found = []
        for number, one in enumerate(asked):
            around = [*beside[:number]]
            names = [f"other {place}" for place in range(len(around))]
            found.append(told(instance, [*around, one], [*names, session] if session else ()))
        log_probs, refused = zip(*found, strict=True)
        return torch.stack(log_probs), torch.stack(refused)

    fresh = in_session(victim.shown(victim.copy()), "a", questions, ())
    nobody = in_session(victim.shown(victim.copy()), "", [first], ())
    _same((fresh[0][:1], fresh[1][:1]), nobody, "what was asked before a session opened")
    used = victim.shown(victim.copy())
    in_session(used, "b", questions[::-1], ())
    _same(in_session(used, "a", questions, others), fresh, "other sessions, or on what is asked beside one")
    _same(in_session(used, "", [first], ()), nobody, "sessions, where it is asked in none")
    return alike(one_by_one(used, victim.said), victim.alone, "sessions, where it is asked in none")


_Told = tuple[Tensor, Tensor]
"""Log-probabilities, shape (n, c), and refusals, shape (n,), bool."""


def _same(told: _Told, expected: _Told, cause: str) -> None:
    alike(told[0], expected[0], cause)
    require(torch.equal(told[1], expected[1]), f"refusals depend on {cause}")


def alike(answers: Tensor, expected: Tensor, cause: str) -> str:
    """Require that two sets of answers are the same but for rounding, and say by how much they differ.

    Args:
        answers: log-probabilities, shape (n, c).
        expected: the same.
        cause: what they would depend on.
    """
    difference = float((answers - expected).abs().max())
    limit = f"(at most {TOLERANCE:g})"
    require(difference <= TOLERANCE, f"log-probabilities depend on {cause}, by {difference:.2g} {limit}")
    require(torch.equal(answers.argmax(dim=1), expected.argmax(dim=1)), f"labels depend on {cause}")
    return f"the same to {difference:.1g}" if difference else "the same to the last bit"
