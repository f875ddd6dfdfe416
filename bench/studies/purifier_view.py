"""One utterance's features before and after a purifier, and a picture of them, with matplotlib (the extra `plots`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from bench.contracts.protocols import Victim
from bench.core.batch import Batch
from bench.core.errors import UsageError
from bench.core.showing.progress import Progress
from bench.core.specs import did_you_mean
from bench.core.storage.cache import appearing_file
from bench.core.types import Utterance
from bench.evaluation.cell.cells import limited
from bench.evaluation.cell.enrolment import groups_of
from bench.evaluation.cell.experiment import Experiment
from bench.evaluation.cell.instances import instance, sample_key
from bench.evaluation.plans.isolating import registry_for
from bench.evaluation.plans.options import Options
from bench.referee.blinding import Blinding
from bench.studies.listening.examples import Example, listen, specs_of
from bench.studies.training_jobs import prepare_job, trained


@runtime_checkable
class Comparing(Victim, Protocol):
    """A fitted victim that shows features before and after its purifier."""

    def enroll(self, clean: Sequence[Utterance]) -> Comparing:
        """Return a victim that knows these speakers, and shows its features too."""
        ...

    def before_after(self, batch: Batch) -> list[tuple[Tensor, Tensor]]:
        """Show each utterance's features before and after the purifier, each of shape (frames, d)."""
        ...


@dataclass(frozen=True)
class Comparison:
    """What a purifier makes of one utterance, clean and attacked; features of shape (frames, d).

    Args:
        title: what is compared, for the reader.
        duration_s: of the utterance.
        clean: of the utterance as it was recorded.
        noisy: of what the attack made of it.
        purified: what the purifier leaves of the noisy ones.
        purified_clean: what it leaves of the clean ones.
    """

    title: str
    duration_s: float
    clean: Tensor
    noisy: Tensor
    purified: Tensor
    purified_clean: Tensor

    def distances(self) -> dict[str, float]:
        """Compute the mean absolute difference to the clean features, of each of the others.

        >>> silent = torch.zeros(2, 3)
        >>> Comparison("", 1.0, silent, silent + 2, silent - 1, silent).distances()
        {'noisy': 2.0, 'purified': 1.0, 'clean, purified': 0.0}
        """
        others = {"noisy": self.noisy, "purified": self.purified, "clean, purified": self.purified_clean}
        return {name: float((features - self.clean).abs().mean()) for name, features in others.items()}


def compare(options: Options, id: str | None, progress: Progress) -> Comparison:
    """Do what `bench purified` is asked for: train the defended victim, or load it, and show it one utterance.

    Args:
        options: those of a run with one victim, defence, attack, task, fold and seed.
        id: of a test utterance; None for one drawn by their ids.
        progress: told of long steps.

    Raises:
        bench.core.errors.BenchError: something asked for cannot be done.
    """
    specs_of(options.attacks, registry_for(options))  # refuses what would have to be told of a victim
    job = prepare_job(options, progress)
    key = job.fitted[0]
    example = _example(job.experiment, options, _asked(job.experiment.split(key).test, id))
    done = trained(job.experiment, key)
    test = done.split.test
    (group,) = (one for one in groups_of(test, job.experiment.enrolment) if example.original.id in one.asked)
    shown = instance(job.experiment, key, sample_key(job.experiment, key, 0), test, group, "shown")
    if not isinstance(shown.victim, Comparing):
        expected = "a defence that cleans features, such as gan_purification, as the last of them"
        raise UsageError(f"--defense {key.defense_spec!r}", "one that shows no features", expected, "choose it")
    return _compared(shown.victim, shown.blinding, example, job.experiment.device, f"{key.victim} · {key.defense_spec}")


def _asked(test: Sequence[Utterance], id: str | None) -> Utterance:
    """The test utterance of this id."""
    if id is None:
        return limited(test, 1)[0]
    known = {utterance.id: utterance for utterance in test}
    if id not in known:
        expected = f"an id of the {len(known):,} test utterances of this fold"
        remedy = did_you_mean(id, known)
        remedy = remedy if remedy.startswith("did") else f"for example {next(iter(known))!r}"
        raise UsageError("--utterance", repr(id), expected, remedy)
    return known[id]


def _example(experiment: Experiment, options: Options, asked: Utterance) -> Example:
    """What the attack first makes of it."""
    placed = replace(asked, waveform=asked.waveform.to(experiment.device))
    (effect,) = listen(experiment, specs_of(options.attacks, experiment.registry), [placed], options)
    (example,) = effect.examples
    if not example.same_length:
        found = f"that {effect.spec} changes the length of the utterance"
        raise UsageError(f"--attack {effect.spec}", found, "one that leaves it as it is", "for example environmental")
    return example


@torch.no_grad()
def _compared(victim: Comparing, blinding: Blinding, example: Example, device: torch.device, who: str) -> Comparison:
    both = [replace(one, waveform=one.waveform.to(device)) for one in (example.original, example.candidate)]
    (clean, purified_clean), (noisy, purified) = victim.before_after(blinding.batch(both, device))
    level = "" if example.snr_db is None else f" at {example.snr_db:.1f} dB"
    title = f"{who}\n{example.original.id} under {example.effect}{level}"
    features = (one.cpu() for one in (clean, noisy, purified, purified_clean))
    return Comparison(title, example.original.duration_s, *features)


def draw(compared: Comparison, path: Path) -> None:
    """Write a picture: features on the left, their differences to the clean ones on the right; one colour scale a side.

    Needs no display; the same features give the same file.

    Args:
        compared: what is drawn.
        path: a new file, of one of `leaderboards.curve_plot.FORMATS`.
    """
    import matplotlib
    from matplotlib.figure import Figure

    kind = path.suffix.lower().removeprefix(".")
    distances = compared.distances()
    left = {"clean": compared.clean, "noisy": compared.noisy, "purified": compared.purified}
    right = {"noisy": compared.noisy, "purified": compared.purified, "clean, purified": compared.purified_clean}
    shown = {name: (features, "viridis", _range(compared.clean)) for name, features in left.items()}
    most = float((compared.noisy - compared.clean).abs().max().clamp(min=1e-6))
    for name, features in right.items():
        title = f"{name} − clean (mean {distances[name]:.3f})"
        shown[title] = (features - compared.clean, "RdBu_r", (-most, most))
    with matplotlib.rc_context({"svg.hashsalt": "serbench", "svg.fonttype": "none"}):
        figure = Figure(figsize=(12, 8), layout="constrained")
        axes = figure.subplots(3, 2, sharex=True, sharey=True)
        for panel, (title, (features, colours, (low, high))) in zip(axes.T.flat, shown.items(), strict=True):
            extent = (0.0, compared.duration_s, 0.0, float(features.shape[1]))
            look = {"origin": "lower", "aspect": "auto", "interpolation": "nearest", "extent": extent}
            panel.imshow(features.T.numpy(), cmap=colours, vmin=low, vmax=high, **look)
            panel.set(title=title, ylabel="feature")
        for column in axes.T:
            column[-1].set(xlabel="time (s)")
            figure.colorbar(column[0].images[0], ax=list(column))
        figure.suptitle(compared.title.replace("$", r"\$"), fontsize="small", wrap=True)
        with appearing_file(path) as temporary:
            undated = {"png": {}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}[kind]
            figure.savefig(temporary, format=kind, dpi=150, metadata=undated)


def _range(features: Tensor) -> tuple[float, float]:
    """From the lowest to the highest but for a hundredth at either end."""
    low, high = torch.quantile(features.flatten()[:1_000_000], torch.tensor([0.01, 0.99])).tolist()
    return low, max(high, low + 1e-6)
