"""What `bench listen` is asked for, checked and tried: the page to hear and the page for raters begin alike."""

from __future__ import annotations

from collections.abc import Sequence

from bench.core.showing.progress import Progress
from bench.core.storage.cache import cache_dir
from bench.core.types import Utterance
from bench.evaluation.cell.experiment import Experiment
from bench.evaluation.plans.isolating import registry_for
from bench.evaluation.plans.options import Options, check_writable
from bench.evaluation.preparing.setup import set_up
from bench.studies.listening.examples import TriedAttack, chosen, listen, specs_of


def tried(
    options: Options, ids: Sequence[str], progress: Progress
) -> tuple[Experiment, list[Utterance], list[TriedAttack]]:
    """Try attacks on utterances; names and folders are checked before any data are read.

    Args:
        options: those of `bench listen`.
        ids: of utterances; without any, `options.limit` of them.
        progress: told of long steps.

    Returns:
        The data, the utterances, and what each attack makes of them.

    Raises:
        bench.core.errors.BenchError: something asked for cannot be done.
    """
    registry = registry_for(options)
    attacks = specs_of(options.attacks, registry)
    check_writable(options.out)
    check_writable(cache_dir(), "SERBENCH_CACHE")
    experiment = set_up(options, registry, progress)
    utterances = chosen(experiment.dataset, ids, options.limit)
    return experiment, utterances, listen(experiment, attacks, utterances, options)
