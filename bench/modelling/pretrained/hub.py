"""Models in the form of Hugging Face's transformers: a folder, or a name on the hub; looked at before they are read.

Weights are read from safetensors alone, and code that comes with a model is never run.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch

from bench.core.errors import UsageError
from bench.modelling.pretrained.borrowed import digest_of, module_for
from bench.modelling.pretrained.model_folders import check_files, inner_folders, read_settings
from bench.modelling.pretrained.model_sizes import refuse_oversized
from bench.modelling.seeding import seeded

_KINDS = ("*.json", "*.safetensors", "*.txt")
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl", "*.h5", "*.msgpack")
_UNUSED = ("pooler.", "masked_spec_embed")
"""Weights that a bare encoder may lack: for the pre-training's own tasks."""


@dataclass(frozen=True)
class ModelSource:
    """Where an encoder comes from, and what its user is told where it cannot be had.

    Args:
        where: who needs it, for messages: "victim 'bert_text'".
        extra: of the distribution, which brings what it takes.
        needed: the files beside the weights.
        instead: what to do where neither a folder nor the hub has it.
        rebuilds: whether a head of the model's own is rebuilt from its weights: its code, which `auto_map` names, is
            not needed then.
    """

    where: str
    extra: str
    needed: tuple[str, ...]
    instead: str
    rebuilds: bool = False

    @property
    def form(self) -> str:
        """Say what a folder should hold."""
        return f"a folder that save_pretrained wrote, with {', '.join(self.needed)} and model.safetensors"

    def folder(self, name: str, revision: str) -> Path:
        """Find the folder of a model, fetched from the hub where it is a name there.

        Args:
            name: a folder, or NAME or OWNER/NAME on the hub.
            revision: of a name on the hub: a branch, tag or commit.

        Raises:
            UsageError: it is not to be had, or no safe model.
        """
        folder = Path(name).expanduser()
        if not name or not folder.is_dir():
            if not name or folder.exists() or name.startswith((".", "/", "~")) or name.count("/") > 1:
                found = "a file" if folder.is_file() else "no such folder"
                raise UsageError(f"{self.where}, {name}", found, f"{self.form}; or a name on the hub", "check the path")
            folder = fetched(self, name, revision, _KINDS)
        self._check(folder)
        return folder

    def settings(self, name: str, files: tuple[str, ...] = ("config.json",)) -> Path:
        """Find the folder of a model's `config.json`, without its weights.

        Args:
            name: a folder, or NAME or OWNER/NAME on the hub.
            files: what is fetched from there.

        Raises:
            UsageError: it is not to be had.
        """
        folder = Path(name).expanduser()
        if (folder / "config.json").is_file():
            return folder
        return fetched(self, name, "main", files)

    def fingerprint(self, folder: Path) -> str:
        """Digest a model's weights, settings and words."""
        return digest_of(self.where, sorted(file for kind in _KINDS for file in folder.glob(kind)))

    def encoder(self, folder: Path) -> torch.nn.Module:
        """Load the bare encoder of a checked folder, in float32 on the CPU, in evaluation mode.

        Raises:
            UsageError: its files make no encoder.
        """
        options = {"use_safetensors": True, "output_loading_info": True, "dtype": torch.float32}
        with seeded("encoder"):  # what a checkpoint lacks is drawn
            network, report = self.read("AutoModel", folder, **options)
        missing = sorted(key for key in report["missing_keys"] if not key.startswith(_UNUSED))
        missing += sorted(map(str, report["mismatched_keys"]))
        if missing:
            found = f"no weights for {', '.join(missing[:4])}"
            raise UsageError(f"{self.where}, {folder}", found, "a whole encoder", "choose another, or save it again")
        encoder: torch.nn.Module = network.eval()
        return encoder

    def read(self, kind: str, folder: Path, **options: Any) -> Any:
        """Load what one of transformers' Auto classes makes of a folder, without the network and without running its
        code.

        Args:
            kind: the class: "AutoTokenizer", "AutoFeatureExtractor".
            folder: a checked folder.
            **options: passed on to the class's `from_pretrained`.

        Raises:
            UsageError: it cannot make anything of it.
        """
        transformers = module_for(self.where, "transformers", self.extra)
        transformers.logging.set_verbosity_error()
        transformers.logging.disable_progress_bar()
        safe = {"local_files_only": True, "trust_remote_code": False}
        try:
            if kind.startswith("AutoModel"):
                config = transformers.AutoConfig.from_pretrained(folder, **safe)
                refuse_oversized(f"{self.where}, {folder}", folder, getattr(transformers, kind), config)
            return getattr(transformers, kind).from_pretrained(folder, **safe, **options)
        except UsageError:
            raise
        except Exception as error:  # whatever its files make the library do
            found = f"{type(error).__name__}: {str(error)[:300]}"
            raise UsageError(f"{self.where}, {folder}", found, f"what {kind} reads", self.form) from error

    def _check(self, folder: Path) -> None:
        """Refuse pickles, code, and folders that are no model, by name."""
        where = f"{self.where}, {folder}"
        if not list(folder.glob("*.safetensors")):
            pickles = sorted(file.name for kind in _PICKLES for file in folder.glob(kind))
            found = f"{', '.join(pickles)}, which may run code when it is read" if pickles else "no *.safetensors"
            remedy = "on a machine where you trust it, load it and call save_pretrained(FOLDER); then give that folder"
            if inner := inner_folders(folder):
                found, remedy = f"{found}, and the folders {', '.join(inner[-4:])}", f"give one: {folder / inner[-1]}"
            raise UsageError(where, found, "weights as safetensors", remedy)
        check_files(where, folder)
        for name in self.needed:
            self.require(folder, name, code=self.rebuilds)

    def require(self, folder: Path, name: str, *, code: bool = False) -> None:
        """Refuse a folder without a file of settings, or with one that names code of the model's own.

        Args:
            folder: the model's.
            name: of the file.
            code: whether it may name code, which is not run.

        Raises:
            UsageError: it is such a one.
        """
        where = f"{self.where}, {folder}"
        if "auto_map" in read_settings(where, folder / name, self.form) and not code:
            found = f"{name} with code of the model's own (auto_map)"
            raise UsageError(where, found, "a model that transformers itself knows", "choose another")


@cache
def fetched(source: ModelSource, name: str, revision: str, kinds: tuple[str, ...]) -> Path:
    """Fetch a model from the hub; the same one as long as Python runs.

    Args:
        source: who needs it, for messages.
        name: NAME or OWNER/NAME there.
        revision: a branch, tag or commit.
        kinds: patterns of the files that are fetched.

    Raises:
        UsageError: it is not to be had.
    """
    hub = module_for(source.where, "huggingface_hub", source.extra)
    try:
        return Path(hub.snapshot_download(name, revision=revision, allow_patterns=list(kinds)))
    except Exception as error:  # the hub's errors, and its network library's
        found = f"neither a folder here nor to be had from the hub ({type(error).__name__}: {str(error)[:200]})"
        raise UsageError(f"{source.where}, {name}", found, source.form, source.instead) from error
