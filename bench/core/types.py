"""What flows through the harness: plain frozen data, no behaviour beyond reading it.

Nothing here imports torch or NumPy at run time, so that `bench --help` stays fast.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from numpy.random import Generator
    from torch import Tensor

SAMPLE_RATE = 16_000
"""Hertz. Every waveform inside the harness has this rate; corpora and noise banks resample on reading."""

Rng: TypeAlias = "Generator"
"""A keyed NumPy generator, from [`bench.core.rng.keyed`][]."""

Label = str

MASK = "[MASK]"
"""What stands in a transcript for a word that an attack has hidden. A text victim replaces it by its tokenizer's own
mask token."""

SIGNAL = "signal"
"""The category of what is done to the utterance itself, beside those of a noise bank."""

REFUSED = "(refused)"
"""What stands in a record for the label where the victim would not answer."""

SCRIPTED = "scripted"
"""What an utterance's metadata "style" says of speech that was read or learnt by heart, where a corpus tells; speech
that the speaker made up is "improvised"."""


@dataclass(frozen=True)
class Phone:
    """One speech sound and its time within the utterance.

    Args:
        label: the sound, in the corpus's own notation.
        start_s: where it begins, in seconds from the utterance's start.
        end_s: where it ends, in seconds.
    """

    label: str
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Word:
    """One word and its time within the utterance, with its phones where they are known.

    Args:
        text: the word.
        start_s: where it begins, in seconds from the utterance's start.
        end_s: where it ends, in seconds.
        phones: its speech sounds with their times; empty where they are not known.
    """

    text: str
    start_s: float
    end_s: float
    phones: tuple[Phone, ...] = ()


@dataclass(frozen=True)
class Perturbation:
    """What was done to an utterance.

    Args:
        name: the effect, by the name under which people's perception of it was studied ("noise", "fade_in",
            "speed_utterance"). The perception table decides from it whether the result is imperceptible for emotion.
        category: "natural", "human", "interior" and so on for a sound of the noise bank; "signal" for a manipulation
            of the utterance itself.
        source: which sound, or which setting: "rain-03", "rate=1.25". For the reader of a record; utterances with the
            same one share a sound, unless the effect declares `Traits.settings`.
    """

    name: str
    category: str
    source: str = ""


@dataclass(frozen=True)
class Utterance:
    """One stretch of speech by one speaker.

    Args:
        id: unique within its corpus, and stable from one version of the software to the next.
        waveform: shape (t,), float32, in [-1, 1], at 16 kHz. Never written to: make a new one with
            `dataclasses.replace`. Shape (0,) where there are words alone (MELD's transcripts without its videos).
        speaker: who speaks; no speaker ever stands in two parts of a split.
        session: the recording session, where the corpus has sessions.
        transcript: the words, where they are known.
        words: the words with their times, where they are known.
        emotion: "anger", "happiness", "sadness", "neutral", ... or None where not annotated.
        activation: from 1 (calm) to 5 (excited), or None.
        valence: from 1 (negative) to 5 (positive), or None.
        dominance: from 1 (weak) to 5 (dominant), or None.
        perturbation: what an attack did to it; None for an utterance as it was recorded.
        metadata: whatever else the corpus says of it, as text.
        rate_hz: of the file that it was read from, which is at what rate a success has to live on as a file. The
            waveform is at 16 kHz whatever this is.
    """

    id: str
    waveform: Tensor
    speaker: str
    session: str | None = None
    transcript: str | None = None
    words: tuple[Word, ...] | None = None
    emotion: str | None = None
    activation: float | None = None
    valence: float | None = None
    dominance: float | None = None
    perturbation: Perturbation | None = None
    metadata: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    rate_hz: int = SAMPLE_RATE

    @property
    def duration_s(self) -> float:
        """Compute the length of the waveform in seconds."""
        return self.waveform.shape[-1] / SAMPLE_RATE

    @property
    def has_sound(self) -> bool:
        """Say whether there is anything to hear; an utterance may be words alone."""
        return self.waveform.shape[-1] > 0


@dataclass(frozen=True)
class Dataset:
    """A corpus that has been read.

    Args:
        name: the corpus, as it stands in records ("emodb").
        utterances: in a fixed order.
        fingerprint: changes whenever any sample or annotation changes; part of every result's key.
    """

    name: str
    utterances: tuple[Utterance, ...]
    fingerprint: str


@dataclass(frozen=True)
class NoiseClip:
    """One sound of a noise bank.

    Args:
        id: unique within the bank.
        category: "natural", "human", "interior", "crowd", "meeting", "station", "white", or the user's own.
        waveform: shape (t,), float32, in [-1, 1], at 16 kHz, not silent.
        source: the recording it was cut from. Clips of one source never stand in both parts of a bank.
        label: what is heard, by the collection's own class name ("laughing", "dog"); "" where it gives none.
    """

    id: str
    category: str
    waveform: Tensor
    source: str
    label: str = ""


Modality = Literal["sound", "text"]
"""What a victim perceives of an utterance: its trait `modalities`; sound, where it declares none."""

Part = Literal["train", "test"]
"""The halves of a noise bank: a defence trains on "train", an attack draws from "test"."""

Half = Literal["first", "second"]
"""The halves of what an attack draws from: what a search finds with either says how much hangs on these sounds."""


RATED = (1.0, 5.0)
"""The scale on which utterances hold ratings, whatever scale their corpus was rated on."""

LOWER, SAME, HIGHER = SHIFTED = ("lower", "same", "higher")
"""The classes of a dimensional task whose rule is a shift: where a number lies from the answer about clean speech."""


@dataclass(frozen=True)
class Task:
    """What a victim is asked to tell: a class; or, where the task has a `scale`, a number on it.

    In such a dimensional task, what counts as another answer is a shift from the answer about the clean speech, or
    another of the bins that the scale is cut into.

    Args:
        name: as it stands in records ("ahsn", "activation3").
        classes: in the order of a victim's output columns; where the rule is a shift, `SHIFTED`.
        attribute: the field of an utterance that the label comes from.
        bins: for a rated attribute, the upper edges of all classes but the last (label = first bin with value <= edge);
            on the task's scale, where it has one, else from 1 to 5.
        merged: for emotions that count as a class of another name, pairs (emotion, class).
        improvised_only: whether utterances that their corpus marks as scripted (metadata "style") have no label. Where
            a corpus does not tell, every utterance may have one.
        scale: of a dimensional task, the numbers that stand for the lowest and the highest rating.
        shift: of a dimensional task without bins, by more than how much an answer has to move to be another one.
        direction: which way it has to move.
    """

    name: str
    classes: tuple[Label, ...]
    attribute: Literal["emotion", "activation", "valence", "dominance"]
    bins: tuple[float, ...] = ()
    merged: tuple[tuple[str, Label], ...] = ()
    improvised_only: bool = False
    scale: tuple[float, float] | None = None
    shift: float = 0.0
    direction: Literal["either", "up", "down"] = "either"

    @property
    def dimensional(self) -> bool:
        """Return whether a victim answers a number."""
        return self.scale is not None

    def rating_of(self, utterance: Utterance) -> float | None:
        """Return the utterance's rating on the task's scale, or from 1 to 5 where it has none; None where not rated."""
        rated = {"activation": utterance.activation, "valence": utterance.valence, "dominance": utterance.dominance}
        value = rated.get(self.attribute)
        if value is None or self._left_out(utterance):
            return None
        if self.scale is None or self.scale == RATED:
            return float(value)
        low, high = self.scale
        return low + (float(value) - RATED[0]) / (RATED[1] - RATED[0]) * (high - low)

    def label_of(self, utterance: Utterance) -> Label | None:
        """Return the utterance's class, or None where it has none in this task.

        Where the rule is a shift, that there is a rating is all that can be said before a victim has answered: `SAME`.
        """
        if self.attribute == "emotion":
            if utterance.emotion is None or self._left_out(utterance):
                return None
            label = dict(self.merged).get(utterance.emotion, utterance.emotion)
            return label if label in self.classes else None
        rating = self.rating_of(utterance)
        if rating is None:
            return None
        return self.classes[sum(rating > edge for edge in self.bins)] if self.bins else SAME

    def index_of(self, utterance: Utterance) -> int:
        """Give the utterance's class by its number, which is its column in a victim's output.

        Raises:
            ValueError: it has no label in this task.
        """
        label = self.label_of(utterance)
        if label is None:
            raise ValueError(f"{utterance.id!r} has no label in task {self.name!r}")
        return self.classes.index(label)

    def _left_out(self, utterance: Utterance) -> bool:
        return self.improvised_only and utterance.metadata.get("style") == SCRIPTED
