"""What a run is measured with: the corpus and the noise banks, read from where the user has them, and the device."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.contracts.protocols import NoiseBank, PartialNoiseBank
from bench.contracts.registry import Registry
from bench.core.code.result_code import code_of_component
from bench.core.errors import UsageError
from bench.core.showing.progress import Progress
from bench.core.specs import Spec, values_of
from bench.evaluation.plans.options import Options
from bench.evaluation.preparing.beginning import read_if_quick
from bench.evaluation.preparing.plugged_data import reading
from bench.evaluation.preparing.preflight import as_option

if TYPE_CHECKING:
    import torch

    from bench.core.noises import NoiseSet
    from bench.core.types import Dataset
    from bench.evaluation.cell.experiment import Experiment


def read_corpus(options: Options, registry: Registry, progress: Progress) -> Dataset:
    """Read the corpus alone.

    Args:
        options: what is asked for.
        registry: finds components.
        progress: is told of long steps.

    Raises:
        bench.core.errors.BenchError: a path is given to a corpus that reads none, or a file or folder is not as it
            should be.
    """
    found: Dataset = corpus_reader(registry, options.corpus, options.corpus_root)(progress)
    return found


def corpus_reader(registry: Registry, text: str, root: Path | None) -> Callable[[Progress], Dataset]:
    """Return what reads a corpus, held to its contract where a plug-in brings it.

    Args:
        registry: finds it.
        text: its spec.
        root: its folder, where it is not embedded.

    Raises:
        UsageError: it cannot be built, or reads no folder.
    """
    corpus = with_paths(registry, "corpora", text, {"--corpus-root": root})
    return reading(registry, "corpora", text, corpus.read)


def read_training(
    options: Options, registry: Registry, progress: Progress, attacked: Dataset, begun: Dataset | None = None
) -> Dataset | None:
    """Read the corpus that is trained on, where it is another one than is attacked; else return None.

    Args:
        options: what is asked for.
        registry: finds components.
        progress: is told of long steps, and of what makes the two corpora hard to compare.
        attacked: the other one, read.
        begun: this one, where it has been read already.

    Raises:
        bench.core.errors.BenchError: it cannot be read, or the two have sounds or speakers in common.
    """
    from bench.data.across import check_apart, differences

    text = options.train_corpus
    if text is None:
        return None
    with as_option("--train-corpus"):
        found = begun or corpus_reader(registry, text, options.train_corpus_root)(progress)
    readers = {registry.entry("corpora", Spec.parse(one).name).name for one in (text, options.corpus)}
    check_apart(found, attacked, one_reader=len(readers) == 1)
    for one in differences(found, attacked):
        progress.say(f"{one}.")
    return found


def _begin_training(options: Options, registry: Registry, progress: Progress) -> Dataset | None:
    if options.train_corpus is None:
        return None
    with as_option("--train-corpus"):
        return read_if_quick(corpus_reader(registry, options.train_corpus, options.train_corpus_root), progress)


def set_up(
    options: Options, registry: Registry, progress: Progress, sounds: Collection[str] | None = None
) -> Experiment:
    """Read the corpus and the noise banks, and choose the device.

    Args:
        options: what is asked for.
        registry: finds components.
        progress: is told of long steps.
        sounds: the noises that are needed, by category or name, where a bank need not make the others; None for all.
            Several banks are read whole: which recordings attack hangs on all that share a category.

    Raises:
        bench.core.errors.BenchError: a path is given to a component that reads none, a file or folder is not as it
            should be, or there is no such device.
    """
    from bench.contracts.perception import p1, read_perception
    from bench.data.noises.joined import joined
    from bench.evaluation.cell.experiment import Experiment

    device, training = device_named(options.device), options.train_corpus
    banks = _noise_banks(options, registry)
    perception = p1() if options.perception is None else read_perception(options.perception)
    trained = _begin_training(options, registry, progress)
    readers = _noise_readers(options, registry, banks, sounds)
    pairs = zip(banks, readers, strict=True)
    begun = [read_if_quick(read, progress) if "root" in values_of(bank) else None for bank, read in pairs]
    dataset = read_corpus(options, registry, progress)
    noises = joined([read(progress) if whole is None else whole for read, whole in zip(readers, begun, strict=True)])
    return Experiment(
        registry,
        dataset,
        noises,
        device,
        options.batch_size,
        perception=perception,
        progress=progress,
        measures=options.measures,
        enrolment=options.enrolment,
        max_requests=options.max_requests,
        corpus_code=_readers_code(registry, "corpora", (options.corpus,)),
        training=read_training(options, registry, progress, dataset, trained),
        training_code="" if training is None else _readers_code(registry, "corpora", (training,)),
        noise_code=_readers_code(registry, "noise_banks", options.noise_banks),
    )


def _noise_readers(
    options: Options, registry: Registry, banks: Sequence[NoiseBank], sounds: Collection[str] | None
) -> list[Callable[[Progress], NoiseSet]]:
    """What reads each bank; of a single one what is needed, where it can give that alone."""

    def read(bank: NoiseBank) -> Callable[[Progress], NoiseSet]:
        if sounds is None or len(banks) > 1 or not isinstance(bank, PartialNoiseBank):
            return bank.read
        return partial(bank.read_only, sounds)

    named = zip(options.noise_banks, banks, strict=True)
    return [reading(registry, "noise_banks", text, read(bank)) for text, bank in named]


def _readers_code(registry: Registry, kind: str, texts: Sequence[str]) -> str:
    """Digest the code that reads a corpus, or noise banks: a fingerprint is of what is in the files."""
    entries = [registry.entry(kind, Spec.parse(text).name) for text in texts]
    return "+".join(code_of_component(entry.target.partition(":")[0], entry.source) for entry in entries)


def _noise_banks(options: Options, registry: Registry) -> list[Any]:
    """The noise banks, each with its folder: those that read one take the roots in order."""
    reading = [text for text in options.noise_banks if _reads(registry, "noise_banks", text, "root")]
    if len(options.noise_roots) > len(reading):
        banks = " and ".join(options.noise_banks)
        found = f"{len(options.noise_roots)} folders for {banks}" if reading else f"{banks}, which reads none"
        expected = f"at most {len(reading)}, one for each bank that reads one" if reading else "no path"
        extra = options.noise_roots[len(reading)]
        raise UsageError(f"--noise-root {extra}", found, expected, "leave the option out, or name the bank it is for")
    roots = dict(zip(reading, options.noise_roots, strict=False))
    mapped = [text for text in options.noise_banks if _reads(registry, "noise_banks", text, "map")]
    if options.noise_map is not None and not mapped:
        found = f"{' and '.join(options.noise_banks)}, which reads none"
        raise UsageError(f"--noise-map {options.noise_map}", found, "no file", "leave the option out")
    return [
        with_paths(
            registry,
            "noise_banks",
            text,
            {"--noise-root": roots.get(text), "--noise-map": options.noise_map if text in mapped else None},
        )
        for text in options.noise_banks
    ]


def _reads(registry: Registry, kind: str, text: str, parameter: str) -> bool:
    """Whether a component takes a path of this name and its spec does not give one."""
    values = values_of(registry.build(kind, text))
    return parameter in values and values[parameter] is None


def with_paths(registry: Registry, kind: str, text: str, paths: dict[str, Path | None]) -> Any:
    """Build a corpus or noise bank with the paths given on the command line.

    Args:
        registry: finds it.
        kind: "corpora" or "noise_banks".
        text: its spec.
        paths: by their options; None where one is not given.

    Raises:
        UsageError: it cannot be built, or reads no such path.
    """
    component = registry.build(kind, text)
    known = values_of(component)
    given = {option.rpartition("-")[2]: path for option, path in paths.items() if path is not None}
    for option, path in paths.items():
        if path is not None and option.rpartition("-")[2] not in known:
            raise UsageError(f"{option} {path}", f"{text!r}, which reads none", "no path", "leave the option out")
    return replace(component, **given)


def device_named(name: str) -> torch.device:
    """Choose the device to compute on, exactly; "auto" takes a GPU where there is one.

    Raises:
        UsageError: a GPU is asked for and there is none.
    """
    import torch

    from bench.core.computing.allocation import keep_memory
    from bench.core.devices import compute_exactly

    if name == "cuda" and not torch.cuda.is_available():
        raise UsageError(
            "--device", "cuda, but torch sees no GPU", "a GPU", "use --device cpu, or install CUDA's driver"
        )
    device = torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")
    compute_exactly(device)
    keep_memory()
    return device
