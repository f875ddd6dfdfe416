"""A run from Python: the same words as on the command line, answered with a DataFrame."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from bench.contracts.variants import Corr, NoiseScope
from bench.core.checks import chosen, within
from bench.core.errors import ComponentError, UsageError
from bench.core.keywords import check_typed, refuse_unknown
from bench.core.progress import SILENT, Progress
from bench.evaluation.enrolment import Enrolment
from bench.evaluation.options import Device, Options, parse_check_limit, parse_folds, parse_ks, parse_seeds
from bench.evaluation.run import execute
from bench.measures.catalogue import parse_measures

if TYPE_CHECKING:
    import pandas as pd

    from bench.contracts.protocols import Defense
    from bench.core.noises import NoiseSet
    from bench.studies.one_sound.attacked import Attacked


class RunOptions(TypedDict, total=False):
    """What else can be asked of a run from Python: the options of `bench run`, with underscores.

    Attributes:
        defense: one spec or several; "none" is the bare victim.
        task: one task or several.
        corpus: a spec.
        corpus_root: its folder, where it is not embedded.
        noise_bank: one spec or several, whose sounds are put together.
        noise_root: the folders of those banks that are not embedded, in their order.
        noise_map: a CSV file that gives a bank's folders other categories.
        perception: a CSV file with a study of what people hear, in the place of P1's.
        split: who is trained on and who is attacked, see `bench.data.splits.SPLITS`.
        fold: from 0, several, or "all".
        seeds: for example 0 or "0,1".
        repeats: how often each cell is measured with other draws; by default 3 under a randomised defence, 5 in other
            orders of an attack that learns, else 1.
        corr: whether an informed attacker is told how much each noise category harms: "yes", "no" or "both".
        noises: "all", "additive", "imperceptible" or "both".
        limit: so many utterances are attacked at most.
        enrol: "halves" or "paper": whether a victim may know other utterances of the speakers that it is asked about,
            or all of them, as in P1.
        bank_halves: whether each search is run with either half of its sounds too.
        measures: what is measured on accepted candidates, into their records: for example "seg_snr_db,stoi".
        device: "auto", "cpu" or "cuda".
        batch_size: searches side by side.
        plugin: Python files that bring components.
        out: the folder of records.
        check: attack utterances of each cell again in another order and other batches, and compare.
        check_limit: so many of each cell, 16 by default, or "all".
        keep_audio: adversarial sounds of so many utterances of each cell are kept as WAV files, `out/audio`.
        max_requests: as many requests each service is sent in all, Corr and earlier runs included; 10,000 by default.
    """

    defense: str | Sequence[str]
    task: str | Sequence[str]
    corpus: str
    corpus_root: str | Path | None
    noise_bank: str | Sequence[str]
    noise_root: str | Path | Sequence[str | Path]
    noise_map: str | Path | None
    perception: str | Path | None
    split: str
    fold: str | int | Sequence[int]
    seeds: str | int | Sequence[int]
    repeats: int | None
    corr: Corr
    noises: NoiseScope
    limit: int | None
    enrol: Enrolment
    bank_halves: bool
    measures: str | Sequence[str]
    device: Device
    batch_size: int
    plugin: str | Path | Sequence[str | Path]
    out: str | Path
    check: bool
    check_limit: int | str
    keep_audio: int | None
    max_requests: int | None


class AttackOptions(TypedDict, total=False):
    """What else can be asked of an attack on one sound.

    Attributes:
        k: how many queries, 25 by default.
        defense: a spec or an object that defends the model.
        sampling_rate: of samples, in Hz; a file says its own.
        labels: of an array's columns, where the model answers with one and does not say.
        features: for an object of scikit-learn's: a function from a waveform and its rate to a row.
        task: in which the answers of a victim with a spec are read; by default its own labels, or "ahsn".
        noises: a noise bank, read; by default the embedded one.
        device: "auto", "cpu" or "cuda".
        seed: draws.
        min_snr_db: a success lies above this SNR, 10 dB by default.
        progress: for example `bench.core.progress.for_terminal()`; nothing is said by default.
    """

    k: int
    defense: str | Defense | None
    sampling_rate: int | None
    labels: Sequence[str] | None
    features: Callable[..., Any] | None
    task: str | None
    noises: NoiseSet | None
    device: Device
    seed: int
    min_snr_db: float
    progress: Progress


def attack(model: Any, sound: Any, attack: Any = "boundary", **options: Unpack[AttackOptions]) -> Attacked:
    """Attack one sound with a model of any kind, by its labels alone, and return the adversarial sound.

    Args:
        model: a victim's spec ("hf:FOLDER", "onnx:FILE.onnx", "cnn_gru", which is trained once); a fitted victim; a
            function of one waveform, or of a waveform and its rate, that gives a label, a dict of probabilities by
            label, or an array of them; a torch module from waveforms of shape (1, t) to logits; a pipeline of
            transformers' for audio classification; or an object with `predict`, as scikit-learn's.
        sound: a path, or samples of shape (t,) in [-1, 1] with `sampling_rate`.
        attack: a spec, or an object with `search` or `apply`.
        **options: k, labels, defense and more, see `AttackOptions`.

    Returns:
        The adversarial sound, the label before and after, queries and SNR; `save` writes it, a notebook plays it.

    Raises:
        bench.core.errors.BenchError: something asked for cannot be done; the message says what to do.
    """
    from bench.studies.one_sound.attacking import Attempt, waveform_of

    refuse_unknown("bench.attack", options, (*AttackOptions.__annotations__, "model", "sound", "attack"))
    given = dict(options)
    defense, rate = given.pop("defense", None), given.pop("sampling_rate", None)
    check_typed("bench.attack", given, {"k": int, "seed": int, "min_snr_db": (int, float), "device": str})
    chosen("bench.attack", "device", [options.get("device", "auto")], ("auto", "cpu", "cuda"))
    if "k" in given:
        within("bench.attack", "k", options["k"], "for example k=25", at_least=1)
    heard = waveform_of(sound, rate)  # type: ignore[arg-type]
    return Attempt(**given).run(model, heard, attack, defense)  # type: ignore[arg-type]


def run(
    victim: str | Sequence[str] = "cnn_gru",
    attack: str | Sequence[str] = "boundary",
    k: str | int | Sequence[int] = (5, 15, 25),
    *,
    pooled: bool = False,
    progress: Progress | None = None,
    **options: Unpack[RunOptions],
) -> pd.DataFrame:
    """Attack victims and score them: `bench run` from Python.

    Args:
        victim: one spec or several; every combination with `defense`, `attack` and `task` is a cell.
        attack: one spec or several.
        k: numbers of label-only queries, for example (5, 15, 25) or "5,15,25".
        pooled: one row a score over all folds and seeds, in the place of one for each.
        progress: for example `bench.core.progress.for_terminal()`; nothing is said by default.
        **options: the others of `bench run`, see `RunOptions`: defense, task, corpus, split, fold, seeds, out and more.

    Returns:
        One row a score: victim, defense, attack, corpus, noise_bank, task, split, fold, seed, limit, clean_uar,
        clean_war, speakers, corr, noises, k, acc_att, ci95_low, ci95_high, n; then robust accuracy, UAR after an
        effect, the validity gap, tests and bells, by the names in `bench.scoring.lines.COLUMNS`.

    Raises:
        bench.core.errors.BenchError: something asked for cannot be done, or a cell failed (the others are kept).
    """
    refuse_unknown("bench.run", options, (*RunOptions.__annotations__, "victim", "attack", "k", "pooled", "progress"))
    check_typed("bench.run", {name: one for name, one in options.items() if one is not None}, _NUMBERS)
    for name, given in (("victim", victim), ("attack", attack), ("defense", options.get("defense", ()))):
        _refuse_objects(name, _several(given))
    asked = Options(_several(victim), _several(attack), ks=parse_ks(k), **_fields(options))
    done = execute(asked, progress or SILENT)
    if done.failures:
        first = done.failures[0]
        where = f"{len(done.failures)} of the cells"
        raise ComponentError(where, first.message, "cells that finish", f"see {asked.out}/failed; the others are kept")
    return done.results.to_frame(pooled)


def score(
    runs: str | Path | Sequence[str | Path],
    k: str | int | Sequence[int] | None = None,
    *,
    pooled: bool = True,
    estimand: str = "fitted",
) -> pd.DataFrame:
    """Score runs anew, together, from their records: `bench score` and `bench show` from Python.

    Args:
        runs: the folder of one run, or of several.
        k: numbers of queries; by default those that the runs were scored at.
        pooled: one row a score over all folds and seeds, in the place of one for each.
        estimand: what intervals are about: "fitted", these victims; "trainings", trainings like theirs too.

    Returns:
        One row a score, as `bench.run` gives them.

    Raises:
        bench.core.errors.BenchError: there is no such run, or a file of it is damaged.
    """
    from bench.evaluation.runs import read_results
    from bench.scoring.dependence import estimand_named

    check_typed("bench.score", {"pooled": pooled, "estimand": estimand}, {"pooled": bool, "estimand": str})
    ks = None if k is None else parse_ks(k)
    found = read_results([Path(one) for one in _several(runs)], ks, estimand_named(estimand))
    return found.to_frame(pooled)


def components(kind: str | None = None, plugin: str | Path | Sequence[str | Path] = ()) -> pd.DataFrame:
    """List what is registered: `bench list` from Python.

    Args:
        kind: "victims", "attacks", "defenses", "corpora" or "noise_banks"; None for all.
        plugin: Python files that bring components.

    Returns:
        One row a component: kind, name, parameters, summary, origin.

    Raises:
        bench.core.errors.BenchError: there is no such kind, or a file is no plug-in.
    """
    import pandas as pd

    from bench.contracts.entries import KINDS, entries_by_name

    if kind is not None:
        chosen("bench.components", "kind", [kind], KINDS)
    found = sorted(entries_by_name(_paths(plugin)).items())
    rows = [(of, name, *entry.describe(), entry.origin) for (of, name), entry in found if kind is None or of == kind]
    return pd.DataFrame(rows, columns=["kind", "name", "parameters", "summary", "origin"])


def _refuse_objects(name: str, given: tuple[Any, ...]) -> None:
    """Refuse a model or component in memory: what a cell rests on stands in its key, and memory has no name."""
    for one in given:
        if not isinstance(one, str):
            remedy = "put it into a file: plugin='FILE.py', or for a model python:FILE.py:OBJECT"
            remedy += "; bench.attack takes it as it is" * (name != "defense")
            raise UsageError(f"bench.run, {name}", f"a {type(one).__name__}", "a spec, as on the command line", remedy)


_NUMBERS: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("repeats", "limit", "batch_size", "keep_audio", "max_requests"), int),
    **dict.fromkeys(("bank_halves", "check"), bool),
    **dict.fromkeys(("corpus", "split", "corr", "noises", "enrol", "device"), str),
}


def _fields(options: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of `Options` that the options of `run` stand for; a path that is None is one that is not given."""
    found = {}
    for name, value in options.items():
        field, read = _READ.get(name, (name, _as_it_is))
        if value is not None or read is not Path:
            found[field] = read(value)
    return found


def _as_it_is(value: Any) -> Any:
    return value


def _several(given: Any) -> tuple[Any, ...]:
    return tuple(given) if isinstance(given, Iterable) and not isinstance(given, str) else (given,)


def _paths(given: Any) -> tuple[Path, ...]:
    return tuple(Path(path) for path in _several(given) if path is not None)


_READ: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "defense": ("defenses", _several),
    "task": ("tasks", _several),
    "noise_bank": ("noise_banks", _several),
    "noise_root": ("noise_roots", _paths),
    "fold": ("folds", parse_folds),
    "enrol": ("enrolment", _as_it_is),
    "seeds": ("seeds", parse_seeds),
    "measures": ("measures", parse_measures),
    "check_limit": ("check_limit", parse_check_limit),
    "plugin": ("plugins", _paths),
    **{name: (name, Path) for name in ("corpus_root", "noise_map", "perception", "out")},
}
"""Options of `run` that are read first: the field of `Options` that each becomes, and how."""
