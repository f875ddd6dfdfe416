"""A folder in the form of transformers, looked at before a library reads it: nothing in it reaches elsewhere."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bench.core.errors import UsageError
from bench.core.storage.json_objects import loaded
from bench.core.types import SAMPLE_RATE

_MOST_SETTINGS = 2**20
_MOST_JSON = 2**27
_POINTER = b"version https://git-lfs"
_WHOLE = "give a model that save_pretrained wrote"
_ATTENTION = (None, "eager", "sdpa", "flash_attention_2", "flash_attention_3", "flex_attention")
_MOST_OF = {
    **{"layers": 1_000, "n_fft": 2**14, "feature_size": 2**14, "num_mel_bins": 2**14, "chunk_length": 2**10},
    **{"_size": 2**20, "_dim": 2**20, "_samples": 2**20, "_heads": 2**20, "_width": 2**20},
}
"""What a number in the settings of a model or an extractor may be, by how its name ends."""


def read_settings(where: str, file: Path, form: str) -> dict[str, Any]:
    """Read a file of settings: a JSON object of at most a megabyte that names no kernel or quantisation.

    Args:
        where: whose, for messages.
        file: `config.json`, `preprocessor_config.json`; a tokenizer's may be longer.
        form: what the folder should be, for messages.

    Raises:
        UsageError: it is no such file.
    """
    try:
        refuse_irregular(where, file, _MOST_JSON if file.name.startswith("tokenizer") else _MOST_SETTINGS)
        content = loaded(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        told = "nested too deep" if isinstance(error, RecursionError) else str(error)[:200]
        raise UsageError(where, f"no usable {file.name} ({told})", form, "save it there too") from error
    if not isinstance(content, dict):
        raise UsageError(where, f"{file.name} that is no JSON object", form, "save it again")
    for name, value in _all_settings(content):
        _check_setting(where, file.name, name, value)
    return content


def check_files(where: str, folder: Path) -> None:
    """Refuse weights that are none, and indices and adapters that lead to other files.

    Args:
        where: whose, for messages.
        folder: the model's.

    Raises:
        UsageError: there are such.
    """
    if (folder / "adapter_config.json").exists():
        found, remedy = "an adapter (adapter_config.json)", "merge it into its model (merge_and_unload), and save that"
        raise UsageError(where, found, "a whole model, not a part that names another", remedy)
    for file in sorted(folder.glob("*.json")):
        refuse_irregular(where, file, _MOST_JSON)
    for file in sorted(folder.glob("*.safetensors")):
        _check_weights(where, file)
    for file in sorted(folder.glob("*.safetensors.index.json")):
        _check_index(where, file)


def inner_folders(folder: Path) -> list[str]:
    """Name the folders in this one that hold weights of their own, such as `checkpoint-500`; the last one last."""
    found = (file.parent for pattern in ("*.safetensors", "*.bin") for file in folder.glob(f"*/{pattern}"))
    return sorted({one.name for one in found}, key=lambda name: (len(name), name))


def refuse_irregular(where: str, file: Path, most: int) -> None:
    """Refuse what is no plain file, or too big a one.

    Args:
        where: whose, for messages.
        file: that is there; links are followed, as the hub's cache is made of them.
        most: bytes.

    Raises:
        UsageError: it is.
        OSError: it is not there.
    """
    status = file.stat()
    if not stat.S_ISREG(status.st_mode) or status.st_size > most:
        plain = stat.S_ISREG(status.st_mode)
        found = f"{file.name} of {status.st_size:,} bytes" if plain else f"{file.name} that is no plain file"
        raise UsageError(where, found, f"a plain file of at most {most:,} bytes", _WHOLE)


def _all_settings(content: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    waiting: list[tuple[str, Any]] = list(content.items())
    while waiting:
        name, value = waiting.pop()
        yield name, value
        if isinstance(value, dict):
            waiting += [(name if "attn_implementation" in name else inner, one) for inner, one in value.items()]
        elif isinstance(value, list):
            waiting += [(name, one) for one in value]


def _check_setting(where: str, file: str, name: str, value: Any) -> None:
    said = f"{file} with {name[:60]} {value!r:.60}"
    if "attn_implementation" in name and not isinstance(value, dict) and value not in _ATTENTION:
        remedy = "leave it out: transformers then chooses its own"
        raise UsageError(where, said, "attention that transformers itself computes, no kernel from elsewhere", remedy)
    if (name == "use_kernels" or name.endswith("kernel_config")) and value:
        raise UsageError(where, said, "no kernels from elsewhere", "leave it out")
    if name in ("quantization_config", "compression_config") and value:
        remedy = "save it in float32 or float16 (dequantize, then save_pretrained)"
        raise UsageError(where, said, "weights that are numbers, without a quantiser's code", remedy)
    if name == "transformers_weights" and value and Path(str(value)).name != value:
        raise UsageError(where, said, "weights in the folder itself", "leave it out")
    if (file, name) == ("preprocessor_config.json", "sampling_rate") and value is not None and value != SAMPLE_RATE:
        raise UsageError(where, f"a model for {value!r:.40} Hz", f"{SAMPLE_RATE} Hz", "choose another model")
    if name == "id2label" and not (isinstance(value, dict) and all(key.isdecimal() for key in value)):
        raise UsageError(where, said, "a label for each output: {number: text}", "save it again")
    most = next((limit for end, limit in _MOST_OF.items() if name.endswith(end)), 0)
    if type(value) is int and most and value > most:
        raise UsageError(where, said, f"at most {most:,}", "choose another model")


def _check_weights(where: str, file: Path) -> None:
    from safetensors import SafetensorError, safe_open

    refuse_irregular(where, file, 2**63)
    with file.open("rb") as opened:
        start = opened.read(len(_POINTER))
    if start == _POINTER:
        found, remedy = f"{file.name} that is a git-lfs pointer, not the weights", "fetch them: git lfs pull"
        raise UsageError(where, found, "the weights themselves", remedy)
    try:
        with safe_open(file, framework="pt") as tensors:
            tensors.keys()
    except (OSError, SafetensorError) as error:
        found = f"{file.name} that cannot be read ({str(error)[:200]})"
        raise UsageError(where, found, "weights as safetensors", "copy or fetch it again") from error


def _check_index(where: str, file: Path) -> None:
    try:
        content = loaded(file.read_text(encoding="utf-8"))
        names = {str(name) for name in content["weight_map"].values()}
    except (OSError, ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        found = f"no usable {file.name} ({type(error).__name__}: {str(error)[:200]})"
        raise UsageError(where, found, "which weights are in which file", "copy or fetch it again") from error
    held = {one.name for one in file.parent.glob("*.safetensors")}
    for name in sorted(names - held):
        inside = Path(name).name == name
        found = f"{file.name} that names {name[:200]!r}" + ", which is not there" * inside
        remedy = "fetch all files of the model" if inside else "put all weights beside it, and name them by that alone"
        raise UsageError(where, found, "files with weights in the same folder", remedy)
