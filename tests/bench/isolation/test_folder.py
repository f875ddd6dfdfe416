"""A fitted victim's files as messages: plain names, safetensors and JSON, nothing else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from bench.core.errors import ComponentError
from bench.isolation.channel import Message
from bench.isolation.folder import packed, read_in, unpack
from bench.modelling.weights import load_weights, save_weights


def message(*names: Any, content: bytes = b"{}") -> Message:
    return Message({"files": list(names)}, tuple(np.frombuffer(content, np.uint8) for _ in names))


def test_files_come_out_as_they_went_in(tmp_path: Path) -> None:
    before, after, inside = (tmp_path / name for name in ("before", "after", "inside"))
    for folder in (before / "victim", after, inside):
        folder.mkdir(parents=True)
    save_weights(before / "victim", {"w": torch.arange(6.0).reshape(2, 3)}, {"a": 1})
    (before / "note.json").write_text("[1]")
    (before / "fitting.json").write_text("the harness's own")
    told = packed(before)
    assert told.head["files"] == ["note.json", "victim/config.json", "victim/weights.safetensors"]
    unpack(told, after, "victim 'x'", 3)
    read_in(told, inside)
    for folder in (after, inside):
        tensors, config = load_weights(folder / "victim", torch.device("cpu"))
        assert torch.equal(tensors["w"], torch.arange(6.0).reshape(2, 3))
        assert config == {"a": 1}


@pytest.mark.parametrize(
    "name",
    [
        *("../x.json", "a/../../x.json", "/x.json", "a//x.json", "./x.json", "a/", "", ".hidden.json", "a/.x/b.json"),
        *(
            "a\\b.json",
            "a\x00.json",
            "a\n.json",
            "é.json",
            "~/x.json",
            "C:x.json",
            "x" * 200 + ".json",
            "a/" * 9 + "x.json",
        ),
        *(None, 3, ["x.json"], "x.pt", "x.pkl", "x", "x.py", "x.json.gz"),
    ],
)
def test_a_name_that_is_not_plain_is_refused(tmp_path: Path, name: Any) -> None:
    with pytest.raises(ComponentError, match="victim 'x'"):
        unpack(message(name), tmp_path, "victim 'x'", 9)
    assert [path for path in tmp_path.rglob("*.json") if path.is_file()] == []


@pytest.mark.parametrize(
    "told",
    [
        message("a.json", "a.json"),
        message("a.json", "A.json"),
        message("a.json", "a.json/b.json"),
        message(*(f"{n}.json" for n in range(10))),
        message("a.json", content=b"{"),
        message("a.json", content=b"[" * 100_000),
        message("a.json", content=b"\xff"),
        message("a.safetensors", content=b"\xff" * 100),
        message("a.safetensors", content=b"\x80\x04K\x01."),
        Message({"files": ["a.json"]}),
        Message({"files": {"a.json": 0}}, (np.zeros(1, np.uint8),)),
        Message({}),
    ],
)
def test_what_is_no_victim_s_folder_is_refused(tmp_path: Path, told: Message) -> None:
    with pytest.raises(ComponentError, match="victim 'x'"):
        unpack(told, tmp_path, "victim 'x'", 9)


def test_links_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.json").symlink_to(outside / "a.json")
    with pytest.raises(ComponentError, match="link"):
        packed(folder)
    with pytest.raises(FileExistsError):
        unpack(message("a.json"), folder, "victim 'x'", 9)
    assert list(outside.iterdir()) == []
    (folder / "a.json").unlink()
    os.mkfifo(folder / "b.json")
    with pytest.raises(ComponentError, match="no file"):
        packed(folder)
