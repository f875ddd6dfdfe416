"""A noise bank that has been read."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from bench.core.errors import DataError, UsageError
from bench.core.rng import key_of
from bench.core.types import Half, NoiseClip, Part, Rng

if TYPE_CHECKING:
    import torch


NOT_UNDER_SPEECH = frozenset({"laugh", "cry", "rir"})
"""Categories that are no noise under speech: laughs and cries are appended to it, room responses are filters."""


@dataclass(frozen=True)
class NoiseSet:
    """The clips of a noise bank, by category.

    Args:
        name: the bank, as it stands in records ("embedded", "folder").
        clips: in a fixed order.
        fingerprint: changes whenever any sample or category changes.
    """

    name: str
    clips: tuple[NoiseClip, ...]
    fingerprint: str

    @cached_property
    def by_category(self) -> dict[str, tuple[NoiseClip, ...]]:
        """Group the clips by their category, categories in alphabetical order."""
        groups: dict[str, list[NoiseClip]] = defaultdict(list)
        for clip in self.clips:
            groups[clip.category].append(clip)
        return {category: tuple(groups[category]) for category in sorted(groups)}

    def on(self, device: torch.device) -> NoiseSet:
        """Return the bank with its sounds on a device: itself where they are there."""
        if all(clip.waveform.device.type == device.type for clip in self.clips):
            return self
        clips = tuple(replace(clip, waveform=clip.waveform.to(device)) for clip in self.clips)
        return NoiseSet(self.name, clips, self.fingerprint)

    def copied(self, device: torch.device | None = None) -> NoiseSet:
        """Copy the bank, samples and all, for code that might write to it.

        Args:
            device: where the copy goes; None for where each clip is.
        """
        clips = (replace(clip, waveform=clip.waveform.to(device, copy=True)) for clip in self.clips)
        return NoiseSet(self.name, tuple(clips), self.fingerprint)

    @property
    def categories(self) -> tuple[str, ...]:
        """List the categories, in alphabetical order."""
        return tuple(self.by_category)

    @property
    def ambient(self) -> tuple[str, ...]:
        """List the categories of sounds that can lie under speech: all but laughs and cries, which are appended to it,
        and room responses.
        """
        return tuple(category for category in self.categories if category not in NOT_UNDER_SPEECH)

    @property
    def sounding(self) -> tuple[str, ...]:
        """List the categories of sounds: all but room responses, which are filters."""
        return tuple(category for category in self.categories if category != "rir")

    @cached_property
    def under_speech(self) -> tuple[NoiseClip, ...]:
        """List the clips that can lie under speech, those of the categories `ambient`, in the bank's order."""
        ambient = self.ambient
        return tuple(clip for clip in self.clips if clip.category in ambient)

    def of(self, category: str) -> tuple[NoiseClip, ...]:
        """Return the clips of one category.

        Raises:
            UsageError: the bank has no such category.
        """
        if category not in self.by_category:
            raise UsageError(
                f"noise bank {self.name!r}",
                f"no category {category!r}",
                "one of " + ", ".join(self.categories),
                "map a folder to it with --noise-map, or leave it out of the component's categories",
            )
        return self.by_category[category]

    def heard(self, *sounds: str) -> tuple[NoiseClip, ...]:
        """Return the clips in which one of these sounds is heard; an empty tuple where there are none.

        A clip is known by its category or by its collection's own label, whole words compared without regard to case
        ("laugh" is not "laughing": name both).

        >>> import torch
        >>> clip = NoiseClip("1-1-A-26", "human", torch.ones(1), "1", label="laughing")
        >>> len(NoiseSet("esc50", (clip,), "").heard("laugh", "laughing"))
        1
        """
        if sounds not in self._heard:
            wanted = {sound.casefold() for sound in sounds}
            found = (clip for clip in self.clips if {clip.category.casefold(), clip.label.casefold()} & wanted)
            self._heard[sounds] = tuple(found)
        return self._heard[sounds]

    @cached_property
    def _heard(self) -> dict[tuple[str, ...], tuple[NoiseClip, ...]]:
        return {}

    def clip(self, id: str) -> NoiseClip:
        """Return the clip of this id.

        Raises:
            KeyError: there is none.
        """
        return self._by_id[id]

    @cached_property
    def _by_id(self) -> dict[str, NoiseClip]:
        return {clip.id: clip for clip in self.clips}

    def draw(self, rng: Rng, category: str) -> NoiseClip:
        """Draw a clip of a category at random, each as likely as the others.

        Args:
            rng: what to draw from.
            category: one of `categories`.

        Raises:
            UsageError: the bank has no such category.
        """
        clips = self.of(category)
        return clips[int(rng.integers(len(clips)))]

    def part(self, part: Part) -> NoiseSet:
        """Return one half of the bank, split by source recording, so that no sound trains a defence and attacks it too.

        The sources of each category are ordered by a hash of their names and dealt out in turn: the split depends on
        nothing but the names. A source that several categories share stands on one side in all of them.

        Raises:
            DataError: a category has a single source, which cannot stand in both parts, or no source but those that
                another category has already put on one side.
        """
        expected = "at least two, so that defences train on other sounds than those that attack"
        if "part" not in self._halves:
            self._halves["part"] = self._dealt("part", ("test", "train"), expected)
        return self._halves["part"][part]

    def half(self, half: Half) -> NoiseSet:
        """Return one half of the bank, split by source recording within each category: no sound stands in both.

        Raises:
            DataError: a category has a single source, as in `part`.
        """
        expected = "at least two of those that attack, so that there is one for either half"
        if "half" not in self._halves:
            self._halves["half"] = self._dealt("half", ("first", "second"), expected)
        return self._halves["half"][half]

    @cached_property
    def _halves(self) -> dict[str, dict[str, NoiseSet]]:
        return {}

    def _dealt(self, key: str, names: tuple[str, str], expected: str) -> dict[str, NoiseSet]:
        """Both halves, by their names.

        Args:
            key: of the order in which sources are dealt out.
            names: of the halves; the first is dealt to first.
            expected: how many sources a category should have, and why, for the message.
        """
        one, other = names
        side: dict[str, str] = {}
        for category, clips in self.by_category.items():
            sources = sorted({clip.source for clip in clips}, key=lambda source: (key_of(key, source), source))
            count = Counter(side[source] for source in sources if source in side)
            for source in sources:
                if source not in side:
                    side[source] = one if count[one] <= count[other] else other
                    count[side[source]] += 1
            if not (count[one] and count[other]):
                raise DataError(
                    f"noise bank {self.name!r}, category {category!r}",
                    f"one source recording ({sources[0]})" if len(sources) == 1 else "sources that stand on one side",
                    expected,
                    "add recordings to the category, or remove it",
                )
        kept = {name: tuple(clip for clip in self.clips if side[clip.source] == name) for name in names}
        return {name: NoiseSet(self.name, kept[name], f"{self.fingerprint}/{name}") for name in names}


class LentNoises(NoiseSet):
    """A bank lent to code that might write to it: copied, samples and all, when its clips are first looked at."""

    @classmethod
    def copying(cls, bank: NoiseSet, device: torch.device) -> LentNoises:
        """Lend a bank.

        Args:
            bank: nobody else may write to it.
            device: where the copy goes.
        """
        lent = cls.__new__(cls)
        vars(lent).update(name=bank.name, fingerprint=bank.fingerprint, _copied=lambda: bank.copied(device).clips)
        return lent

    @classmethod
    def guarding(cls, bank: NoiseSet) -> LentNoises:
        """Lend a bank whose samples are copied, clip by clip, whenever somebody looks: to write to it is of no use.

        Args:
            bank: nobody else may write to it.
        """
        lent = cls.__new__(cls)
        vars(lent).update(name=bank.name, fingerprint=bank.fingerprint)
        vars(lent).update(_copied=lambda: tuple(map(_GuardedClip.of, bank.clips)))
        return lent

    def __getattr__(self, name: str) -> tuple[NoiseClip, ...]:
        own = vars(self)
        if name != "clips" or "_copied" not in own:
            raise AttributeError(name)
        clips: tuple[NoiseClip, ...] = own.setdefault("clips", own["_copied"]())
        return clips

    def __reduce__(self) -> tuple[type[NoiseSet], tuple[str, tuple[NoiseClip, ...], str]]:
        return NoiseSet, (self.name, self.clips, self.fingerprint)


class _GuardedClip(NoiseClip):
    """A clip that gives a copy of its samples to whoever looks."""

    @classmethod
    def of(cls, clip: NoiseClip) -> _GuardedClip:
        guarded = cls.__new__(cls)
        known = {name: value for name, value in vars(clip).items() if name != "waveform"}
        vars(guarded).update(known, _copied=clip.waveform.clone)
        return guarded

    def __getattr__(self, name: str) -> torch.Tensor:
        own = vars(self)
        if name != "waveform" or "_copied" not in own:
            raise AttributeError(name)
        samples: torch.Tensor = own["_copied"]()
        return samples
