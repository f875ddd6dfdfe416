"""Two victims of a plug-in file, trained from the command line."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "json.md"
PLUGIN = '''
from dataclasses import dataclass
from pathlib import Path

import torch

from bench.modelling.weights import save_weights
from victims.cnn_gru import CnnGru
from victims.exported import Exported


@dataclass(frozen=True)
class Broken(CnnGru):
    """Cannot be trained on the fold that tests speakers 09 and 14."""

    def fit(self, train, valid, context):
        if not {"09", "14"} & {one.speaker for one in [*train, *valid]}:
            raise RuntimeError("no such luck")
        return super().fit(train, valid, context)


@dataclass(frozen=True)
class Stopped(CnnGru):
    """Is interrupted, as by Ctrl-C, in its third training while the file `stop` is there."""

    def fit(self, train, valid, context):
        if Path("stop").exists() and not {"09", "14"} & {one.speaker for one in [*train, *valid]}:
            raise KeyboardInterrupt
        return super().fit(train, valid, context)


@dataclass(frozen=True)
class Noted:
    """Saves what it should not."""

    what: str = "path"

    def fit(self, train, valid, context):
        return Saved(self.what, len(context.task.classes))

    def load(self, folder, context):
        return Saved(self.what, len(context.task.classes))


@dataclass(frozen=True)
class Saved:
    """Knows nothing."""

    what: str
    classes: int

    def enroll(self, clean):
        return self

    def log_probs(self, batch):
        return torch.zeros(len(batch), self.classes).log_softmax(dim=1)

    def save(self, folder):
        if self.what != "nothing":
            save_weights(folder, {"one": torch.ones(1)}, {"from": str(Path.home()) if self.what == "path" else ""})
        if self.what == "pickle":
            torch.save(torch.ones(1), folder / "more.pt")


COMPONENTS = {"victims": {"ours": Exported, "broken": Broken, "stopped": Stopped, "noted": Noted}}
'''
QUICK = "cnn_gru:channels=8,hidden=8,dense=8,dropout=0.0,learning_rate=0.01,batch_size=16,max_epochs=4"
"""Has learnt something, in a fraction of a second."""


def tables() -> dict[str, set[str]]:
    """The fields that docs/json.md has for each object."""
    page = PAGE.read_text(encoding="utf-8")
    sections = re.findall(r"^## `([^`]+)`[^\n]*\n(.*?)(?=^## |\Z)", page, flags=re.DOTALL | re.MULTILINE)
    return {title: set(re.findall(r"^\| `(\w+)`", section, flags=re.MULTILINE)) for title, section in sections}
