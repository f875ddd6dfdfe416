"""An attack on one sound, from Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from bench.api.plainly import plainly
from bench.core.checks import chosen, within
from bench.core.keywords import check_typed, refuse_unknown
from bench.core.showing.progress import Progress, for_python
from bench.evaluation.plans.options import Device

if TYPE_CHECKING:
    from bench.contracts.protocols import Defense
    from bench.core.noises import NoiseSet
    from bench.studies.one_sound.attacked import Attacked


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
        progress: True shows it, False does not; by default it is shown in a notebook alone.
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
    progress: Progress | bool | None


@plainly("bench.attack")
def attack(model: Any, sound: Any, attack: Any = "boundary", **options: Unpack[AttackOptions]) -> Attacked:
    """Attack one sound with a model of any kind, by its labels alone, and return the adversarial sound.

    Args:
        model: a victim's spec ("hf:FOLDER", "onnx:FILE.onnx", "cnn_gru", which is trained once); a fitted victim; a
            function of one waveform, or of a waveform and its rate, that gives a label, a dict of probabilities by
            label, or an array of them; a torch module from waveforms of shape (1, t) to logits; a pipeline of
            transformers' for audio classification; an object with `predict`, as scikit-learn's; or one of these in an
            `InMemory`, with its labels.
        sound: a path, or samples of shape (t,) in [-1, 1] with `sampling_rate`.
        attack: a spec, or an object with `search` or `apply`.
        **options: k, labels, defense and more, see `AttackOptions`.

    Returns:
        The adversarial sound, the label before and after, queries and SNR; `save` writes it, a notebook plays it.

    Raises:
        bench.core.errors.BenchError: something asked for cannot be done; the message says what to do.
    """
    from bench.studies.in_memory.given import InMemory
    from bench.studies.one_sound.attacking import Attempt, waveform_of

    refuse_unknown("bench.attack", options, (*AttackOptions.__annotations__, "model", "sound", "attack"))
    given: dict[str, Any] = dict(options)
    defense, rate = given.pop("defense", None), given.pop("sampling_rate", None)
    check_typed("bench.attack", given, {"k": int, "seed": int, "min_snr_db": (int, float), "device": str})
    chosen("bench.attack", "device", [options.get("device", "auto")], ("auto", "cpu", "cuda"))
    if "k" in given:
        within("bench.attack", "k", options["k"], "for example k=25", at_least=1)
    if isinstance(model, InMemory):
        given = {"labels": model.labels, "features": model.features} | given
        model = model.object
    attack, defense = (one.object if isinstance(one, InMemory) else one for one in (attack, defense))
    given["progress"] = for_python(options.get("progress"))
    heard = waveform_of(sound, rate)
    return Attempt(**given).run(model, heard, attack, defense)
