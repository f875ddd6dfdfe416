"""What an attack made of one sound."""

from __future__ import annotations

import base64
import html
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.audio.writing import wav_of
from bench.core.errors import RoomError, UsageError

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, repr=False)
class Attacked:
    """What an attack made of one sound; a notebook shows it with both sounds to play.

    Args:
        original: as it was, shape (t,), at 16 kHz.
        sound: the adversarial sound, shape (n,), rounded to 16 bits as the file will be; None where none was found.
        before: the model's label of the original.
        after: its label of the adversarial sound; of the original, where none was found.
        queries: how many queries the first success took; None where there was none.
        asked: how many queries were made.
        snr_db: of the adversarial sound, in dB; None where its length was changed, or none was found.
        what: what was done: the noise's category and sound, or the effect.
        recipe: a line of JSON from which it can be rendered again; "" where none was found.
    """

    original: Tensor
    sound: Tensor | None
    before: str
    after: str
    queries: int | None
    asked: int
    snr_db: float | None
    what: str
    recipe: str

    @property
    def success(self) -> bool:
        """Tell whether an adversarial sound was found."""
        return self.sound is not None

    def save(self, path: str | Path) -> Path:
        """Write the adversarial sound as a WAV file: 16 bits, 16 kHz, mono.

        Args:
            path: the file; its folder must be there.

        Returns:
            The file.

        Raises:
            UsageError: there is none, or it cannot be written there.
        """
        if self.sound is None:
            found = f"no adversarial sound: {self.before!r} held against {self.asked} queries"
            raise UsageError("save", found, "one", "ask more often (k=100), or with another attack")
        file = Path(path).expanduser()
        try:
            file.write_bytes(wav_of(self.sound))
        except OSError as error:
            raise RoomError(
                file, error.strerror or str(error), "a file that can be written", "choose another"
            ) from error
        return file

    def __str__(self) -> str:
        if not self.success:
            return f"{self.before!r} held against {self.asked} queries"
        level = "its length changed" if self.snr_db is None else f"SNR {self.snr_db:.1f} dB"
        return f"{self.before!r} became {self.after!r} at query {self.queries} of {self.asked}: {self.what}, {level}"

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        """Show it in a notebook, with both sounds to play."""
        sounds = [("original", self.before, self.original), ("attacked", self.after, self.sound)]
        rows = [
            f"<tr><td>{name}</td><td>{html.escape(label)}</td><td>{_player(sound)}</td></tr>"
            for name, label, sound in sounds
            if sound is not None
        ]
        return f"<p>{html.escape(str(self))}</p><table>{''.join(rows)}</table>"


def _player(sound: Tensor) -> str:
    data = base64.b64encode(wav_of(sound)).decode("ascii")
    return f'<audio controls src="data:audio/wav;base64,{data}"></audio>'
