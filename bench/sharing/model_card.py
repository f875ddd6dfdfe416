"""The model card of a trained victim: what it is, what it was trained on, how good it is, how to have it again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined, TemplateError, select_autoescape

from bench.core.errors import DataError
from bench.core.types import Task, Utterance
from bench.data.splits import LEAKS, split_named
from bench.evaluation.cell.experiment import Experiment
from bench.evaluation.cell.fitted_store import fitted_description
from bench.modelling.pretrained.exported import VICTIM, task_json, voices
from bench.studies.clean_scoring import reports
from bench.studies.clean_speech import answers
from bench.studies.training_jobs import Trained

METRICS = {
    "uar": "UAR (unweighted average recall)",
    "war": "WAR (accuracy)",
    "weighted_precision": "weighted precision",
    "weighted_f1": "weighted F1",
    "macro_f1": "macro F1",
}


def described(experiment: Experiment, found: Trained, licence: str = "other") -> dict[str, Any]:
    """Tell everything that `victim.json` says of a victim beside the digests of its weights.

    Args:
        experiment: data and machine.
        found: the victim; it is asked about its fold's test part.
        licence: of the weights, in Hugging Face's spelling.
    """
    key, split, task = found.key, found.split, found.key.task
    (clean,) = reports([answers(experiment, found)])
    parts = {"train": split.train, "valid": split.valid, "test": split.test}
    fitting = fitted_description(experiment, key)
    training = {"name": experiment.noises.name, "fingerprint": fitting["training_noises"]}
    return {
        **key.names(),
        "senses": list(key.modalities),
        "randomised": key.randomised,
        "task": task_json(task),
        "corpus": {"name": experiment.dataset.name, "fingerprint": experiment.dataset.fingerprint},
        "parts": {name: _part(part, task) for name, part in parts.items()},
        "voices": voices([*split.train, *split.valid]),
        "training_noises": None if key.defense is None else training,
        "metrics": {**clean.report.to_json(), "rests_on": clean.rests_on.to_json()},
        "fitting": fitting,
        "license": licence,
    }


def _part(utterances: Sequence[Utterance], task: Task) -> dict[str, Any]:
    labels = Counter(task.label_of(utterance) for utterance in utterances)
    speakers = {utterance.speaker for utterance in utterances}
    classes = {name: labels[name] for name in task.classes}
    return {"utterances": len(utterances), "speakers": len(speakers), "classes": classes}


def card(about: Mapping[str, Any]) -> str:
    """Write the model card as Markdown in Hugging Face's form, with its YAML header.

    Args:
        about: what `victim.json` says.

    Raises:
        DataError: something is missing.
    """
    environment = Environment(
        loader=PackageLoader("bench.sharing"),
        autoescape=select_autoescape([]),  # Markdown: every foreign text goes through `code`
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"code": as_code, "figure": _figure}
    leaks = LEAKS if split_named(about["split"]).leaks else ""
    try:
        text = environment.get_template("model_card.md.jinja").render(about=about, metrics=METRICS, leaks=leaks)
        return f"---\n{_header(about)}---\n\n{text}"
    except (TemplateError, KeyError, TypeError, ValueError) as error:
        where, remedy = VICTIM, "export the victim again"
        raise DataError(where, f"{type(error).__name__}: {error}", "what bench victims export wrote", remedy) from error


def _header(about: Mapping[str, Any]) -> str:
    """The YAML that Hugging Face reads."""
    name, figures = str(about["victim"]).partition(":")[0], about["metrics"]
    task = {"type": "audio-classification" if "sound" in about["senses"] else "text-classification"}
    data = {"type": about["corpus"]["name"], "name": f"{about['corpus']['name']}, {about['task']['name']}"}
    measured = [{"type": metric, "name": title, "value": figures[metric]} for metric, title in METRICS.items()]
    header = {
        "license": about["license"],
        "library_name": "serbench",
        "pipeline_tag": task["type"],
        "tags": ["speech-emotion-recognition", "serbench", name, about["task"]["name"]],
        "metrics": ["recall", "accuracy", "precision", "f1"],
        "model-index": [{"name": name, "results": [{"task": task, "dataset": data, "metrics": measured}]}],
    }
    text: str = yaml.safe_dump(header, sort_keys=False, allow_unicode=True)
    return text


def as_code(value: object) -> str:
    r"""Write text as a code span of one line, whose content is neither Markdown nor HTML, in a table too.

    >>> as_code("a|b <i>")
    '`a\\|b <i>`'
    >>> as_code("a`b")
    '`` a`b ``'
    """
    line = " ".join(str(value).split()).replace("|", "\\|")
    if "`" not in line:
        return f"`{line}`"
    fence = "`" * (1 + max(map(len, re.findall("`+", line))))
    return f"{fence} {line} {fence}"


def _figure(entry: Mapping[str, Any], name: str = "recall", interval: str = "ci95") -> str:
    low, high = entry[interval] if entry[interval] is not None else (None, None)
    return "none tested" if low is None else f"{entry[name]:.2f} [{low:.2f}, {high:.2f}]"
