"""Figures of an entry in Every Eval Ever's schema (EvalEval Coalition, arXiv:2606.14516), version 0.3.0."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

from bench.core.showing.plain_text import plain_text
from leaderboards.site.exchange.headline import HOME, Headline, Metric, about
from leaderboards.site.repeating import command

SCHEMA = "0.3.0"


def evaluation(head: Headline, dated: date) -> str:
    """Write an entry's figures as one file of the datastore.

    Who evaluates whom, and whether a model's weights are to be had, records do not tell; where the schema wants it, it
    says "other" and "unknown", to be corrected by who hands the file in.

    Args:
        head: an entry in its track.
        dated: when the file is made, which records do not tell; the schema wants it.
    """
    of, stamp = head.track.name.setting, str(int(datetime(dated.year, dated.month, dated.day, tzinfo=UTC).timestamp()))
    rests = head.entry.attacks[0].rests_on
    model = f"{_slug(head.entry.victim)}/{_slug(head.entry.name)}"
    told = {
        "schema_version": SCHEMA,
        "evaluation_id": f"serbench-{head.track.name.id}/{model}/{stamp}",
        "retrieved_timestamp": stamp,
        "source_metadata": {
            "source_name": f"serbench track {head.track.name.id}",
            "source_type": "evaluation_run",
            "source_organization_name": "serbench",
            "source_organization_url": HOME,
            "evaluator_relationship": "other",
        },
        "eval_library": {"name": "serbench", "version": head.version, "additional_details": {"code": rests.code}},
        "model_info": {
            "name": plain_text(head.entry.name),
            "id": model,
            "additional_details": {
                "deployment_type": "unknown",
                "model_availability": "unknown",
                "victim": plain_text(head.entry.victim),
                "defense": plain_text(head.entry.defense),
            },
        },
        "evaluation_results": [_result(head, one, of.corpus) for one in head.metrics()],
    }
    return json.dumps(told, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _result(head: Headline, one: Metric, corpus: str) -> dict[str, object]:
    low, high = one.figure.ci95
    config: dict[str, object] = {
        "evaluation_description": plain_text(about(head.track)),
        "metric_id": one.kind,
        "metric_name": plain_text(one.name),
        "metric_unit": "proportion",
        "lower_is_better": one.lower_is_better,
        "score_type": "continuous",
        "min_score": -1.0 if one.kind == "ccc" else 0.0,
        "max_score": 1.0,
    }
    if one.score is not None:
        score = one.score.score
        attack = plain_text(one.score.scores.attack)
        config["metric_parameters"] = {"k": score.k, "noises": score.noises, "attack": attack}
    interval = {"lower": low, "upper": high, "confidence_level": 0.95, "method": "clustered by speaker"}
    return {
        "evaluation_result_id": f"{head.name}-{one.kind}",
        "evaluation_name": f"serbench {head.track.name.id}",
        "source_data": {
            "dataset_name": plain_text(corpus),
            "source_type": "other",
            "additional_details": {"fingerprint": head.entry.attacks[0].rests_on.corpus_fingerprint},
        },
        "metric_config": config,
        "score_details": {
            "score": one.figure.value,
            "uncertainty": {"confidence_interval": interval, "num_samples": one.figure.n},
        },
        "generation_config": {
            "generation_args": {"execution_command": plain_text(command(head.track, head.entry))},
        },
    }


def _slug(name: str) -> str:
    """A name as part of a path: letters, digits, and - for everything else."""
    kept = "".join(one if (one.isascii() and one.isalnum()) or one in "_." else "-" for one in name)
    return kept.strip("-.")[:80] or "unnamed"
