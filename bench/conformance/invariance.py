"""What must change no answer of a victim: other questions, names, labels, and what is not shown."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import torch

from bench.conformance.asking import TOLERANCE, ExaminedVictim, Replies, asked, one_by_one, sample_keys
from bench.conformance.checking import require
from bench.core.batch import Batch
from bench.core.types import Utterance
from bench.referee.blinding import Blinding, Instance
from bench.referee.rechecks import canaries


def forgets(victim: ExaminedVictim) -> str:
    """Check that noisy speech gets the same answers whether nothing was asked before, or the clean speech of it."""
    noisy = canaries("check", victim.said)
    first = one_by_one(victim.shown(victim.copy()), noisy)
    used = victim.shown(victim.copy())
    one_by_one(used, victim.said)
    alike(one_by_one(used, noisy[::-1]).backwards(), first, "what was asked before, or on the order of questions")
    fresh = one_by_one(victim.shown(victim.copy()), noisy[::-1]).backwards()
    return alike(fresh, first, "what another instance was asked before: something is kept outside of it")


def in_threads(victim: ExaminedVictim) -> str:
    """Check that four threads at once get the same answers."""
    with ThreadPoolExecutor(4) as pool:
        beside = Replies.joined(list(pool.map(lambda one: asked(victim.instance, [one]), victim.said)))
    require(beside.is_exactly(victim.alone), "it declares the trait concurrent, and threads change its answers")
    return ""


def in_batches(victim: ExaminedVictim) -> str:
    """Check batch invariance: together, in another order, beside a far longer utterance."""
    said, instance = victim.said, victim.instance
    long = replace(said[0], waveform=said[0].waveform.repeat(9))
    batch = instance.blinding.batch([*said[::-1], long], None, sample_keys([*said[::-1], long]))
    before = batch.waveforms.clone()
    together = Replies.by(instance.victim, batch).at(slice(-1)).backwards()
    remark = alike(together, victim.alone, "the batch or its padding (an utterance ends at its batch.lengths)")
    require(torch.equal(batch.waveforms, before), "asking changed its input")
    return remark


def by_other_names(victim: ExaminedVictim) -> str:
    """Check that it does not matter what speakers are called, nor in which order they are enrolled."""
    renamed = one_by_one(victim.shown(victim.copy(), "renamed"), victim.said)
    return alike(renamed, victim.alone, "what the speakers are called, or on the order in which they are enrolled")


def told_more(victim: ExaminedVictim) -> str:
    """Check that labels, ids and whatever else the referee hides change no answer."""
    whole = victim.copy().enroll(list(victim.said))
    seen = [Replies.by(whole, Batch.of([one], sample_keys=sample_keys([one]))) for one in victim.said]
    return alike(Replies.joined(seen), victim.alone, "labels, ids or other things that the referee does not show")


def of_strangers(victim: ExaminedVictim) -> str:
    """Check that a speaker who is not enrolled is answered too."""
    stranger = replace(victim.said[0], id="stranger", speaker="stranger")
    known = Blinding.of("check", [*victim.said, stranger], victim.words)
    unknown = one_by_one(Instance.enrolled(victim.copy(), victim.said, known), [stranger])
    require(not bool(unknown.log_probs.isnan().any()), "a speaker who is not enrolled gets NaN")
    return ""


def in_sessions(victim: ExaminedVictim) -> str:
    """Check that a session opens empty, knows nothing of others, and is the same whatever is asked beside it."""
    first, *others = victim.said
    questions = [first, *canaries("sessions", victim.said), first]

    def in_session(instance: Instance, session: str, said: Sequence[Utterance], beside: Sequence[Utterance]) -> Replies:
        found = []
        for number, one in enumerate(said):
            around = beside[:number]
            names = [*(f"other {place}" for place in range(len(around))), session] if session else ()
            found.append(asked(instance, [*around, one], names).at(slice(-1, None)))
        return Replies.joined(found)

    fresh = in_session(victim.shown(victim.copy()), "a", questions, ())
    nobody = in_session(victim.shown(victim.copy()), "", [first], ())
    alike(fresh.at(slice(1)), nobody, "what was asked before a session opened")
    used = victim.shown(victim.copy())
    in_session(used, "b", questions[::-1], ())
    alike(in_session(used, "a", questions, others), fresh, "other sessions, or on what is asked beside one")
    alike(in_session(used, "", [first], ()), nobody, "sessions, where it is asked in none")
    return alike(one_by_one(used, victim.said), victim.alone, "sessions, where it is asked in none")


def alike(told: Replies, expected: Replies, cause: str) -> str:
    """Require that two sets of answers are the same but for rounding, and say by how much they differ.

    Args:
        told: of n utterances.
        expected: of the same.
        cause: what they would depend on.
    """
    difference = float((told.log_probs - expected.log_probs).abs().max())
    limit = f"(at most {TOLERANCE:g})"
    require(difference <= TOLERANCE, f"log-probabilities depend on {cause}, by {difference:.2g} {limit}")
    same = torch.equal(told.log_probs.argmax(dim=1), expected.log_probs.argmax(dim=1))
    require(same, f"labels depend on {cause}")
    require(torch.equal(told.refused, expected.refused), f"refusals depend on {cause}")
    return f"the same to {difference:.1g}" if difference else "the same to the last bit"
