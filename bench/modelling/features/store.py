"""Features kept in the user's cache, each under the digest of the sound that it was computed from.

Each has a digest of what it is, of which sound, and whose the folder is: what was moved there is not believed.

Everything that was missing is written as one file of safetensors, which is there at once or not at all, so that a
corpus of thousands of utterances makes dozens of files. What is in a file is read off its header; two processes may
write the same features twice, which costs disk and nothing else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from bench.core.code.keys import fingerprint
from bench.core.errors import RoomError
from bench.core.storage.cache import appearing_file


@dataclass(frozen=True)
class FeatureStore:
    """A folder of features of one kind.

    Args:
        folder: its name must change with whatever the features depend on beside the sound.
    """

    folder: Path

    def find(self, keys: Collection[str]) -> dict[str, Tensor]:
        """Read the features of those `keys` that are there; what is damaged counts as not there."""
        wanted, found = set(keys), dict[str, Tensor]()
        for file in sorted(self.folder.glob("*.safetensors")):
            if not wanted:
                break
            try:
                with safe_open(file, framework="pt") as kept:
                    digests = kept.metadata() or {}
                    there = {key: kept.get_tensor(key) for key in wanted.intersection(kept.keys())}
                whole = {key: one for key, one in there.items() if digests.get(key) == self._digest(key, one)}
            except (OSError, SafetensorError, TypeError):  # TypeError: numbers of a kind that NumPy does not have
                continue
            found |= whole
            wanted -= whole.keys()
        return found

    def keep(self, features: Mapping[str, Tensor]) -> None:
        """Write features by their keys.

        Raises:
            UsageError: the folder cannot be written to, or its disk is full.
        """
        final = self.folder / f"{fingerprint(sorted(features))}.safetensors"
        with self._room(), appearing_file(final) as temporary:
            tensors = {key: tensor.contiguous() for key, tensor in features.items()}
            save_file(tensors, temporary, {key: self._digest(key, tensor) for key, tensor in tensors.items()})

    def _digest(self, key: str, tensor: Tensor) -> str:
        """What a tensor holds, by its shape and its bytes, and where it belongs."""
        digest = hashlib.sha256(f"{self.folder.name} {key} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().data)
        return digest.hexdigest()[:32]

    @contextmanager
    def _room(self) -> Iterator[None]:
        try:
            yield
        except (OSError, SafetensorError, RoomError) as error:
            expected = "a folder that can be written to, with 36 MB for each hour of sound"
            remedy = "free space, or set SERBENCH_CACHE to a folder on another disk"
            raise RoomError(self.folder, f"no room for features ({error})", expected, remedy) from error
