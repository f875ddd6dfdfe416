"""The site's table as a dataset that others' tools can find and read: Croissant 1.0 (MLCommons), JSON-LD."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Mapping
from datetime import date

from leaderboards.site.exchange.headline import HOME, writer

CONTEXT: Mapping[str, object] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
"""The names that the format is made of, as its specification lists them."""
_WHOLE = frozenset(("limit", "k", "rank", "rank_low", "rank_high", "n", "speakers"))
_SPREAD = ("robust_accuracy", "acc_att", "clean_uar")


def croissant(table: str, name: str, dated: date | None) -> str:
    """Describe a CSV file: where it lies, its digest, and what each column holds.

    Args:
        table: the file's text, a header and lines.
        name: the file's name, beside which the description lies.
        dated: when it was published; None where nobody says.
    """
    columns = next(csv.reader(io.StringIO(table)))
    told: dict[str, object] = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "name": "serbench-leaderboard",
        "description": "How far speech emotion recognisers can be trusted under attack: robust accuracy, Acc_att and "
        "clean UAR with 95 % intervals and rank intervals, a line an entry, k and kind of noises.",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "url": HOME,
        "citeAs": f"serbench {writer()}, {HOME}",
        "version": writer(),
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": name,
                "name": name,
                "contentUrl": name,
                "encodingFormat": "text/csv",
                "sha256": hashlib.sha256(table.encode()).hexdigest(),
            }
        ],
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": "standings",
                "name": "standings",
                "description": "An entry's standing in a track, at a number of queries and with a kind of noises.",
                "field": [_field(column, name) for column in columns],
            }
        ],
    }
    if dated is not None:
        told["datePublished"] = dated.isoformat()
    return json.dumps(told, indent=1) + "\n"


def _field(column: str, name: str) -> dict[str, object]:
    kind = "sc:Text"
    if column in _WHOLE:
        kind = "sc:Integer"
    elif column.startswith(_SPREAD):
        kind = "sc:Float"
    elif column == "tied":
        kind = "sc:Boolean"
    source = {"fileObject": {"@id": name}, "extract": {"column": column}}
    return {"@type": "cr:Field", "@id": f"standings/{column}", "name": column, "dataType": kind, "source": source}
