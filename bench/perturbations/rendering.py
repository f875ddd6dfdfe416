"""Recipes rendered: from plain data to samples and words. What a recipe says is what is done here.

A recipe's samples depend on the recipe, the speech and the bank alone: never on what else is rendered, on batches or
on threads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from torch import Tensor

from bench.audio.signal import energy
from bench.audio.signal.levels import known_bounded
from bench.contracts.attacks import AttackTools, EffectTools, SpeechEffect
from bench.contracts.perception import Perception
from bench.contracts.recipes import Effect, Overlay, Part, Recipe, RecipeError, Words
from bench.core.computing.lazy import lazy
from bench.core.errors import UsageError
from bench.core.heard import Heard
from bench.core.noises import LentNoises, NoiseSet
from bench.core.rng import generator_of
from bench.core.specs import JOINED, spec_of
from bench.core.types import SAMPLE_RATE, SIGNAL, NoiseClip, Perturbation
from bench.perturbations.laying import Rendered as Rendered
from bench.perturbations.overlays import Bed
from bench.perturbations.rewording import reworded
from bench.perturbations.taking import taken

LONGEST, LONGEST_S = 8, 60
"""Speech may become so many times as long, and so many seconds more: effects on top of effects have no other end."""


@dataclass(frozen=True)
class Renderer:
    """Makes samples of recipes.

    Args:
        noises: the bank that overlays take their sounds from; out of others' reach.
        component: builds a registered attack from its spec.
        guards: whether each effect is given a bank of its own, which it may write to as it likes; else all have this.
        own: effects that are not registered, by the spec that recipes name them by.
    """

    noises: NoiseSet
    component: Callable[[str], object]
    guards: bool = False
    own: Mapping[str, object] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)
    _banks: dict[str, NoiseSet] = field(default_factory=dict, init=False, repr=False, compare=False)

    def of(self, original: Heard, others: Sequence[Heard] = ()) -> Rendering:
        """Begin rendering recipes for one stretch of speech.

        Args:
            original: what they are applied to.
            others: what else the same speaker says.
        """
        return Rendering(self, original, others)

    def lent(self, spec: str) -> NoiseSet:
        """Return the bank as an effect is given it.

        Args:
            spec: the effect's.
        """
        if not self.guards:
            return self.noises
        name = spec.partition(":")[0]
        return self._banks.get(name) or self._banks.setdefault(name, LentNoises.guarding(self.noises))

    def heard(self, original: Heard, recipe: Recipe) -> Heard | None:
        """Render one recipe.

        Args:
            original: what it is applied to.
            recipe: what is to be done.

        Returns:
            What is heard then, within [-1, 1]; None where the recipe does not apply.

        Raises:
            RecipeError: it names a sound or an effect that there is not.
            ComponentError: an effect broke its contract.
        """
        found = self.of(original).rendered(recipe)
        silent = found is not None and found.gain is not None and float(found.gain) == 0
        return None if found is None or silent else found.heard

    def effect(self, spec: str) -> SpeechEffect:
        """Find an effect by its spec.

        Raises:
            RecipeError: there is none, or it is a search.
        """
        try:
            found = self.own[spec] if spec in self.own else self.component(spec)
        except UsageError as error:
            raise RecipeError(f"effect {spec!r:.80}: {error}") from error
        if not isinstance(found, SpeechEffect):
            raise RecipeError(f"effect {spec!r:.80}: it has no apply, so it is none")
        return found

    def canonical(self, recipe: Recipe) -> Recipe:
        """Return the recipe with its effects' specs as records name them: only what differs from the defaults.

        Raises:
            RecipeError: it names an effect that there is not.
        """
        if not any(isinstance(part, Effect) for part in recipe.parts):
            return recipe
        return Recipe(*(self._named(part) if isinstance(part, Effect) else part for part in recipe.parts))

    def _named(self, part: Effect) -> Effect:
        if part.spec in self.own:
            return part
        if part.spec not in self._names:  # the name alone is kept: each candidate gets an effect of its own
            self._names[part.spec] = spec_of(part.spec.partition(":")[0], self.effect(part.spec))
        name = self._names[part.spec]
        return part if name == part.spec else replace(part, spec=name)


@dataclass(frozen=True)
class _Base:
    """What parts have made of the speech, and what each has done."""

    heard: Heard
    notes: tuple[Perturbation, ...] = ()


@dataclass
class Rendering:
    """Recipes rendered for one stretch of speech, one after the other; what the next shares with the last is kept.

    Args:
        renderer: noises and effects.
        original: the speech.
        others: what else the same speaker says, for effects.
    """

    renderer: Renderer
    original: Heard
    others: Sequence[Heard] = ()
    _kept: tuple[tuple[Part, ...], _Base | None] | None = field(default=None, init=False)
    _loud: Tensor | None = field(default=None, init=False)
    _beds: dict[tuple[object, ...], Bed | None] = field(default_factory=dict, init=False)
    _ramps: dict[int, Tensor] = field(default_factory=dict, init=False)

    def rendered(self, recipe: Recipe) -> Rendered | None:
        """Render a recipe.

        Args:
            recipe: what is to be done to the speech.

        Returns:
            None where a part does not apply; where an overlay is silent, its `gain` says so.

        Raises:
            RecipeError: it names a sound or an effect that there is not.
            ComponentError: an effect broke its contract.
        """
        first, on_top = _split(recipe)
        base = self._prefix(first)
        beds = None if base is None else self._laid(base.heard.waveform, on_top)
        if base is None or beds is None:
            return None
        below = [part for part in first if not isinstance(part, Overlay)]
        clean = base if len(below) == len(first) else self._changed(below)
        if clean is None:
            return None
        done = _joined((*base.notes, *map(self._note, on_top)))
        overlaid = bool(on_top) or len(below) < len(first)
        levels = tuple(overlay.snr_db for overlay in on_top)
        bounded = base.heard.waveform is self.original.waveform and self._bounded
        return Rendered(base.heard, clean.heard.waveform, done, overlaid, tuple(beds), levels, bounded)

    @lazy
    def _bounded(self) -> bool:
        """Whether the original is known to lie within [-1, 1]."""
        return known_bounded(self.original.waveform)

    def _prefix(self, parts: tuple[Part, ...]) -> _Base | None:
        """The speech after all parts but the overlays at the end."""
        if self._kept is None or self._kept[0] != parts:
            self._beds.clear()
            self._kept, self._loud = (parts, self._changed(parts)), None
        return self._kept[1]

    def _changed(self, parts: Sequence[Part]) -> _Base | None:
        base = _Base(self.original)
        for part in parts:
            heard = self._part(base.heard, part)
            if heard is None:
                return None
            base = _Base(replace(heard, perturbation=None), (*base.notes, heard.perturbation or Perturbation("", "")))
        return base

    def _part(self, heard: Heard, part: Part) -> Heard | None:
        """What one part makes of what is heard; its `perturbation` is what was done."""
        if isinstance(part, Effect):
            return self._effect(heard, part)
        if isinstance(part, Overlay):
            laid = Bed.of(part, self._clip(part).waveform, heard.waveform)
            if laid is None or float(laid.gain) == 0:
                return None
            return replace(heard, waveform=laid.over(heard.waveform, part.snr_db), perturbation=self._note(part))
        if isinstance(part, Words):
            edited = reworded(heard, part.edits)
            done = Perturbation("words", "text", f"{len(part.edits)} edits")
            return None if edited is None else replace(edited, perturbation=done)
        done = Perturbation("samples", SIGNAL, part.digest[:16])
        return replace(heard, waveform=part.waveform.to(heard.waveform.device), perturbation=done)

    def _effect(self, heard: Heard, part: Effect) -> Heard | None:
        given = replace(heard, waveform=heard.waveform.clone())  # an effect may be somebody else's code
        tools = EffectTools(self.renderer.lent(part.spec), self.others)
        changed = self.renderer.effect(part.spec).apply(given, tools, generator_of(part.key))
        if changed is None:
            return None
        found = taken(f"effect {part.spec!r}", changed, heard)
        if len(found.waveform) > LONGEST * len(self.original.waveform) + LONGEST_S * SAMPLE_RATE:
            raise RecipeError(f"effect {part.spec!r}: {found.duration_s:.0f} s of {self.original.duration_s:.1f} s")
        told = found.perturbation or Perturbation("", SIGNAL)
        return replace(found, perturbation=Perturbation(part.spec.partition(":")[0], told.category, told.source))

    def _laid(self, speech: Tensor, overlays: Sequence[Overlay]) -> list[Bed] | None:
        """The overlays at the end; None where one would cover no sample."""
        if overlays and self._loud is None:
            self._loud = energy(speech)
        places = [_place(overlay) for overlay in overlays]
        self._beds = {place: one for place, one in self._beds.items() if place in places}
        found = []
        for place, overlay in zip(places, overlays, strict=True):
            if place not in self._beds:
                self._beds[place] = Bed.of(overlay, self._clip(overlay).waveform, speech, self._loud, self._ramps)
            one = self._beds[place]
            if one is None:
                return None
            found.append(one)
        return found

    def _clip(self, overlay: Overlay) -> NoiseClip:
        try:
            return self.renderer.noises.clip(overlay.clip)
        except KeyError:
            raise RecipeError(f"clip {overlay.clip!r:.80}: noise bank {self.renderer.noises.name!r} has none") from None

    def _note(self, overlay: Overlay) -> Perturbation:
        return Perturbation("noise", self._clip(overlay).category, overlay.clip)


def _split(recipe: Recipe) -> tuple[tuple[Part, ...], list[Overlay]]:
    """A recipe's parts up to the overlays at its end, and those."""
    last = len(recipe.parts)
    while last and isinstance(recipe.parts[last - 1], Overlay):
        last -= 1
    return recipe.parts[:last], [part for part in recipe.parts[last:] if isinstance(part, Overlay)]


def _place(overlay: Overlay) -> tuple[object, ...]:
    """All of an overlay but its level."""
    return overlay.clip, overlay.offset, overlay.segment, overlay.fade, overlay.shape, overlay.filter


def _joined(notes: Sequence[Perturbation]) -> Perturbation:
    """What was done by all parts, as one."""
    if len(notes) == 1:
        return notes[0]
    return Perturbation(
        JOINED.join(note.name for note in notes),
        JOINED.join(dict.fromkeys(note.category for note in notes)),
        " + ".join(note.source for note in notes),
    )


def attack_tools(
    noises: NoiseSet,
    perception: Perception,
    min_snr_db: float,
    max_queries: int | None,
    component: Callable[[str], object],
) -> AttackTools:
    """Put together what an attack may use; the referee adds what it lends of the speech.

    Args:
        noises: the attack's own copy of the bank: it may write to it.
        perception: which perturbations people do not hear as another emotion.
        min_snr_db: a candidate must lie above this SNR to count.
        max_queries: the budget of each search; None where it is not to be known.
        component: builds a registered attack from its spec.
    """
    render = Renderer(noises, component).heard
    return AttackTools(noises, perception, min_snr_db, max_queries, component, render)
