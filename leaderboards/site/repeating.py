"""How an entry is repeated and cited, and all that determined it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence

from bench.contracts.perception import p1
from bench.core.specs import IN_MEMORY
from bench.scoring.record_files.descriptions import RestsOn
from leaderboards.site.facts import CellFacts
from leaderboards.site.tracks import RankedEntry, Track

_EMBEDDED = ("synthetic", "embedded")


def command(track: Track, entry: RankedEntry) -> str:
    """Return the command that repeats an entry: the same records on a CPU of the same kind with the same versions.

    What brings a component of somebody's (a package, or a file by `--plugin`) its configuration tells. Of objects that
    were given from Python it is a call in Python.

    Args:
        track: whose.
        entry: one of its entries.
    """
    of, first = track.name.setting, entry.attacks[0]
    words = ["bench", "run", "--victim", entry.victim, "--defense", entry.defense]
    for one in dict.fromkeys(each.attack for each in entry.attacks):
        words += ["--attack", one]
    for kind, name in (("corpus", of.corpus), ("noise", of.noise_bank)):
        words += ["--corpus" if kind == "corpus" else "--noise-bank", name]
        if name.partition(":")[0] not in _EMBEDDED:
            words += [f"--{kind}-root", "FOLDER"]
    if of.train_corpus is not None:
        words += ["--train-corpus", of.train_corpus]
        words += [] if of.train_corpus.partition(":")[0] in _EMBEDDED else ["--train-corpus-root", "FOLDER"]
    words += ["--task", of.task, "--split", of.split]
    words += ["--fold", ",".join(map(str, first.folds)), "--seeds", ",".join(map(str, first.seeds))]
    words += ["--k", ",".join(map(str, track.ks))]
    words += [] if of.limit is None else ["--limit", str(of.limit)]
    words += _rules(track, first.rests_on)
    return call_of(words) if any(map(_is_object, words)) else " ".join(map(shlex.quote, words))


def _rules(track: Track, rests_on: RestsOn) -> list[str]:
    """The options that say by which rules, where they are not the defaults."""
    words = [] if rests_on.enrolment == "halves" else ["--enrol", rests_on.enrolment]
    words += ["--target", track.name.granted.target] if track.name.granted.target else []
    return words + ([] if rests_on.perception == p1().called else ["--perception", "FILE"])


def call_of(words: Sequence[str]) -> str:
    """Write a command that names objects given from Python as the call that gives them.

    Args:
        words: "bench", "run", then options, each with its value.

    >>> call_of(["bench", "run", "--victim", "mine@3f2a91c0", "--attack", "a", "--attack", "b", "--noise-root", "x"])
    "bench.run(victim=mine, attack=['a', 'b'], noise_root='x')  # with the object mine@3f2a91c0 itself"
    """
    given: dict[str, list[str]] = {}
    for option, value in zip(words[2::2], words[3::2], strict=True):
        shown = value.partition(IN_MEMORY)[0].replace("-", "_") if _is_object(value) else repr(value)
        given.setdefault(option.removeprefix("--").replace("-", "_"), []).append(shown)
    told = (f"{name}={some[0] if len(some) == 1 else '[' + ', '.join(some) + ']'}" for name, some in given.items())
    objects = list(dict.fromkeys(filter(_is_object, words)))
    what = f"object {objects[0]} itself" if len(objects) == 1 else f"objects {', '.join(objects)} themselves"
    return f"bench.run({', '.join(told)})  # with the {what}"


def _is_object(spec: str) -> bool:
    return IN_MEMORY in spec.partition(":")[0]


def configuration(facts: Sequence[CellFacts]) -> list[tuple[str, str]]:
    """Return what determined the entry's first cell: names and values, nested ones as JSON.

    Args:
        facts: of the entry.
    """
    if not facts:
        return []
    told: Mapping[str, object] = json.loads(facts[0].about.text)
    return [
        (name, value if isinstance(value, str) else json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False))
        for name, value in sorted(told.items())
    ]


def citation(entry: RankedEntry, track: Track, page: str) -> str:
    """Return how to cite an entry, in BibTeX.

    Args:
        entry: one of the track's.
        track: whose.
        page: the file name of the entry's page, which is a digest.
    """
    rests = entry.attacks[0].rests_on
    key = page.removesuffix(".html")
    of = track.name.setting
    return (
        f"@misc{{serbench-{key},\n"
        f"  title = {{serbench leaderboard entry {key}: {_tex(entry.name)} on {_tex(of.speech)} ({_tex(of.task)})}},\n"
        f"  note = {{Track {track.name.id}; records of serbench {_tex(rests.versions['serbench'])}, "
        f"code {rests.code[:12]}}},\n"
        f"  howpublished = {{\\url{{https://serbench.github.io/serbench/}}}}\n}}"
    )


def _tex(text: str) -> str:
    return "".join("\\" + one if one in "&%$#_{}" else one for one in text if one not in "\\^~")
