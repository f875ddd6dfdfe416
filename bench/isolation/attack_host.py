"""Attacks in the sandbox: searches begun, stepped and closed, effects applied, as they are asked for."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any, overload

import numpy as np
import torch

from bench.contracts.attacks import (
    Answer,
    AttackTools,
    DefenseLook,
    EffectTools,
    InformedAttack,
    KnownSpeech,
    LearningAttack,
    PastSearch,
    SpeechEffect,
    Steps,
)
from bench.contracts.perception import Perception
from bench.contracts.recipes import Recipe
from bench.contracts.searching import steps_of
from bench.core.heard import Heard
from bench.core.types import Rng
from bench.isolation.channel import ANYTHING, Array, Channel, Message
from bench.isolation.speech import array_of, heard, read_noises, read_samples, read_speech, samples_of, words_told
from bench.perturbations.rendering import attack_tools

_HERE = threading.local()
"""The connection on which this thread is asked something just now: looks go the same way."""


@dataclass(frozen=True)
class AttackHost:
    """Attacks in the sandbox.

    Args:
        build: makes a registered attack from its spec.
        tools: what was lent, in the order in which it came.
        searches: those that are running, by number.
    """

    build: Callable[[str], Any]
    tools: list[AttackTools] = field(default_factory=list)
    searches: dict[int, Steps] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def doing(self) -> dict[str, Callable[[Message, Channel], Message]]:
        """Give the methods by the kind of request."""
        searching = {"search": self._search, "answer": self._answer, "close": self._close}
        return {"tools": self._lent, "probe": self._probe, "apply": self._apply, "learn": self._learn, **searching}

    def _lent(self, request: Message, channel: Channel) -> Message:
        """Keep what attacks may use, and compute on as many threads as the referee."""
        head, samples = request.head, iter(request.arrays)
        torch.set_num_threads(head["threads"])
        noises = read_noises(head["noises"], samples)
        perception = Perception(head["name"], head["perceptible"], frozenset(head["imperceptible"]))
        tools = attack_tools(noises, perception, head["min_snr_db"], head["max_queries"], self.build)
        speech = tuple(read_speech(head["speech"], samples))
        validation, training = (_read_labelled(head[part], samples) for part in ("validation", "training"))
        tools = replace(tools, speech=speech, validation=validation, training=training)
        self.tools.append(replace(tools, degradation=head["degradation"]))
        return Message({"lent": True})

    def _search(self, request: Message, channel: Channel) -> Message:
        """Begin a search, and give what it tries first."""
        head = request.head
        arrays = iter(request.arrays)
        (original,) = read_speech(head["speech"], arrays)
        known = read_samples(arrays)
        view = None if head["purifies"] is None else DefenseLook(head["purifies"], _refused, _traces)
        transferred = None if head["transferred"] is None else Recipe.read(head["transferred"], known)
        tools = replace(self.tools[-1], transferred=transferred, defense_view=view, plan=head["plan"])
        own = {name: head[name] for name in ("label", "value", "rehearsing", "target")}
        tools = replace(tools, **own)
        steps = steps_of(self.build(head["spec"]), head["spec"], original, tools, _rng(head["state"]))
        number = next(self._numbers)
        self.searches[number] = steps
        return self._next(number, lambda: next(steps, None), channel)

    def _answer(self, request: Message, channel: Channel) -> Message:
        """Tell a search what came of its candidate, and give what it tries next."""
        number, steps = request.head["search"], self.searches[request.head["search"]]
        answer = Answer(**request.head["answer"])
        return self._next(number, lambda: steps.send(answer), channel)

    def _close(self, request: Message, channel: Channel) -> Message:
        """End a search."""
        _HERE.channel = channel
        self.searches.pop(request.head["search"]).close()
        return Message({"closed": True})

    def _next(self, number: int, step: Callable[[], Recipe | None], channel: Channel) -> Message:
        _HERE.channel = channel
        try:
            recipe = step()
        except StopIteration:
            recipe = None
        if recipe is None:
            del self.searches[number]
            return Message({"ended": True})
        return _told(recipe, search=number)

    def _probe(self, request: Message, channel: Channel) -> Message:
        """Give what an informed attack tries first of a category."""
        head, attack = request.head, self.build(request.head["spec"])
        assert isinstance(attack, InformedAttack), "only such a one is asked"
        (original,) = read_speech(head["speech"], iter(request.arrays))
        recipe = attack.probe(original, head["category"], self.tools[-1], _rng(head["state"]))
        return Message({"ended": True}) if recipe is None else _told(recipe)

    def _learn(self, request: Message, channel: Channel) -> Message:
        """Give the plan that an attack makes of a round of searches."""
        head, attack = request.head, self.build(request.head["spec"])
        assert isinstance(attack, LearningAttack), "only such a one is asked"
        known = read_samples(request.arrays)
        searches = [
            PastSearch(tuple((Recipe.read(recipe, known), Answer(**answer)) for recipe, answer in asked), label, value)
            for label, value, asked in head["searches"]
        ]
        return Message({"plan": dict(attack.learn(head["plan"], searches))})

    def _apply(self, request: Message, channel: Channel) -> Message:
        """Apply an effect."""
        _HERE.channel = channel
        head, effect = request.head, self.build(request.head["spec"])
        assert isinstance(effect, SpeechEffect), "only such a one is asked"
        (original,) = read_speech(head["speech"], iter(request.arrays))
        tools = EffectTools(self.tools[-1].noises, Others(head["others"]))
        found = effect.apply(original, tools, _rng(head["state"]))
        if found is None:
            return Message({"applies": False})
        done = None if found.perturbation is None else list(asdict(found.perturbation).values())
        told = {"applies": True, "transcript": found.transcript, "words": words_told(found.words), "mark": done}
        return Message(told, (array_of(found.waveform),))


class Others(Sequence[Heard]):
    """What else the same speaker says, fetched where somebody looks.

    Args:
        count: how many.
    """

    def __init__(self, count: int) -> None:
        self._count = count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, place: int) -> Heard: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Heard]: ...

    def __getitem__(self, place: int | slice) -> Heard | Sequence[Heard]:
        return self._all[place]

    @cached_property
    def _all(self) -> list[Heard]:
        answer = _asked_back(Message({"look": "others"}))
        return read_speech(answer.head["speech"], iter(answer.arrays))


def _read_labelled(told: dict[str, Any], samples: Iterator[Array]) -> tuple[KnownSpeech, ...]:
    """Speech that the attacker knows beforehand, with its labels."""
    return tuple(map(KnownSpeech, read_speech(told["speech"], samples), told["labels"], told["values"]))


def _told(recipe: Recipe, **more: int) -> Message:
    return Message({"recipe": str(recipe), **more}, tuple(samples_of([recipe])))


def _refused(candidates: Sequence[Heard]) -> list[bool]:
    found: list[bool] = _look("refused", candidates).head["refused"]
    return found


def _traces(candidates: Sequence[Heard]) -> list[torch.Tensor]:
    return [torch.from_numpy(trace) for trace in _look("traces", candidates).arrays]


def _look(what: str, candidates: Sequence[Heard]) -> Message:
    told = heard(candidates, [one.speaker for one in candidates], True)
    return _asked_back(Message({"look": what, "speech": told}, tuple(array_of(one.waveform) for one in candidates)))


def _asked_back(message: Message) -> Message:
    channel: Channel = _HERE.channel
    channel.send(message)
    return channel.receive(ANYTHING)


def _rng(state: dict[str, Any]) -> Rng:
    """The generator whose state the referee's was."""
    numbers = np.random.Philox()
    inner = {name: np.array(value, np.uint64) for name, value in state["state"].items()}
    told: Any = {**state, "state": inner, "buffer": np.array(state["buffer"], np.uint64)}
    numbers.state = told
    return np.random.Generator(numbers)
