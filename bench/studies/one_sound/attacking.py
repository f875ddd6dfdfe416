"""An attack on one sound: what `bench.attack` does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from bench.audio.reading import RATES, SILENCE_PEAK, from_rate, read_audio
from bench.audio.writing import as_pcm
from bench.contracts.attacks import Attack, SpeechEffect
from bench.contracts.granting import granted_to
from bench.contracts.perception import p1
from bench.contracts.protocols import Defense, FitContext, TrainableVictim, Victim
from bench.contracts.registry import Registry
from bench.contracts.traits import traits_of
from bench.contracts.variants import variants_of
from bench.core.errors import UsageError
from bench.core.noises import NoiseSet
from bench.core.showing.progress import SILENT, Progress
from bench.core.specs import NO_DEFENSE
from bench.core.types import Task, Utterance
from bench.data.tasks import task_named
from bench.evaluation.preparing.setup import device_named
from bench.modelling.pretrained.borrowed import BorrowedRecipe
from bench.perturbations.rendering import attack_tools
from bench.referee.attack_run import AttackRun
from bench.referee.referee import Referee
from bench.referee.search import Candidate
from bench.scoring.record_files.rows import Row
from bench.studies.one_sound.any_model import Given, own_task, victim_of
from bench.studies.one_sound.asked_model import model_of
from bench.studies.one_sound.attacked import Attacked

WHERE = "bench.attack"
_TRAINED_TASK = "ahsn"
_ME = "the speaker"


@dataclass(frozen=True)
class Attempt:
    """What is asked of `bench.attack`, checked piece by piece as it is needed.

    Args:
        k: how many queries.
        labels: of a model's outputs.
        features: for an object of scikit-learn's.
        task: in which a model's answers are read, by its name; None for its own labels.
        noises: the bank, read; None for the embedded one.
        device: "auto", "cpu" or "cuda".
        seed: draws.
        min_snr_db: a success lies above this SNR.
        progress: told of long steps.
    """

    k: int = 25
    labels: Sequence[str] | None = None
    features: Callable[..., Any] | None = None
    task: str | None = None
    noises: NoiseSet | None = None
    device: str = "auto"
    seed: int = 0
    min_snr_db: float = 10.0
    progress: Progress = SILENT

    def run(self, model: Any, sound: Tensor, attack: Any, defense: Any) -> Attacked:
        """Attack one sound.

        Args:
            model: a spec, a recipe, a fitted victim, or a model of any kind.
            sound: shape (t,), at 16 kHz.
            attack: a spec or an object.
            defense: a spec, an object, or None.
        """
        registry, device = Registry.discover(), device_named(self.device)
        noises = self.noises or registry.build("noise_banks", "embedded").read(self.progress)
        name, searching = _attack(registry, attack)
        context = FitContext(
            own_task(("a", "b")), self.seed, device, noises.part("train"), self.progress, registry.build
        )
        victim, task = self._victim(registry, model, sound, context)
        if defense is not None and defense != NO_DEFENSE:
            told = replace(context, task=task)
            victim = _defense(registry, defense).fit(Given(victim), (), (), told)
        return self._attacked(victim, task, sound, AttackRun(
            searching,
            name,
            attack_tools(
                noises.part("test").copied(device),
                p1(),
                self.min_snr_db,
                self.k,
                lambda spec: registry.component("attacks", spec).object,
            ),
            self.seed,
        ), device)  # fmt: skip

    def _victim(self, registry: Registry, model: Any, sound: Tensor, context: FitContext) -> tuple[Victim, Task]:
        """The model as a fitted victim, and what it tells."""
        recipe = registry.component("victims", model).object if isinstance(model, str) else model
        if isinstance(recipe, Victim) and not isinstance(recipe, type):
            return recipe, self._task()
        if isinstance(recipe, BorrowedRecipe):
            return self._borrowed(recipe, sound, context)
        if isinstance(model, str):
            return _trained(registry, model, self._task(), self.device, self.progress)
        if isinstance(recipe, TrainableVictim) and not isinstance(recipe, type):
            remedy = "give its spec, such as 'cnn_gru', or what its fit gave"
            raise UsageError(f"{WHERE}, model", f"{type(recipe).__name__}, a recipe", "a victim that stands", remedy)
        if self.task is not None:
            remedy = "leave it out: a model in memory is asked by its own labels"
            raise UsageError(f"{WHERE}, task", repr(self.task), "a task of a victim with a spec", remedy)
        victim = victim_of(model_of(model, self.labels, self.features), sound.numpy())
        return victim, own_task(victim.classes)

    def _task(self) -> Task:
        task = task_named(self.task or _TRAINED_TASK)
        if task.dimensional:
            remedy = "bench.run attacks the victims of such a task; or take one of bins, such as activation3"
            raise UsageError(f"{WHERE}, task", f"{task.name!r}, a task of numbers", "a task of classes", remedy)
        return task

    def _borrowed(self, recipe: BorrowedRecipe[Any], sound: Tensor, context: FitContext) -> tuple[Victim, Task]:
        """A model of somebody else's: in the task that is asked for, else by its own labels."""
        if self.task is None:
            names = tuple(recipe.loaded(context).names)
            if len(names) < 2:
                remedy = "say in which task its answers are read: task='ahsn'"
                raise UsageError(f"{WHERE}, task", "none, and a model that does not say its labels", "one", remedy)
        task = own_task(names) if self.task is None else self._task()
        probe = _said(sound, "probe", task)
        return recipe.fit((probe,), (), replace(context, task=task)), task

    def _attacked(
        self, victim: Victim, task: Task, sound: Tensor, attack_run: AttackRun, device: torch.device
    ) -> Attacked:
        """What came of the attack."""
        traits = traits_of(victim)
        unlabelled = _said(sound, "the sound", task)
        referee = Referee(
            victim.enroll(()), task, device, 1, self.min_snr_db, examines=True, randomised=traits.randomised
        )
        with torch.no_grad():
            before = referee.names(referee.labels([unlabelled]))[0]
        if before not in task.classes:
            found = "no one label for the clean sound: it refuses, or its highest probabilities are the same to 1e-4"
            raise UsageError(f"{WHERE}, model", found, "a label", "try another sound")
        mine = replace(unlabelled, emotion=before)
        if task.attribute != "emotion":
            mine = _rated(mine, task, before)
        kept: dict[int, Candidate] = {}

        def keep(candidate: Candidate, row: Row) -> None:
            if row.accepted:
                kept[row.query] = candidate

        rows = referee.run(replace(attack_run, speech=(mine,)), [mine], keep=keep)
        return _best(sound, before, rows, kept)


def waveform_of(sound: Any, sampling_rate: int | None) -> Tensor:
    """Read a sound from a file or from samples, at 16 kHz.

    Args:
        sound: a path, or samples of shape (t,) in [-1, 1].
        sampling_rate: of samples, in Hz.

    Returns:
        Shape (n,), float32.

    Raises:
        bench.core.errors.BenchError: it is none, or nothing can be heard.
    """
    where = f"{WHERE}, sound"
    if isinstance(sound, str | Path):
        return read_audio(Path(sound).expanduser())
    if not isinstance(sound, np.ndarray | Tensor | list | tuple):
        found = f"a {type(sound).__name__}"
        raise UsageError(where, found, "a path, or samples of shape (t,)", "for example bench.attack(model, 'a.wav')")
    try:
        samples = np.asarray(sound.detach().cpu() if isinstance(sound, Tensor) else sound, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise UsageError(where, str(error), "samples of shape (t,)", "give numbers") from error
    if samples.ndim != 1 or not len(samples):
        found = f"samples of shape {samples.shape}"
        raise UsageError(where, found, "shape (t,), one channel", "take one channel, or the mean of them")
    if sampling_rate is None:
        raise UsageError(where, "samples without a rate", "sampling_rate=HZ", "say it, for example sampling_rate=16000")
    if not isinstance(sampling_rate, int | float | np.number) or not RATES[0] <= sampling_rate <= RATES[1]:
        expected = f"from {RATES[0]:,} to {RATES[1]:,} Hz"
        raise UsageError(f"{WHERE}, sampling_rate", f"{sampling_rate!r:.60}", expected, "for example 16000")
    peak = float(np.abs(samples).max())
    if not SILENCE_PEAK < peak <= 1:
        remedy = "divide integers by their full scale (32768 for 16 bits)" if peak > 1 else "give a sound"
        raise UsageError(where, f"samples with a peak of {peak:.4g}", "samples in [-1, 1] that are heard", remedy)
    return torch.from_numpy(from_rate(samples, sampling_rate))


def _best(original: Tensor, before: str, rows: Sequence[Row], kept: dict[int, Candidate]) -> Attacked:
    """The success with the highest SNR that lives on as a file, or that there was none."""
    asked = max(row.query for row in rows)
    held = [row for row in rows if row.accepted and row.survives_pcm is not False and row.query in kept]
    if not held:
        return Attacked(original, None, before, before, None, asked, None, "", "")
    best = max(held, key=lambda row: (row.snr_db if row.snr_db is not None else -np.inf, -row.query))
    sound = as_pcm(kept[best.query].utterance.waveform.cpu())
    what = " ".join(part for part in (best.perturbation, best.category, best.source) if part)
    first = min(row.query for row in held)
    return Attacked(original, sound, before, best.label_after, first, asked, best.snr_db, what, best.recipe or "")


def _said(sound: Tensor, name: str, task: Task) -> Utterance:
    return Utterance(name, sound, _ME, emotion=task.classes[0])


def _rated(utterance: Utterance, task: Task, label: str) -> Utterance:
    """The utterance with a rating in the bin that the victim says."""
    index = task.classes.index(label)
    edges = (task.bins[0] - 1, *task.bins)
    rating = edges[index + 1] if index + 1 < len(edges) else task.bins[-1] + 1
    if task.attribute == "activation":
        return replace(utterance, activation=rating)
    return replace(utterance, valence=rating)


def _attack(registry: Registry, attack: Any) -> tuple[str, Attack | SpeechEffect]:
    """The attack's name and object, which needs to know nothing beforehand.

    Raises:
        UsageError: it is none, or wants to know what one sound cannot tell.
    """
    where = f"{WHERE}, attack"
    if isinstance(attack, str):
        (variant,) = variants_of(attack, registry.build("attacks", attack), corr="no", noises="all")
        component = registry.component("attacks", variant.attack)
        name, found, knows = component.spec, component.object, component.threat_model.knows
    elif isinstance(attack, Attack | SpeechEffect) and not isinstance(attack, type):
        name, found, knows = type(attack).__name__, attack, granted_to(attack).knows
    else:
        told = f"the class {attack.__name__}" if isinstance(attack, type) else f"a {type(attack).__name__}"
        remedy = f"make an object of it: {attack.__name__}()" if isinstance(attack, type) else "see docs/plugins.md"
        raise UsageError(where, told, "a spec, or an object with search or apply", remedy)
    if knows or (isinstance(attack, str) and (component.traits.transfers or component.traits.adaptive)):
        wanted = " and ".join(knows)
        remedy = "run it on a corpus: bench.run"
        raise UsageError(where, f"{name!r}, which knows {wanted}", "one that is told nothing beforehand", remedy)
    return name, found


def _defense(registry: Registry, defense: Any) -> Defense:
    if isinstance(defense, str):
        built: Defense = registry.component("defenses", defense).object
        return built
    if isinstance(defense, Defense) and not isinstance(defense, type):
        return defense
    told = f"the class {defense.__name__}" if isinstance(defense, type) else f"a {type(defense).__name__}"
    raise UsageError(f"{WHERE}, defense", told, "a spec, or an object with fit and load", "see docs/plugins.md")


def _trained(registry: Registry, spec: str, task: Task, device: str, progress: Progress) -> tuple[Victim, Task]:
    """A victim that is trained on the embedded corpus once, and kept."""
    from bench.evaluation.cell.cells import FittedKey
    from bench.evaluation.cell.fitted_store import fit_or_load
    from bench.evaluation.plans.options import Options
    from bench.evaluation.preparing.setup import set_up

    options = Options((spec,), device=device)  # type: ignore[arg-type]
    experiment = set_up(options, registry, progress)
    fitted = FittedKey(registry.component("victims", spec), None, task, options.split, 0, 0)
    return fit_or_load(experiment, fitted), task
