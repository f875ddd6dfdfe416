"""What the referee relies on of a fitted victim, as checks."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import torch

from bench.audio.writing import as_pcm
from bench.conformance import invariance
from bench.conformance.asking import ExaminedVictim, one_by_one
from bench.conformance.checking import ConformanceCheck, NotConcernedError, require
from bench.contracts.protocols import Victim
from bench.contracts.traits import traits_of


def victim_checks(victim: ExaminedVictim) -> list[ConformanceCheck]:
    """List what is asked of a fitted victim: what it answers, that nothing else changes it, that it can be kept."""

    def check(
        name: str, asks: str, run: Callable[[ExaminedVictim], str], *needs: str, skip: str = ""
    ) -> ConformanceCheck:
        return ConformanceCheck(name, asks, lambda: run(victim), needs, skip, rests_on_user=name == "training")

    unshared = "it keeps nothing between questions: no trait `sessions`"
    asked, kept = "answers", "saving"
    return [
        check("training", "Be fitted on speech-like samples, twice, and give enroll, log_probs and save.", _trains),
        check(kept, "Save itself into a folder.", _saves, "training"),
        check("files", "Keep itself as safetensors and JSON, nothing else: never pickle.", _keeps_plain_files, kept),
        check("memory", "Forget: no question changes the answer to another.", invariance.forgets, kept),
        check(
            asked, "Give log-probabilities of shape (n, c), and a bool each where it may refuse.", _answers, "training"
        ),
        check("threads", "Answer four threads at once as one after the other.", _threads, asked),
        check("probabilities", "Give probabilities that sum to 1.", _sums, asked),
        check("batches", "Answer alike in any batch, order and padding.", invariance.in_batches, asked),
        check("names", "Answer alike whatever speakers are called.", invariance.by_other_names, asked, kept),
        check("labels", "Answer alike where labels and ids are shown: none leaks.", invariance.told_more, asked, kept),
        check("strangers", "Answer a speaker who was not enrolled.", invariance.of_strangers, kept),
        check(
            "sessions",
            "Open each session empty, and keep it apart.",
            invariance.in_sessions,
            asked,
            kept,
            skip="" if victim.sessions else unshared,
        ),
        check("16-bit sound", "Answer what a 16-bit file holds of the sound.", _pcm, asked),
        check("repeatability", "Be the same when fitted again with the same seed.", _repeats, asked),
        check("loading", "Answer alike after loading.", _loads, asked, kept),
        check("generator", "Leave torch's global generator alone when asked.", _draws_its_own, "training"),
    ]


def _trains(victim: ExaminedVictim) -> str:
    require(*_is_victim(victim.fitted))
    started = time.monotonic()
    require(*_is_victim(victim.again))
    _ = victim.generator  # noted now: what training drew from it is not asked about
    return f"{time.monotonic() - started:.2f} s the second time"


def _is_victim(fitted: object) -> tuple[bool, str]:
    return isinstance(fitted, Victim), f"fit gave a {type(fitted).__name__} without enroll, log_probs or save"


def _saves(victim: ExaminedVictim) -> str:
    victim.fitted.save(victim.folder)
    return ""


def _keeps_plain_files(victim: ExaminedVictim) -> str:
    files = [path for path in victim.folder.rglob("*") if path.is_file()]
    odd = [path.name for path in files if path.suffix not in (".safetensors", ".json")]
    require(not odd, f"saved {odd}: weights are safetensors and JSON, never pickle")
    return ", ".join(sorted(path.name for path in files)) or "nothing to save"


def _answers(victim: ExaminedVictim) -> str:
    started = time.monotonic()
    log_probs, refused = victim.alone
    shape, expected = tuple(log_probs.shape), (len(victim.said), victim.classes)
    require(shape == expected, f"log_probs gave {shape}, of {len(victim.said)} sounds and {victim.classes} classes")
    found = f"answer_or_refuse gave refusals of {refused.dtype} and shape {tuple(refused.shape)}"
    require(refused.dtype == torch.bool and tuple(refused.shape) == expected[:1], f"{found}, not bool and (b,)")
    return f"{(time.monotonic() - started) / len(victim.said) * 1000:.2g} ms an utterance, one at a time"


def _threads(victim: ExaminedVictim) -> str:
    if not traits_of(victim.instance.victim).concurrent:
        raise NotConcernedError("one thread alone asks it: no trait `concurrent`")
    return invariance.in_threads(victim)


def _sums(victim: ExaminedVictim) -> str:
    total = victim.alone.log_probs.exp().sum(dim=1)
    found = f"probabilities that sum to {float(total.min()):.6g} here and {float(total.max()):.6g} there"
    require(torch.allclose(total, torch.ones(len(victim.said)), atol=1e-3), found)
    return ""


def _pcm(victim: ExaminedVictim) -> str:
    rounded = [replace(one, waveform=as_pcm(one.waveform, one.rate_hz)) for one in victim.said]
    answers = one_by_one(victim.instance, rounded).log_probs
    require(bool(answers.exp().isfinite().all()), "answers that are no probabilities")
    same = int((answers.argmax(dim=1) == victim.alone.log_probs.argmax(dim=1)).sum())
    return f"{same} of {len(rounded)} labels as before"


def _repeats(victim: ExaminedVictim) -> str:
    found = one_by_one(victim.shown(victim.again), victim.said)
    remedy = "make and train layers within bench.modelling.seeding.seeded(context.seed, 'its name')"
    require(found.is_exactly(victim.alone), f"two fits of one seed differ: {remedy}")
    return ""


def _loads(victim: ExaminedVictim) -> str:
    found = one_by_one(victim.shown(victim.copy()), victim.said)
    require(found.is_exactly(victim.alone), "predictions differ after loading")
    return ""


def _draws_its_own(victim: ExaminedVictim) -> str:
    require(
        torch.equal(torch.random.get_rng_state(), victim.generator),
        "torch's global generator was used: draw from bench.keyed",
    )
    return ""
