"""`bench listen`'s page: sounds, spectrograms, and what is known of each, in one folder that needs no network."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from bench.contracts.perception import Perception
from bench.core.showing.progress import Progress
from bench.core.types import Utterance
from bench.evaluation.cell.experiment import Experiment
from bench.evaluation.plans.options import Options
from bench.studies.listening.examples import Example, TriedAttack
from bench.studies.listening.preparing import tried
from bench.studies.listening.sounds import Sound, file_stem, fresh_file, sounds_of, write_sound

PAGE = "index.html"


def listen_to(options: Options, ids: Sequence[str], progress: Progress) -> tuple[Path, list[TriedAttack]]:
    """Do what `bench listen` is asked for; nothing is written before all of it can be.

    Args:
        options: those of a run; its victims, defences and k play no part.
        ids: of utterances; without any, `options.limit` of them.
        progress: told of long steps.

    Returns:
        The page, and what is on it.

    Raises:
        bench.core.errors.BenchError: something asked for cannot be done.
    """
    experiment, utterances, effects = tried(options, ids, progress)
    return write_page(experiment, effects, utterances, options), effects


def write_page(
    experiment: Experiment, effects: Sequence[TriedAttack], utterances: Sequence[Utterance], options: Options
) -> Path:
    """Write `index.html`, and the sounds and spectrograms that it shows.

    Files of other names in the folder stay as they are.

    Args:
        experiment: corpus and noises.
        effects: from `bench.studies.listening.examples.listen`.
        utterances: in the order of the page.
        options: the seed, and the folder, which is made where it is missing.

    Returns:
        The page.

    Raises:
        UsageError: a file cannot be written, or one of the names is a folder's.
    """
    folder = options.out
    sections = [_section(one, effects, experiment.perception) for one in utterances]
    sounds = {sound.stem: sound for section in sections for row in section.rows for sound in row.sounds}
    with experiment.progress.task(f"Writing {folder}", len(sounds)) as advance:
        for sound in sounds.values():
            write_sound(sound, folder)
            advance(1)
    about = {
        "corpus": experiment.dataset.name,
        "noise_bank": experiment.noises.name,
        "perception": experiment.perception.name,
        "min_snr_db": experiment.min_snr_db,
        "seed": options.seeds[0],
        "version": metadata.version("serbench"),
    }
    with fresh_file(folder / PAGE) as temporary:
        temporary.write_text(_rendered(effects=effects, sections=sections, about=about), encoding="utf-8")
    return folder / PAGE


@dataclass(frozen=True)
class _Part:
    """What one attack made of one utterance, for the template."""

    example: Example
    number: int
    is_search: bool
    sounds: list[Sound]
    facts: list[tuple[str, str]]


@dataclass(frozen=True)
class _Section:
    """One utterance and what was made of it, for the template."""

    utterance: Utterance
    anchor: str
    rows: list[_Part]
    left_out: list[str]


def _section(utterance: Utterance, effects: Sequence[TriedAttack], perception: Perception) -> _Section:
    found = [(number, effect, effect.by_id.get(utterance.id)) for number, effect in enumerate(effects, start=1)]
    rows = [
        _Part(example, number, effect.is_search, sounds_of(example), facts(example, perception))
        for number, effect, example in found
        if example is not None
    ]
    left_out = [effect.spec for _, effect, example in found if example is None]
    return _Section(utterance, file_stem(utterance.id, "utterance"), rows, left_out)


def facts(example: Example, perception: Perception) -> list[tuple[str, str]]:
    """Tell what is known of an example, as names and values for its reader.

    Args:
        example: an utterance and what an attack made of it.
        perception: what people hear.
    """
    before, after, done = example.original, example.candidate, example.done
    length = f"{before.duration_s:.2f} s"
    changed = "" if example.same_length else f", now {after.duration_s:.2f} s"
    found = [
        ("perturbation", f"{done.name}, category {done.category}"),
        ("source", done.source or "not given"),
        ("SNR", _snr(example)),
        ("heard by people", _perceived(example, perception)),
        ("would count", _counting(example)),
    ]
    return [*found, ("length", length + changed)] if before.has_sound else found


def _snr(example: Example) -> str:
    if not example.original.has_sound:
        return "undefined: there is no sound"
    if not example.same_length:
        return "undefined: the length changed, so there is no difference either"
    if example.same_sound:
        return "infinite: no sample changed"
    if example.snr_db is None or math.isinf(example.snr_db):
        return "undefined: the original is silent"
    return f"{example.snr_db:.2f} dB".replace("-", "−")


def _perceived(example: Example, perception: Perception) -> str:
    if example.verdict.imperceptible:
        return f"imperceptible for emotion, after {perception.name}"
    if not perception.covers(example.done.name) or perception.is_imperceptible(example.done.name):
        return f"not studied by {perception.name} as it is here: does not count as imperceptible"
    share = perception.perceptible.get(example.done.name)
    heard = f": the emotion changed in up to {100 * share:.0f} % of utterances" if share is not None else ""
    return f"perceptible, after {perception.name}{heard}"


def _counting(example: Example) -> str:
    by = "the perception table covers it" if example.snr_db is None else "the SNR is above the limit"
    not_by = "the perception table does not cover it" if example.snr_db is None else "the SNR is not above the limit"
    return f"yes, {by}" if example.counts else f"no, {not_by}"


def _rendered(**content: Any) -> str:
    environment = Environment(
        loader=PackageLoader("bench.studies.listening"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("listen.html.jinja").render(**content)
