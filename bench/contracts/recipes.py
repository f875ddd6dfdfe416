"""Recipes: what an attack asks the referee to try, as plain data.

    Recipe(Overlay("rain-03", snr_db=10.5))
    Recipe(Effect("speed_segment", key=7), Overlay("rain-03", snr_db=12.0, offset=4_800))

An attack describes; [`bench.perturbations.rendering`][] makes the samples. So what a recipe says is what was done: its
name, its category and whether people were found to hear the same emotion follow from its parts, and any query of a run
can be rendered again. Times are whole samples at 16 kHz.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from itertools import islice
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from bench.contracts.recipe_values import RecipeError as RecipeError
from bench.contracts.recipe_values import level, one_of, span, tap, text, whole
from bench.core.types import NoiseClip, Rng

if TYPE_CHECKING:
    from torch import Tensor

Fade = Literal["", "out"]
Shape = Literal["", "gate", "flutter", "treble", "bass"]
SHAPES: tuple[Shape, ...] = ("gate", "flutter", "treble", "bass")
"""What an attacker who knows a purifier pre-distorts a noise with, see [`Overlay`][bench.contracts.recipes.Overlay]."""
_FADES, _SHAPES = ("", "out"), ("", *SHAPES)
LONGEST_FILTER = 1024
MOST_PARTS = 64


@dataclass(frozen=True, init=False)
class Overlay:
    """One sound of the noise bank laid over the speech.

    The sound is repeated where it is too short. Its level is measured after fade, filter and shape, before anything is
    clipped, against the speech that it lies on, without other overlays.

    Args:
        clip: the sound's id in the bank; a `NoiseClip` gives its own.
        snr_db: speech over sound, in dB, over the whole of the speech; from -300 to 300.
        offset: the sound's sample to begin with, from 0.
        segment: the speech's samples that it covers, the first and the one after the last; all of them by default.
        fade: "out" for a straight line from its own level to nothing at the segment's end.
        shape: "gate" lets it through where there is speech, "flutter" at the rate of syllables, "treble" and "bass"
            keep one end of its spectrum.
        filter: taps of a filter (finite impulse response) that it goes through, at most 1,024, each from -1e6 to 1e6;
            () for none.
    """

    clip: str
    snr_db: float
    offset: int = 0
    segment: tuple[int, int] | None = None
    fade: Fade = ""
    shape: Shape = ""
    filter: tuple[float, ...] = ()

    def __init__(
        self,
        clip: str | NoiseClip,
        snr_db: float,
        offset: int = 0,
        segment: Sequence[int] | None = None,
        fade: Fade = "",
        shape: Shape = "",
        filter: Sequence[float] = (),
    ) -> None:
        """Describe an overlay.

        Args:
            clip: the sound, or its id.
            snr_db: speech over sound, in dB.
            offset: the sound's sample to begin with.
            segment: the speech's samples that it covers, first and after the last; None for all.
            fade: "" or "out".
            shape: "" or one of `SHAPES`.
            filter: taps.

        Raises:
            RecipeError: a value is none that it can have.
        """
        told = vars(self)  # several are made for every query: what a frozen class has in its way is gone around
        told["clip"] = text("clip", clip.id if isinstance(clip, NoiseClip) else clip)
        told["snr_db"], told["offset"] = level(snr_db), whole("offset", offset)
        told["segment"] = None if segment is None else span("segment", segment)
        told["fade"], told["shape"] = one_of("fade", fade, _FADES), one_of("shape", shape, _SHAPES)
        taps = () if type(filter) is tuple and not filter else tuple(islice(filter, LONGEST_FILTER + 1))
        if len(taps) > LONGEST_FILTER:
            raise RecipeError(f"a filter of more than {LONGEST_FILTER} taps: so many at most")
        told["filter"] = tuple(map(tap, taps))


@dataclass(frozen=True)
class Effect:
    """One effect of the catalogue: a registered attack with `apply`.

    Args:
        spec: its spec, "speed_utterance:rate=0.75".
        key: what its draws are keyed by, a whole number from 0; the same key makes the same of the same speech.
    """

    spec: str
    key: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "spec", text("spec", self.spec))
        object.__setattr__(self, "key", whole("key", self.key))


def drawn_key(rng: Rng) -> int:
    """Draw the key of an effect, from 0 to 2³² − 1."""
    return int(rng.integers(1 << 32))


@dataclass(frozen=True)
class Words:
    """Other words: edits of the transcript, by its words between spaces. The sound stays as it is.

    Args:
        edits: for each the first word that goes, the one after the last, and the text that comes; in order, and none
            reaches into the next.
    """

    edits: tuple[tuple[int, int, str], ...]

    def __post_init__(self) -> None:
        edits: list[tuple[int, int, str]] = []
        for edit in map(tuple, self.edits):
            first, after = span("words", edit[:2]) if len(edit) == 3 else (-1, -1)
            if first < (edits[-1][1] if edits else 0):
                raise RecipeError(f"words {edit!r:.60}: (first, after the last, text), in order")
            edits.append((first, after, text("words", edit[2])))
        object.__setattr__(self, "edits", tuple(edits))


@dataclass(frozen=True, eq=False)
class Samples:
    """Samples that cannot be described: any sound of the attacker's own in the speech's place.

    Args:
        waveform: shape (t,), float32, at 16 kHz.
    """

    waveform: Tensor

    @property
    def digest(self) -> str:
        """Digest the samples: SHA-256 of their little-endian float32 bytes, in hexadecimal digits."""
        return hashlib.sha256(self.waveform.detach().cpu().contiguous().numpy().astype("<f4").tobytes()).hexdigest()


Part: TypeAlias = Overlay | Effect | Words | Samples
_KINDS: Mapping[str, type[Any]] = {"overlay": Overlay, "effect": Effect, "words": Words, "samples": Samples}
_FIRST = {"overlay": "clip", "effect": "spec", "words": "edits"}
"""By a part's name in JSON: the field that stands under that name."""
_PARTS = tuple(_KINDS.values())
_NAMES = {kind: name for name, kind in _KINDS.items()}
_MORE = {name: [(f.name, f.default) for f in fields(_KINDS[name]) if f.name != first] for name, first in _FIRST.items()}
"""Its other fields, each with what is left out."""
_ENCODED = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


@dataclass(frozen=True, init=False)
class Recipe:
    """What is to be done to one utterance, part after part.

    Args:
        parts: at least one and at most 64, in the order in which they are applied.
    """

    parts: tuple[Part, ...]

    def __init__(self, *parts: Part) -> None:
        """Describe a candidate.

        Raises:
            RecipeError: there is no part, or something that is none.
        """
        if not 1 <= len(parts) <= MOST_PARTS or not all(isinstance(part, _PARTS) for part in parts):
            names = ", ".join(type(part).__name__ for part in parts) or "nothing"
            raise RecipeError(f"a Recipe of {names}: Overlay, Effect, Words or Samples")
        vars(self)["parts"] = tuple(parts)

    def then(self, other: Recipe) -> Recipe:
        """Return the recipe with another one's parts after its own."""
        return Recipe(*self.parts, *other.parts)

    def copied(self) -> Recipe:
        """Return the recipe with copies of its samples, for code that might write to them; itself where it has none."""
        if not any(isinstance(part, Samples) for part in self.parts):
            return self
        return Recipe(*(Samples(part.waveform.clone()) if isinstance(part, Samples) else part for part in self.parts))

    def __str__(self) -> str:
        """Write the recipe as a line of JSON; samples by digest and number.

        >>> str(Recipe(Effect("fade_in"), Overlay("rain-03", 10.5, offset=4800)))
        '[{"effect":"fade_in"},{"overlay":"rain-03","snr_db":10.5,"offset":4800}]'
        """
        return f"[{','.join(map(_line, self.parts))}]"

    @classmethod
    def read(cls, text: str, samples: Mapping[str, Tensor] | None = None) -> Recipe:
        """Read a recipe from its line of JSON.

        Args:
            text: what `str` gives.
            samples: waveforms by their digests, for recipes with free samples.

        Raises:
            RecipeError: it is no recipe, or its samples are not given.

        >>> Recipe.read('[{"overlay":"rain-03","snr_db":10.5}]')
        Recipe(parts=(Overlay(clip='rain-03', snr_db=10.5, offset=0, segment=None, fade='', shape='', filter=()),))
        """
        try:
            found = json.loads(text)
            return cls(*(_read(part, samples or {}) for part in found))
        except RecipeError:
            raise
        except (TypeError, ValueError, AttributeError, LookupError, ArithmeticError, RecursionError) as error:
            raise RecipeError(f"{text!r:.80} ({error}): a line of JSON as records have it") from error


def _line(part: Part) -> str:
    """A part as JSON: what differs from the defaults."""
    if isinstance(part, Samples):
        return _ENCODED({"samples": part.digest, "n": part.waveform.shape[-1]})
    name = _NAMES.get(type(part)) or next(name for name, kind in _KINDS.items() if isinstance(part, kind))
    known = vars(part)
    more = [field for field, default in _MORE[name] if default is MISSING or known[field] != default]
    told = [f'"{name}":{_value(known[_FIRST[name]])}', *(f'"{field}":{_value(known[field])}' for field in more)]
    return f"{{{','.join(told)}}}"


def _value(value: Any) -> str:
    """Text, a number, which is finite, or several, as JSON: an encoder takes longer to begin than to write these."""
    if type(value) is str:
        return encode_basestring(value)
    if type(value) is tuple:
        return f"[{','.join(map(_value, value))}]"
    return repr(value) if type(value) is float or type(value) is int else _ENCODED(value)


def _read(told: Any, samples: Mapping[str, Tensor]) -> Part:
    if not isinstance(told, dict) or not told:
        raise RecipeError(f"{told!r:.60}: a part, by its name")
    name = next(iter(told))
    if name == "samples":
        if told[name] not in samples:
            raise RecipeError(f"samples {told[name]!r:.70} that are not kept: only accepted ones are")
        return Samples(samples[told[name]])
    values = {_FIRST[name]: told[name], **{key: value for key, value in told.items() if key != name}}
    if name == "words":
        values["edits"] = tuple(tuple(edit) for edit in values["edits"])
    part: Part = _KINDS[name](**values)
    return part
