"""Attacks in processes of their own, as the referee runs them: recipes come out, answers go in."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from bench.contracts.attacks import Answer, AttackTools, EffectTools, KnownSpeech, PastSearch, Plan, Steps
from bench.contracts.recipes import Recipe, RecipeError, Samples
from bench.contracts.traits import Traits
from bench.core.errors import ComponentError
from bench.core.heard import Heard
from bench.core.noises import NoiseSet
from bench.core.showing.progress import SILENT
from bench.core.types import Perturbation, Rng
from bench.isolation.channel import Allowed, Array, Message, MiB
from bench.isolation.described import Described
from bench.isolation.process import IsolatedProcess, plain
from bench.isolation.room import Room
from bench.isolation.speech import array_of, heard, noises_told, read_speech, read_words, samples_of

_ALLOWED = Allowed(MiB, 256 * MiB, 256)
_KEPT = 2
"""Processes that an attack has at a time: for probes, and for the searches that they inform."""


@dataclass(frozen=True)
class IsolatedAttack:
    """An attack in a process of its own; what is lent to it anew, for another cell, goes to a new one.

    Args:
        room: what it sees.
        told: what it says of itself.
    """

    room: Room
    told: Described
    _lent: list[tuple[tuple[object, ...], IsolatedProcess]] = field(
        default_factory=list, init=False, repr=False, compare=False
    )
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False, compare=False)

    @property
    def params(self) -> Mapping[str, Any]:
        """Give its parameters by name; none of a composition."""
        return self.told.params

    @property
    def traits(self) -> Traits:
        """Declare what it says that it does."""
        return self.told.traits

    def fingerprint(self) -> str:
        """Return its own digest of the files that it rests on; "" where it rests on none."""
        return self.told.fingerprint

    def _process(self, lent: tuple[object, ...], told: Callable[[], Message]) -> IsolatedProcess:
        """The process that has been lent these very objects; where none has, a new one, which is told of them."""
        with self._lock:
            for known, process in self._lent:
                if all(one is other for one, other in zip(known, lent, strict=True)):
                    return process
            process, message = self.room.open(SILENT), told()
            threads = torch.get_num_threads()  # sums of another number of threads round otherwise
            process.ask({"do": "tools", "threads": threads, **message.head}, message.arrays)
            self._lent.append((lent, process))
            del self._lent[:-_KEPT]
            return process

    def _asking(self, doing: str, original: Heard, rng: Rng) -> tuple[dict[str, Any], list[Array]]:
        told = {"do": doing, "spec": self.told.spec, "state": _state(rng)}
        return told | {"speech": heard([original], [original.speaker], True)}, [array_of(original.waveform)]


@dataclass(frozen=True)
class IsolatedSearch(IsolatedAttack):
    """A search in a process of its own."""

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        """Pass on what the search yields, and what it is told."""
        process = self._lent_to(tools)
        view = tools.defense_view
        head, arrays = self._asking("search", original, rng)
        head |= {"purifies": None if view is None else view.purifies, "plan": dict(tools.plan)}
        head |= {"label": tools.label, "value": tools.value, "rehearsing": tools.rehearsing, "target": tools.target}
        head |= {"transferred": None if tools.transferred is None else str(tools.transferred)}
        arrays += [] if tools.transferred is None else samples_of([tools.transferred])

        def look(asked: Message) -> Message:
            return _looked(process, tools, asked, original.waveform.device)

        reply, number = process.ask(head, arrays, _ALLOWED, look=look), -1
        try:
            while "recipe" in reply.head:
                number = reply.head["search"] if type(reply.head.get("search")) is int else -1
                answer: Answer = yield _recipe(process, reply, original.waveform.device)
                head, number = {"do": "answer", "search": number, "answer": asdict(answer)}, -1
                reply = process.ask(head, (), _ALLOWED, look=look)
        finally:
            if number >= 0 and not process.ended:
                process.ask({"do": "close", "search": number}, look=look)

    def learn(self, plan: Plan, searches: Sequence[PastSearch]) -> Plan:
        """Pass on what the searches of a round were.

        Raises:
            ComponentError: what it gives is no plan.
        """
        with self._lock:
            process = self._lent[-1][1]  # where the round was searched
        told = [
            [one.label, one.value, [(str(recipe), asdict(answer)) for recipe, answer in one.asked]] for one in searches
        ]
        arrays = samples_of([recipe for one in searches for recipe, _ in one.asked])
        head = {"do": "learn", "spec": self.told.spec, "plan": dict(plan), "searches": told}
        found = process.ask(head, arrays, _ALLOWED).head.get("plan")
        if not isinstance(found, dict):
            raise process.broken("a plan that is none", "an object")
        return found

    def _lent_to(self, tools: AttackTools) -> IsolatedProcess:
        """The process that has these tools."""
        known = (tools.noises, tools.speech, tools.degradation, tools.validation, tools.training)
        return self._process(known, lambda: _tools_told(tools))


@dataclass(frozen=True)
class IsolatedInformed(IsolatedSearch):
    """A search in a process of its own that can be told beforehand what harms."""

    @property
    def corr(self) -> bool:
        """Tell whether this search is told how much each noise category degrades a model."""
        return self.told.params.get("corr") is True

    @property
    def categories(self) -> tuple[str, ...]:
        """Name the noise categories that it chooses from."""
        return self.told.traits.categories or ()

    @property
    def noise_types(self) -> tuple[str, ...]:
        """Name what it is told the harm of: its categories, where it names nothing finer."""
        return self.told.noise_types or self.categories

    def probe(self, original: Heard, category: str, tools: AttackTools, rng: Rng) -> Recipe | None:
        """Pass on what it would try first of a noise category."""
        process = self._lent_to(tools)
        head, arrays = self._asking("probe", original, rng)
        reply = process.ask(head | {"category": category}, arrays, _ALLOWED)
        return _recipe(process, reply, original.waveform.device) if "recipe" in reply.head else None


@dataclass(frozen=True)
class IsolatedEffect(IsolatedAttack):
    """An effect in a process of its own: it gives samples, whatever it says that it has done."""

    def apply(self, original: Heard, tools: EffectTools, rng: Rng) -> Heard | None:
        """Pass on what it makes of speech.

        Raises:
            ComponentError: it gives what is no speech.
        """
        process = self._with(tools.noises)
        head, arrays = self._asking("apply", original, rng)

        def look(_: Message) -> Message:
            return _told_speech(list(tools.others))

        reply = process.ask(head | {"others": len(tools.others)}, arrays, _ALLOWED, look=look)
        if reply.head.get("applies") is not True:
            return None
        return _changed(process, reply, original)

    def _with(self, noises: NoiseSet) -> IsolatedProcess:
        def told() -> Message:
            bank, arrays = noises_told(noises)
            nothing = {"name": "", "perceptible": {}, "imperceptible": [], "min_snr_db": 0.0, "max_queries": 1}
            known = {"validation": _labelled_told(()), "training": _labelled_told(())}
            return Message({**nothing, **known, "noises": bank, "degradation": None, "speech": []}, tuple(arrays))

        return self._process((noises,), told)


def _tools_told(tools: AttackTools) -> Message:
    """What an attack may use, as a message."""
    noises, clips = noises_told(tools.noises)
    speech, perception = list(tools.speech), tools.perception
    validation, training = list(tools.validation), list(tools.training)
    head = {
        "noises": noises,
        "name": perception.name,
        "perceptible": dict(perception.perceptible),
        "imperceptible": sorted(perception.imperceptible),
        "min_snr_db": tools.min_snr_db,
        "max_queries": tools.max_queries,
        "degradation": None if tools.degradation is None else dict(tools.degradation),
        "speech": heard(speech, [one.speaker for one in speech], True),
        "validation": _labelled_told(validation),
        "training": _labelled_told(training),
    }
    every = (*speech, *(one.speech for one in (*validation, *training)))
    return Message(head, (*clips, *(array_of(one.waveform) for one in every)))


def _labelled_told(known: Sequence[KnownSpeech]) -> dict[str, Any]:
    speech = [one.speech for one in known]
    told = heard(speech, [one.speaker for one in speech], True)
    return {"speech": told, "labels": [one.label for one in known], "values": [one.value for one in known]}


def _recipe(process: IsolatedProcess, reply: Message, device: torch.device) -> Recipe:
    """The recipe of a reply.

    Raises:
        ComponentError: it is none.
    """
    text = reply.head["recipe"]
    if not isinstance(text, str) or any(array.dtype != np.float32 or array.ndim != 1 for array in reply.arrays):
        raise process.broken("a recipe that is none", "a line of JSON, and float32 samples")
    samples = (Samples(torch.from_numpy(array).to(device)) for array in reply.arrays)
    try:
        return Recipe.read(text, {one.digest: one.waveform for one in samples})
    except RecipeError as error:
        raise process.broken(plain(str(error)), "a Recipe that can be rendered") from error


def _looked(process: IsolatedProcess, tools: AttackTools, asked: Message, device: torch.device) -> Message:
    """What an attacker who knows the defence sees of candidates.

    Raises:
        ComponentError: it may not look, or asks about what is no speech.
    """
    view, what = tools.defense_view, asked.head["look"]
    if view is None or what not in ("refused", "traces") or (what == "traces" and not view.purifies):
        raise process.broken("a look at what it was not given", "none")
    told = asked.head.get("speech")
    with suppress(TypeError, ValueError, StopIteration):
        if isinstance(told, list) and len(told) == len(asked.arrays) and all(map(_is_sound, asked.arrays)):
            candidates = [_placed(one, device) for one in read_speech(told, iter(asked.arrays))]
            if all(_is_text(one.transcript) for one in candidates):
                if what == "refused":
                    return Message({"refused": view.refused(candidates)})
                return Message({}, tuple(array_of(trace) for trace in view.traces(candidates)))
    raise process.broken("a look at what is no speech", "speech")


def _changed(process: IsolatedProcess, reply: Message, original: Heard) -> Heard:
    told, done = reply.head, reply.head.get("mark")
    with suppress(TypeError, ValueError):
        words = read_words(told.get("words"))
        mark = None if done is None else Perturbation(*(plain(one) for one in done))
        if len(reply.arrays) == 1 and _is_sound(reply.arrays[0]) and _is_text(told.get("transcript")):
            waveform = torch.from_numpy(reply.arrays[0]).to(original.waveform.device)
            changed = replace(original, waveform=waveform, perturbation=mark, words=words)
            return replace(changed, transcript=told.get("transcript"))
    raise process.broken("what is no speech", "float32 samples, a transcript, words with times")


def _told_speech(speech: Sequence[Heard]) -> Message:
    return Message(
        {"speech": heard(speech, [one.speaker for one in speech], True)},
        tuple(array_of(one.waveform) for one in speech),
    )


def _placed(speech: Heard, device: torch.device) -> Heard:
    waveform: Tensor = speech.waveform.to(device)
    return replace(speech, waveform=waveform)


def _is_sound(samples: Array) -> bool:
    return bool(samples.dtype == np.float32 and samples.ndim == 1 and np.isfinite(samples).all())


def _is_text(text: object) -> bool:
    return text is None or isinstance(text, str)


def _state(rng: Rng) -> dict[str, Any]:
    """A Philox generator's state, as JSON.

    Raises:
        ComponentError: it is another kind of generator.
    """
    state: dict[str, Any] = dict(rng.bit_generator.state)
    if state["bit_generator"] != "Philox":
        raise ComponentError("rng", f"a generator {state['bit_generator']}", "a keyed one", "take it from bench.keyed")
    inner = {name: [int(one) for one in value] for name, value in state["state"].items()}
    return {**state, "state": inner, "buffer": [int(one) for one in state["buffer"]]}
