"""How fast the catalogue of effects is, and how it compares with audiomentations and librosa.

    python -m benchmarks.catalogue_speed                       # embedded corpus and noises, one core
    python -m benchmarks.catalogue_speed --plugin my_effects.py

Every registered effect is timed on those of the utterances, each 3 s long, to which it applies: seconds of speech a
second of computing, medians of several runs. The peers do the same job in the same run, turn by turn.
audiomentations comes with the extra `peers`; where it is not installed it is named and left out. It reads its noises
from files each time, as it comes; they are written as 16 kHz WAV, which it need not resample.
"""

from __future__ import annotations

import argparse
import collections
import math
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import soundfile
import torch

from bench.audio.signal import fit_length, log_mel, shift_pitch
from bench.audio.signal.voice import median_f0
from bench.contracts.attacks import EffectTools, SpeechEffect
from bench.contracts.recipes import Overlay, Recipe
from bench.contracts.registry import Registry
from bench.core.heard import Heard
from bench.core.noises import NoiseSet
from bench.core.rng import keyed
from bench.core.showing.progress import for_terminal
from bench.core.types import SAMPLE_RATE, Utterance
from bench.perturbations.edits import without
from bench.perturbations.rendering import Rendered, Renderer, Rendering

SECONDS = 3.0
SNR_DB = 10.0
FACTOR = 1.25
CATEGORY = "natural"
FLOOR = 50


def main() -> None:
    """Measure and print."""
    arguments = _arguments()
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    registry = Registry.discover(arguments.plugin)
    noises = registry.build("noise_banks", "embedded").read(for_terminal()).part("test")
    speech = _three_seconds(
        registry.build("corpora", "synthetic").read(for_terminal()).utterances, arguments.utterances
    )
    build = partial(registry.build, "attacks")
    print(f"{len(speech)} utterances of {SECONDS:g} s, one core, medians of {arguments.repeats}")
    print(f"{'effect':24}{'applies to':>11}{'ms each':>9}{'x real time':>13}")
    for name in registry.names("attacks"):
        if issubclass(registry.entry("attacks", name).load(), SpeechEffect):
            _effect(name, build(name), speech, noises, arguments.repeats)
    try:
        _audiomentations(Renderer(noises, build), speech, arguments.repeats)
    except ImportError as error:
        print(f"{error.name} is not installed: pip install serbench[peers]")
    _librosa(speech, arguments.repeats)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--utterances", type=int, default=256)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--plugin", type=Path, action="append", default=[])
    return parser.parse_args()


def _three_seconds(utterances: Sequence[Utterance], count: int) -> tuple[Heard, ...]:
    """The first utterances, spread over the corpus, repeated or cut to 3 s; their words are those of the first time."""
    samples = round(SECONDS * SAMPLE_RATE)
    found = []
    for said in utterances[:: max(len(utterances) // count, 1)][:count]:
        waveform = fit_length(said.waveform, max(samples, len(said.waveform)))
        found.append(without(replace(Heard.of(said, said.speaker), waveform=waveform), [(samples, len(waveform))]))
    return tuple(found)


def _effect(name: str, effect: SpeechEffect, speech: Sequence[Heard], noises: NoiseSet, repeats: int) -> None:
    """One line for an effect."""
    spoken = collections.defaultdict(list)
    for one in speech:
        spoken[one.speaker].append(one)

    def changed(place: int, original: Heard) -> Heard | None:
        others = [other for other in spoken[original.speaker] if other is not original]
        return effect.apply(original, EffectTools(noises, others), keyed("benchmark", place))

    applies = [(place, original) for place, original in enumerate(speech) if changed(place, original) is not None]
    if not applies:
        print(f"{name:24}{0:11d}        the embedded bank or corpus has nothing that it needs")
        return
    (taken,) = _taken([lambda: [changed(place, original) for place, original in applies]], repeats)
    speed = SECONDS * len(applies) / taken
    below = "" if speed >= FLOOR else f"  below {FLOOR}"
    print(f"{name:24}{len(applies):11d}{1e3 * taken / len(applies):9.2f}{speed:13.0f}{below}")


def _taken(jobs: Sequence[Callable[[], object]], repeats: int) -> list[float]:
    """Median seconds of each job; they take turns, so that all see the same machine, after one round untimed."""
    seconds: list[list[float]] = [[] for _ in jobs]
    for turn in range(repeats + 1):
        for job, own in zip(jobs, seconds, strict=True):
            started = time.perf_counter()
            job()
            if turn:
                own.append(time.perf_counter() - started)
    return [statistics.median(own) for own in seconds]


def _audiomentations(renderer: Renderer, speech: Sequence[Heard], repeats: int) -> None:
    """Additive noise from the same clips at the same SNR: a sound drawn anew, and one more level of a sound, which is
    what a search asks for most."""
    from audiomentations import AddBackgroundNoise

    with tempfile.TemporaryDirectory() as folder:
        for clip in renderer.noises.of(CATEGORY):
            soundfile.write(Path(folder) / f"{clip.id.replace('/', '-')}.wav", clip.waveform.numpy(), SAMPLE_RATE)
        theirs = AddBackgroundNoise(folder, min_snr_db=SNR_DB, max_snr_db=SNR_DB, p=1.0)
        samples = [original.waveform.numpy() for original in speech]
        rng = keyed("benchmark")  # one generator for all, as theirs has
        begun = [renderer.of(original) for original in speech]

        def drawn(original: Heard) -> Heard | None:
            return renderer.heard(original, Recipe(Overlay(renderer.noises.draw(rng, CATEGORY), SNR_DB)))

        def levelled(rendering: Rendering) -> Rendered | None:
            return rendering.rendered(Recipe(Overlay(renderer.noises.of(CATEGORY)[0], SNR_DB)))

        ours_s, level_s, theirs_s = _taken(
            [
                lambda: _dropped(drawn(original) for original in speech),
                lambda: _dropped(levelled(rendering) for rendering in begun),
                lambda: _dropped(theirs(samples=one, sample_rate=SAMPLE_RATE) for one in samples),
            ],
            repeats,
        )
    print(f"additive noise: audiomentations AddBackgroundNoise {1e3 * theirs_s:.0f} ms; ", end="")
    print(f"an overlay {1e3 * ours_s:.0f} ms, ratio {theirs_s / ours_s:.1f} (asked: 5); ", end="")
    print(f"another level of the same sound {1e3 * level_s:.0f} ms, ratio {theirs_s / level_s:.1f}")


def _dropped(results: Iterable[object]) -> None:
    """Compute them one after the other and keep none, as a search does."""
    collections.deque(results, maxlen=0)


def _librosa(speech: Sequence[Heard], repeats: int) -> None:
    """Pitch by the same factor: where f0 lies afterwards, how like the spectra are, and the time."""
    import librosa

    some = speech[:: max(len(speech) // 32, 1)]
    steps = 12 * math.log2(FACTOR)

    def ours() -> list[torch.Tensor]:
        return [shift_pitch(one.waveform, FACTOR) for one in some]

    def theirs() -> list[torch.Tensor]:
        found = [librosa.effects.pitch_shift(one.waveform.numpy(), sr=SAMPLE_RATE, n_steps=steps) for one in some]
        return [torch.from_numpy(one) for one in found]

    ours_s, theirs_s = _taken([ours, theirs], repeats)
    print(f"pitch by {FACTOR:g} on {len(some)}: ours {1e3 * ours_s:.0f} ms, librosa {1e3 * theirs_s:.0f} ms, ", end="")
    print(f"ratio {theirs_s / ours_s:.1f}")
    results = {"ours": ours(), "librosa": theirs()}
    for name, shifted in results.items():
        print(f"  {name:8} f0 after over f0 before, median: {_f0_ratio(some, shifted):.4f} (asked for {FACTOR:g})")
    between = _distance_db(results["ours"], results["librosa"])
    unshifted = _distance_db([one.waveform for one in some], results["librosa"])
    print(f"  long-term mel spectra: {between:.2f} dB apart (rms); librosa's and the unshifted {unshifted:.2f} dB")


def _f0_ratio(originals: Sequence[Heard], shifted: Sequence[torch.Tensor]) -> float:
    pairs = [(median_f0(one.waveform), median_f0(other)) for one, other in zip(originals, shifted, strict=True)]
    return statistics.median(after / before for before, after in pairs if before and after)


def _distance_db(ones: Sequence[torch.Tensor], others: Sequence[torch.Tensor]) -> float:
    """RMS difference in dB of the mel energies of whole utterances, which show the formants and not the harmonics."""
    squares = []
    for one, other in zip(ones, others, strict=True):
        here, there = (10 * log_mel(wave[None])[0].exp().mean(dim=0).log10() for wave in (one, other))
        squares.append(float((here - there).square().mean()))
    return math.sqrt(statistics.mean(squares))


if __name__ == "__main__":
    main()
