"""Figures of an entry for a model's page on the Hugging Face Hub, as YAML."""

from __future__ import annotations

from functools import cache
from typing import Any

from bench.core.errors import UsageError
from bench.core.showing.plain_text import plain_text
from leaderboards.site.exchange.headline import HOME, Headline, about

_MOST = 96


def model_index(head: Headline) -> str:
    """Write `model-index` as it stands in the front matter of a model card (`README.md`).

    The layout is that of the Hub's model card specification. `type` of a metric is the Hub's own name where it has one.

    Args:
        head: an entry in its track.
    """
    metrics = []
    for one in head.metrics():
        args: dict[str, object] = {"ci95": list(one.figure.ci95), "n": one.figure.n}
        if one.score is not None:
            args |= {"k": one.score.score.k, "noises": one.score.score.noises}
            args |= {"attack": plain_text(one.score.scores.attack)}
        metrics.append({"type": one.kind, "name": plain_text(one.name), "value": one.figure.value, "args": args})
    of = head.track.name.setting
    result = {
        "task": {"type": "audio-classification", "name": "speech emotion recognition under attack"},
        "dataset": {"type": plain_text(of.corpus), "name": plain_text(f"{of.corpus} ({of.task}, {of.split})")},
        "metrics": metrics,
        "source": {"name": f"serbench {head.version}, track {head.track.name.id}", "url": HOME},
    }
    return _yaml({"model-index": [{"name": plain_text(head.entry.name), "results": [result]}]})


def eval_results(head: Headline, dataset: str) -> str:
    """Write `.eval_results/serbench.yaml` of a model's repository, from which a benchmark's page on the Hub is made.

    Args:
        head: an entry in its track.
        dataset: the benchmark's dataset on the Hub, one that `check_dataset` lets pass.
    """
    lines = []
    for one in head.metrics():
        low, high = one.figure.ci95
        notes = f"{one.name}; 95 % interval {low:.3f} to {high:.3f}, n = {one.figure.n}; {about(head.track)}"
        of = {"id": dataset, "task_id": f"{head.track.name.id}_{one.kind}"}
        lines.append({"dataset": of, "value": one.figure.value, "notes": plain_text(notes)})
    return _yaml(lines)


def check_dataset(name: str) -> None:
    """Raise a UsageError where a text is no name of a dataset on the Hub.

    Args:
        name: OWNER/NAME.

    >>> check_dataset("serbench/robustness")
    """
    parts = name.split("/")
    plain = all(part[:1].isalnum() and all(one.isalnum() or one in "-_." for one in part) for part in parts)
    if len(parts) != 2 or not plain or not name.isascii() or len(name) > _MOST:
        expected = "OWNER/NAME of a dataset on the Hub"
        raise UsageError("--hub-dataset", repr(name[:_MOST]), expected, "take the name that its page shows")


def _yaml(value: object) -> str:
    import yaml

    return str(yaml.dump(value, Dumper=_dumper(), sort_keys=False, allow_unicode=True, width=110))


@cache
def _dumper() -> Any:
    """The writer in C, where PyYAML was built with it: the same text in a tenth of the time."""
    import yaml

    return yaml.CSafeDumper if yaml.__with_libyaml__ else yaml.SafeDumper
