"""P1's perception study (section 5): pairs of clean and perturbed speech, on a page where raters say what changed."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib import metadata, resources
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from bench.audio.writing import wav_of
from bench.core.errors import UsageError
from bench.core.rng import keyed
from bench.core.showing.progress import Progress
from bench.core.specs import JOINED
from bench.core.storage.files import read_file
from bench.core.types import Utterance
from bench.evaluation.plans.options import Options
from bench.studies.listening.examples import TriedAttack
from bench.studies.listening.preparing import tried
from bench.studies.listening.sounds import fresh_file

PAGE, KEY = "index.html", "study.json"
SCHEMA = 1
CHECK_EVERY = 10
"""One pair in so many is the original twice: who hears a difference there does not listen."""


@dataclass(frozen=True)
class Pair:
    """What a rater hears, one after the other; raters see its number alone.

    Args:
        pair: its number, in the order of the page.
        effect: the attack's spec; "" where the original is heard twice.
        noise: what perception tables know it by: "noise", or the effect's spec; "" likewise.
        utterance: the id.
        speaker: whose it is.
        check: whether it is the original twice.
    """

    pair: str
    effect: str
    noise: str
    utterance: str
    speaker: str
    check: bool


@dataclass(frozen=True)
class Sounding:
    """A pair with its two sounds as WAV files.

    Args:
        pair: which.
        first: the original.
        second: the perturbed speech, or the original again.
    """

    pair: Pair
    first: bytes
    second: bytes

    @property
    def urls(self) -> tuple[str, str]:
        """Return both sounds as data URLs, so that the page needs no other file."""
        first, second = (base64.b64encode(sound).decode("ascii") for sound in (self.first, self.second))
        return f"data:audio/wav;base64,{first}", f"data:audio/wav;base64,{second}"


def make_study(options: Options, ids: Sequence[str], progress: Progress) -> tuple[Path, list[Pair]]:
    """Do what `bench listen --study` is asked for: a page for raters, and the key to its pairs, which they do not get.

    Args:
        options: those of `bench listen`.
        ids: of utterances; without any, `options.limit` of them.
        progress: told of long steps.

    Returns:
        The page, and its pairs in their order.

    Raises:
        bench.core.errors.BenchError: something asked for cannot be done.
    """
    _, utterances, effects = tried(options, ids, progress)
    pairs = pairs_of(effects, utterances, options.seeds[0])
    return write_study(pairs, options.out), [one.pair for one in pairs]


def pairs_of(effects: Sequence[TriedAttack], utterances: Sequence[Utterance], seed: int) -> list[Sounding]:
    """Make the pairs, in an order that tells nothing, with checks among them.

    Args:
        effects: what was done to the utterances.
        utterances: those that there are.
        seed: keys the order and the choice of the checks.

    Raises:
        UsageError: one of the effects is a search, gives free samples, or changed no sound.
    """
    found = [_sounding(effect, number) for effect in effects for number in range(len(effect.examples))]
    spoken = [said for said in utterances if said.has_sound]
    count = max(1, len(found) // CHECK_EVERY)
    picked = keyed(seed, "study", "checks").permutation(len(spoken))[:count]
    for said in (spoken[index] for index in picked):
        sound = wav_of(said.waveform.cpu())
        found.append(Sounding(Pair("", "", "", said.id, said.speaker, check=True), sound, sound))
    order = keyed(seed, "study", "order").permutation(len(found))
    width = len(str(len(found)))
    placed = ((f"{place:0{width}d}", found[index]) for place, index in enumerate(order, start=1))
    return [Sounding(Pair(**(asdict(one.pair) | {"pair": number})), one.first, one.second) for number, one in placed]


def _sounding(effect: TriedAttack, number: int) -> Sounding:
    example = effect.examples[number]
    done = example.done
    where, remedy = f"--attack {effect.spec!r}", "leave it out of the study"
    if effect.is_search:
        raise UsageError(where, "a search, of which only the first candidate can be heard", "an effect", remedy)
    if example.same_sound:
        raise UsageError(where, f"that it changes no sample of {example.original.id!r}", "an effect on sound", remedy)
    if "samples" in done.name.split(JOINED):
        raise UsageError(where, "free samples, which no recipe describes", "an effect that a table can name", remedy)
    name = done.name if done.name == "noise" else effect.spec
    pair = Pair("", effect.spec, name, example.original.id, example.original.speaker, check=False)
    return Sounding(pair, wav_of(example.original.waveform.cpu()), wav_of(example.candidate.waveform.cpu()))


def refuse_another(folder: Path, study: str = "") -> None:
    """Raise a UsageError where a study lies that is not this one: raters may be at it, and its key is nowhere else.

    Args:
        folder: that is to be written into.
        study: the digest of what is to be written; "" where that is no study.
    """
    key = folder / KEY
    if key.is_file() and not (study and f'"study": "{study}"' in read_file(key).decode(errors="replace")):
        found, remedy = f"a study whose raters could no longer be counted ({KEY})", "choose another, or remove that one"
        raise UsageError(f"--out {folder}", found, "a folder without one", remedy)


def write_study(pairs: Sequence[Sounding], folder: Path) -> Path:
    """Write the raters' page, one file that needs nothing else, and the key beside it.

    Args:
        pairs: in the order of the page.
        folder: made where it is missing.

    Returns:
        The page.

    Raises:
        UsageError: a file cannot be written, one of the names is a folder's, or another study lies there.
    """
    told = [asdict(one.pair) for one in pairs]
    digest = hashlib.sha256(json.dumps(told).encode())
    for one in pairs:
        digest.update(hashlib.sha256(one.first).digest() + hashlib.sha256(one.second).digest())
    study = digest.hexdigest()[:16]
    refuse_another(folder, study)
    version = metadata.version("serbench")
    with fresh_file(folder / KEY) as temporary:
        key = {"schema": SCHEMA, "study": study, "serbench": version, "pairs": told}
        temporary.write_text(json.dumps(key, indent=1) + "\n", encoding="utf-8")
    environment = Environment(
        loader=PackageLoader("bench.studies.listening"), autoescape=True, undefined=StrictUndefined
    )
    script = resources.files("bench.studies.listening").joinpath("templates/study.js").read_text("utf-8")
    page = environment.get_template("study.html.jinja")
    with fresh_file(folder / PAGE) as temporary:
        text = page.render(pairs=pairs, study=study, version=version, script=script)
        temporary.write_text(text, encoding="utf-8")
    return folder / PAGE
