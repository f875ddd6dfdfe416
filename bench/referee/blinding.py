"""What a victim is shown: sound, words and a token for the speaker. Labels, ids and marks pass in training alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from bench.contracts.protocols import Victim
from bench.core.batch import Batch
from bench.core.computing.torch_modes import check_modes, torch_modes
from bench.core.errors import ComponentError
from bench.core.rng import key_of
from bench.core.types import Utterance


@dataclass(frozen=True)
class Blinding:
    """How utterances are shown to one instance of a victim: no id, session, label, mark or metadata is among it.

    Args:
        key: names the cell and the instance: another key gives other tokens and another order of enrolment.
        tokens: what stands for each speaker; None leaves the names, for a defence that asks in training and has
            enrolled the speakers by them.
        words: whether the transcript is shown: to a victim that perceives text. Words with times are not: these were
            measured on clean speech, and tell of it whatever is done to the sound.
    """

    key: str = ""
    tokens: Mapping[str, str] | None = None
    words: bool = True

    @classmethod
    def of(cls, key: str, speech: Sequence[Utterance], words: bool = True) -> Blinding:
        """Give the speakers of some speech numbers, in an order that the key draws.

        The order rests on ids alone: who the speakers are called changes no number.

        Args:
            key: names the cell and the instance.
            speech: all utterances that will be enrolled or asked about.
            words: whether the transcript is shown.

        >>> said = [Utterance(name + "1", torch.zeros(1), speaker=name) for name in ("ann", "bob")]
        >>> sorted(Blinding.of("cell", said).tokens.values())
        ['0', '1']
        """
        first: dict[str, str] = {}
        for one in speech:
            first[one.speaker] = min(one.id, first.get(one.speaker, one.id))
        order = sorted(first, key=lambda speaker: (key_of("speaker", key, first[speaker]), first[speaker]))
        return cls(key, {speaker: str(number) for number, speaker in enumerate(order)}, words)

    def shown(self, utterance: Utterance, waveform: Tensor | None = None) -> Utterance:
        """Return what is shown of an utterance.

        Args:
            utterance: with all that is known of it.
            waveform: the samples that are shown; the utterance's own tensor by default.

        Raises:
            ComponentError: nobody has spoken of this speaker.
        """
        samples = utterance.waveform if waveform is None else waveform
        transcript = utterance.transcript if self.words else None
        return Utterance("", samples, self._token(utterance.speaker), transcript=transcript)

    def enrolment(self, clean: Sequence[Utterance]) -> list[Utterance]:
        """Return what is shown of speech that is enrolled: copies, in an order that the key draws."""
        order = sorted(clean, key=lambda one: (key_of("enrolment", self.key, one.id), one.id)) if self.key else clean
        return [replace(self.shown(one), waveform=one.waveform.clone()) for one in order]

    def batch(
        self,
        utterances: Sequence[Utterance],
        device: torch.device | None = None,
        sample_keys: Sequence[str] = (),
        sessions: Sequence[str] = (),
        padded: Tensor | None = None,
    ) -> Batch:
        """Put together what is shown of utterances that are asked about: copies, each a part of the padded tensor.

        Args:
            utterances: at least one.
            device: where the tensors go; by default where the waveforms are.
            sample_keys: one for each utterance, for a randomised victim's draws.
            sessions: one for each utterance, for a victim that remembers.
            padded: the samples that are shown, which nobody else has, shape (b, t); those of the utterances by default.
        """
        batch = Batch.of(utterances, device, sample_keys, padded)
        rows = zip(utterances, batch.waveforms.unbind(), strict=True)
        own = tuple(self.shown(one, row[: one.waveform.shape[-1]]) for one, row in rows)
        return Batch(own, batch.waveforms, batch.lengths, batch.sample_keys, tuple(sessions))

    def _token(self, speaker: str) -> str:
        if self.tokens is None:
            return speaker
        if speaker not in self.tokens:
            found, remedy = f"speaker {speaker!r}", "leave the speaker of an utterance as it is"
            raise ComponentError("the referee", found, "one of those that are attacked", remedy)
        return self.tokens[speaker]


NAMES_KEPT = Blinding()
"""For a victim that was enrolled by whoever asks: speakers keep their names, all else is left out."""


@dataclass(frozen=True)
class Instance:
    """A victim as it was loaded once and enrolled, and how it is shown what it is asked about.

    Args:
        victim: fitted and enrolled.
        blinding: how it was shown the enrolled speech.
    """

    victim: Victim
    blinding: Blinding = NAMES_KEPT

    @classmethod
    def enrolled(cls, victim: Victim, clean: Sequence[Utterance], blinding: Blinding) -> Instance:
        """Enrol a victim that was just loaded.

        Args:
            victim: fitted.
            clean: the speech that it may know.
            blinding: how it is shown that, and all that it will be asked about.
        """
        before = torch_modes()
        known = victim.enroll(blinding.enrolment(clean))
        check_modes(before, "enroll")
        return cls(known, blinding)
