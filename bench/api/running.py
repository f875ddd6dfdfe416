"""A run from Python: the same words as on the command line, answered with a DataFrame."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from bench.api.arguments import check_finished, options_for
from bench.api.plainly import plainly
from bench.contracts.variants import Corr, NoiseScope
from bench.core.keywords import refuse_unknown
from bench.core.showing.progress import Progress, for_python
from bench.evaluation.cell.enrolment import Enrolment
from bench.evaluation.plans.options import Device

if TYPE_CHECKING:
    import pandas as pd


class AccountOptions(TypedDict, total=False):
    """What else can be asked of an account from Python, and of a run: options of the commands, with underscores.

    Attributes:
        task: one task or several.
        corpus: a spec.
        corpus_root: its folder, where it is not embedded.
        train_corpus: a spec: train on this speech, and attack all of `corpus`.
        train_corpus_root: its folder, where it is not embedded.
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
        target: the class that attacks want answered; by default any other than before.
        limit: so many utterances are attacked at most.
        enrol: "halves" or "paper": whether a victim may know other utterances of the speakers that it is asked about,
            or all of them, as in P1.
        bank_halves: whether each search is run with either half of its sounds too.
        device: "auto", "cpu" or "cuda".
        batch_size: searches side by side.
        plugin: Python files that bring components.
        out: the folder of records.
        check: attack utterances of each cell again in another order and other batches, and compare.
        check_limit: so many of each cell, 16 by default, or "all".
        keep_audio: adversarial sounds of so many utterances of each cell are kept as WAV files, `out/audio`.
        max_requests: as many requests each service is sent in all, Corr and earlier runs included; 10,000 by default.
    """

    task: str | Sequence[str]
    corpus: str
    corpus_root: str | Path | None
    train_corpus: str | None
    train_corpus_root: str | Path | None
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
    target: str | None
    limit: int | None
    enrol: Enrolment
    bank_halves: bool
    device: Device
    batch_size: int
    plugin: str | Path | Sequence[str | Path]
    out: str | Path
    check: bool
    check_limit: int | str
    keep_audio: int | None
    max_requests: int | None


class RunOptions(AccountOptions, total=False):
    """What else can be asked of a run from Python: the options of `bench run`, with underscores.

    Those of [`AccountOptions`][bench.AccountOptions], and these:

    Attributes:
        defense: one spec or object, or several; "none" is the bare victim.
        measures: what is measured on accepted candidates, into their records: for example "seg_snr_db,stoi".
    """

    defense: Any
    measures: str | Sequence[str]


@plainly("bench.run")
def run(
    victim: Any = "cnn_gru",
    attack: Any = "boundary",
    k: str | int | Sequence[int] = (5, 15, 25),
    *,
    pooled: bool = False,
    progress: Progress | bool | None = None,
    **options: Unpack[RunOptions],
) -> pd.DataFrame:
    """Attack victims and score them: `bench run` from Python.

    Args:
        victim: one spec or object, or several; every combination with `defense`, `attack` and `task` is a cell. An
            object is a model of any kind that `bench.attack` takes, a recipe with `fit` and `load`, or an
            `InMemory` with its labels.
        attack: one spec or object, or several.
        k: numbers of label-only queries, for example (5, 15, 25) or "5,15,25".
        pooled: one row a score over all folds and seeds, in the place of one for each.
        progress: True shows it, False does not; by default it is shown in a notebook alone.
        **options: the others of `bench run`, see `RunOptions` and
            `AccountOptions`: defense, task, corpus, split, fold, seeds, out and more.

    Returns:
        One row a score: victim, defense, attack, corpus, noise_bank, task, split, fold, seed, limit, clean_uar,
        clean_war, speakers, corr, noises, k, acc_att, ci95_low, ci95_high, n; then robust accuracy, UAR after an
        effect, the validity gap, tests and bells, by the names in `bench.scoring.entries.lines.COLUMNS`.

    Raises:
        bench.core.errors.BenchError: something asked for cannot be done, or a cell failed (the others are kept).
    """
    from bench.evaluation.run import execute

    refuse_unknown("bench.run", options, (*RunOptions.__annotations__, "victim", "attack", "k", "pooled", "progress"))
    told = for_python(progress)
    asked = options_for("bench.run", victim, attack, k, options)
    done = execute(asked, told)
    check_finished(done.failures, asked.out)
    return done.results.to_frame(pooled)
