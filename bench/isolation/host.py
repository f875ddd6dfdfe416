"""What runs in the sandbox: builds the component, and does what comes through the pipes until they are closed.

It is trusted by nobody: a component shares its memory. What it sends is checked on the other side.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import torch

from bench.contracts.attacks import InformedAttack, InformedByType, SpeechEffect
from bench.contracts.capabilities import Purifying, Refusing, values_of
from bench.contracts.component import Component
from bench.contracts.pipeline import Defended, check_defends
from bench.contracts.protocols import ChecksVictim, Fingerprinted, FitContext, TrainableVictim, TrainedAgainst, Victim
from bench.contracts.registry import Registry
from bench.contracts.traits import traits_of
from bench.contracts.variants import offered_by
from bench.core.computing.allocation import keep_memory
from bench.core.devices import compute_exactly
from bench.core.errors import BenchError, DataError, UsageError
from bench.core.noises import NoiseSet
from bench.core.specs import params_of
from bench.core.types import NoiseClip
from bench.isolation.attack_host import AttackHost
from bench.isolation.channel import ANYTHING, Array, Channel, ChannelError, Message
from bench.isolation.folder import packed, read_in
from bench.isolation.speech import array_of, read_batch, read_heard, read_labelled, read_noises, read_task
from bench.isolation.telling import Telling

_WITHOUT_TRAINING = frozenset(
    {"ask", "ask_values", "enroll", "trace", "search", "answer", "close", "probe", "apply", "learn"}
)


def main(told: str) -> None:
    """Serve until the pipes are closed.

    Args:
        told: JSON: the file descriptors of the connections, and limits in bytes.
    """
    about = json.loads(told)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, about["file"])
    if about["memory"] is not None:
        _limit(resource.RLIMIT_AS, about["memory"])
    host = Host(tuple(map(Path, about["plugins"])))
    channels = [Channel(*ends, waiting=True) for ends in about["channels"]]
    for channel in channels[1:]:
        threading.Thread(target=_serve, args=(host, channel), daemon=True).start()
    channels[0].send(Message({"ready": True}))
    _serve(host, channels[0])


def _limit(what: int, most: int) -> None:
    _, hard = resource.getrlimit(what)
    bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (bound, bound))


def _serve(host: Host, channel: Channel) -> None:
    """Answer one connection's requests, one after the other."""
    while True:
        try:
            request = channel.receive(ANYTHING)
            channel.send(_answered(host, request, channel))
        except ChannelError:
            os._exit(0)


def _answered(host: Host, request: Message, channel: Channel) -> Message:
    try:
        with torch.no_grad() if request.head["do"] in _WITHOUT_TRAINING else torch.enable_grad():
            return host.doing[request.head["do"]](request, channel)
    except torch.OutOfMemoryError:
        return Message({"error": ["memory"]})
    except BenchError as error:
        kind = next(one.__name__ for one in (UsageError, DataError, type(error)) if isinstance(error, one))
        return Message({"error": [kind, error.where, error.found, error.expected, error.remedy]})
    except BaseException as error:  # somebody else's code runs here, and may leave as a script does
        traceback.print_exc(file=sys.stderr)
        found = f"{type(error).__name__}: {error}"
        return Message({"error": ["ComponentError", request.head["do"], found, "no exception", "correct it"]})


@dataclass(frozen=True)
class Host:
    """What there is in the sandbox: components, fitted victims.

    Each method answers one kind of request.

    Args:
        plugins: plug-in files.
        victims: fitted here, loaded, or made known with speakers.
        devices: where each of them computes.
    """

    plugins: tuple[Path, ...]
    victims: list[Victim] = field(default_factory=list)
    devices: list[torch.device] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @cached_property
    def registry(self) -> Registry:
        """Find the components; this runs the plug-in files."""
        return Registry.discover(self.plugins, over=True)

    @cached_property
    def attacks(self) -> AttackHost:
        """Make what runs attacks."""
        return AttackHost(partial(self.registry.build, "attacks"))

    @property
    def doing(self) -> dict[str, Callable[[Message, Channel], Message]]:
        """Give the methods by the kind of request."""
        return {
            **{
                "describe": self._describe,
                "seen": self._seen,
                "check": self._check,
                "fit": self._fit,
                "load": self._load,
            },
            **{"save": self._save, "enroll": self._enroll, "ask": self._ask, "trace": self._trace},
            "ask_values": self._ask_values,
            **self.attacks.doing,
        }

    def _describe(self, request: Message, channel: Channel) -> Message:
        """Tell what a component is: spec, parameters, traits, fingerprint, what it is made of."""
        component = self._component(request)
        leaves = list(component.leaves())
        own = component.object
        told = {
            "spec": component.spec,
            "params": {} if component.parts else params_of(own),
            "traits": vars(component.traits)
            | {"threat_model": component.threat_model.to_json(), "anytime": component.anytime},
            "made_of": [list(one) for leaf in leaves for one in leaf.traits.made_of],
            "fingerprint": [leaf.object.fingerprint() for leaf in leaves if isinstance(leaf.object, Fingerprinted)],
            "checks": isinstance(own, ChecksVictim),
            "seen": any(isinstance(leaf.object, TrainedAgainst) for leaf in leaves),
            "effect": isinstance(own, SpeechEffect),
            "informed": isinstance(own, InformedAttack),
            "noise_types": list(own.noise_types) if isinstance(own, InformedByType) else [],
            "offers": [] if component.parts else offered_by(own),
        }
        return Message(told)

    def _seen(self, request: Message, channel: Channel) -> Message:
        """Tell which of a bank's categories a defence was trained against."""
        clips = [NoiseClip(name, name, torch.ones(1), name) for name in request.head["categories"]]
        return Message({"seen": sorted(self._component(request).seen(NoiseSet("bank", tuple(clips), "")))})

    def _check(self, request: Message, channel: Channel) -> Message:
        """Let a defence refuse a victim."""
        victim, defense = self._pair(request)
        if defense is not None:
            check_defends(defense.object, victim.object)
        return Message({"checked": True})

    def _fit(self, request: Message, channel: Channel) -> Message:
        """Train a victim under its defence, and keep it."""
        victim, defense = self._pair(request)
        head, samples = request.head, iter(request.arrays)
        train, valid = (read_labelled(head[part], samples) for part in ("train", "valid"))
        context = self._context(head, read_noises(head["noises"], samples), channel)
        self._check(request, channel)
        return self._known(_recipe(victim, defense).fit(train, valid, context), context.device)

    def _load(self, request: Message, channel: Channel) -> Message:
        """Load a fitted victim from its files."""
        victim, defense = self._pair(request)
        noises = NoiseSet(request.head["noises"]["name"], (), request.head["noises"]["fingerprint"])
        context = self._context(request.head, noises, channel)
        folder = Path(tempfile.mkdtemp())
        read_in(request, folder)
        return self._known(_recipe(victim, defense).load(folder, context), context.device)

    def _save(self, request: Message, channel: Channel) -> Message:
        """Give the files that a fitted victim saves."""
        folder = Path(tempfile.mkdtemp())
        self.victims[request.head["victim"]].save(folder)
        return packed(folder)

    def _enroll(self, request: Message, channel: Channel) -> Message:
        """Make a victim known with some speakers' speech."""
        told, place = request.head["speech"], request.head["victim"]
        waveforms = [torch.from_numpy(samples) for samples in request.arrays]
        return self._known(self.victims[place].enroll(read_heard(told, waveforms)), self.devices[place])

    def _ask(self, request: Message, channel: Channel) -> Message:
        """Ask a victim about a batch."""
        victim, batch = self._batch(request)
        refused: tuple[Array, ...] = ()
        if request.head["refuse"] and isinstance(victim, Refusing):
            log_probs, refusals = victim.answer_or_refuse(batch)
            refused = (array_of(refusals.to(torch.uint8)),)
        else:
            log_probs = victim.log_probs(batch)
        return Message({"answered": True}, (array_of(log_probs.float()), *refused))

    def _ask_values(self, request: Message, channel: Channel) -> Message:
        """Ask a victim about a batch, for numbers."""
        victim, batch = self._batch(request)
        return Message({"answered": True}, (array_of(values_of(victim, batch).float()),))

    def _trace(self, request: Message, channel: Channel) -> Message:
        """Show what a purifier leaves of a batch."""
        victim, batch = self._batch(request)
        assert isinstance(victim, Purifying), "only such a one is asked"
        return Message({"traced": True}, tuple(array_of(trace.float()) for trace in victim.trace(batch)))

    def _component(self, request: Message) -> Component:
        return self.registry.component(request.head["kind"], request.head["spec"])

    def _pair(self, request: Message) -> tuple[Component, Component | None]:
        victim, defense = request.head["victim_spec"], request.head["defense_spec"]
        around = self.registry.component("defenses", defense) if defense else None
        return self.registry.component("victims", victim), around

    def _context(self, head: Any, noises: NoiseSet, channel: Channel) -> FitContext:
        torch.set_num_threads(head["threads"])
        device, told, task = torch.device(head["device"]), Telling(channel), read_task(head["task"])
        compute_exactly(device)
        keep_memory()
        return FitContext(task, head["seed"], device, noises, told, self.registry.build, head["victim_spec"])

    def _batch(self, request: Message) -> tuple[Victim, Any]:
        head = request.head
        if torch.get_num_threads() != head["threads"]:
            torch.set_num_threads(head["threads"])
        device = self.devices[request.head["victim"]]
        return self.victims[head["victim"]], read_batch(head, request.arrays, device)

    def _known(self, victim: Victim, device: torch.device) -> Message:
        with self._lock:
            self.victims.append(victim)
            self.devices.append(device)
            place = len(self.victims) - 1
        abilities = [isinstance(victim, Refusing), isinstance(victim, Purifying)]
        told = {"victim": place, "concurrent": traits_of(victim).concurrent}
        return Message(told | dict(zip(("refuses", "purifies"), abilities, strict=True)))


def _recipe(victim: Component, defense: Component | None) -> TrainableVictim:
    recipe: TrainableVictim = victim.object
    return recipe if defense is None else Defended(recipe, defense.object)
