"""P2's purification: a GAN's generator takes the noise out of what the victim decides from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeAlias

from bench import (
    DataError,
    FitContext,
    NoiseSet,
    Sequential,
    TrainableVictim,
    Traits,
    UsageError,
    Utterance,
    Victim,
    check_fields,
    values_of,
    within,
)
from bench.defending.gan.fitted import GAN, CleanedFeatures, CleanedSound, load_generator
from bench.defending.gan.networks import Generator
from bench.defending.gan.pairs import Frames, clean_speech, corrupted, pairs_of, usual_categories
from bench.defending.gan.sound import SoundPurifier, Spectra
from bench.defending.gan.training import GanSettings, fit_gan
from bench.defending.inner_victim import load_inner
from bench.defending.purified_victim import AudioDefense, load_purified

_NAME = "gan_purification"
_WHERE = f"defense '{_NAME}'"
_Parts: TypeAlias = Sequence[Sequence[Utterance]]
"""Clean speech to learn from, and to choose the epoch by."""
_Noisy: TypeAlias = Sequence[Sequence[Utterance | None]]
"""The same with noise."""


@dataclass(frozen=True)
class GanPurification(AudioDefense):
    """A GAN's generator cleans the victim's feature sequence before the victim decides (P2 section 5.3).

    The victim is trained on clean speech, as ever, and left as it is. Then the generator, an autoencoder of LSTM
    layers, learns to turn features of noisy training speech into those of the clean original: first alone, by
    reconstruction, then against a discriminator of the same shape, which has two steps for each of the generator's;
    RMSProp at 0.0001, batches of 32. It is stopped once the reconstruction error on the validation speakers falls no
    more, and the best adversarial epoch's weights are kept. All noises are of the bank's training half.

    A victim that shows no feature sequence (`bench.contracts.capabilities.Sequential`) gets the same GAN over log
    magnitudes of frames of 32 ms, from which sound is made again with the phase of the noisy sound.

    Differences to the original:

    - P2 does not say which reconstruction loss, nor that there is one beside the discriminator's. Reading: the mean
      absolute difference over true frames, 100 times (Isola et al. 2017), since the discriminator alone knows nothing
      of which utterance it sees. `reconstruction=0` trains by the discriminator alone.
    - P2 prints no sizes, and neither the rate nor the length of the pre-training: those below are ours.
    - The generator says what to add to its input (`residual=true`), so that it begins by changing nothing: P2's plain
      autoencoder (`residual=false`) needs far longer until what comes out is as good as what went in.
    - P2's noise is scaled by the noise that is already there (attack `real_noise`, ε = 1 by default). Each utterance
      gets one of café, meeting and station. Where the bank has none of these, or they apply to no utterance, the noise
      is of every category that can lie under speech, at 10 dB; a line says so.
    - Each clean utterance is learnt from as well, unchanged on both sides, so that clean speech comes out as it was.
    - The features of a whole utterance enter when the victim is asked, but each step of the training sees a stretch.

    Args:
        variant: "features" cleans the victim's features, "waveform" the sound; "auto" features where it shows any.
        attacks: specs of effects to learn from, in place of P2's noise. From Python any; in a spec, those with at most
            one parameter: `gan_purification:attacks=white_noise+environmental:snr_db=10`.
        epsilon: ε of P2's noise, from 0.1 to 2; without effect where `attacks` are named.
        hidden: units of each LSTM layer.
        residual: whether the generator says what to add to its input, in place of the features themselves.
        pretrain_epochs: of the generator alone; at most.
        pretrain_rate: RMSProp's learning rate meanwhile.
        max_epochs: of both networks; at most.
        patience: epochs without a gain on the validation speakers before either phase ends.
        learning_rate: RMSProp's; P2: 0.0001.
        reconstruction: what the reconstruction error weighs in the generator's loss; the discriminator weighs 1.
        batch_size: utterances a step; P2: 32.
        chunk: frames of each utterance that a step sees, at most.
    """

    where: ClassVar[str] = _WHERE
    variant: Literal["auto", "features", "waveform"] = "auto"
    attacks: tuple[str, ...] = ()
    epsilon: float = 1.0
    hidden: int = 64
    residual: bool = True
    pretrain_epochs: int = 20
    pretrain_rate: float = 0.001
    max_epochs: int = 20
    patience: int = 5
    learning_rate: float = 0.0001
    reconstruction: float = 100.0
    batch_size: int = 32
    chunk: int = 64

    def __post_init__(self) -> None:
        counts = ("hidden", "pretrain_epochs", "max_epochs", "patience", "batch_size", "chunk")
        check_fields(self, _WHERE, counts, at_least=1)
        check_fields(self, _WHERE, ("pretrain_rate", "learning_rate"), above=0)
        check_fields(self, _WHERE, ("reconstruction",), at_least=0)
        within(_WHERE, "epsilon", self.epsilon, "P2 takes 0.1 to 2", at_least=0.1, at_most=2)

    @property
    def traits(self) -> Traits:
        """Declare the attacks that it learns from."""
        effects = self.attacks or ("real_noise", "environmental")
        made_of = tuple(("attacks", effect) for effect in effects)
        categories = () if self.attacks else None
        return Traits(made_of=made_of, categories=categories, dimensional=self.variant == "waveform")

    def seen(self, noises: NoiseSet) -> frozenset[str] | None:
        """Name the noise categories that it learns from: those of its attacks, where they are named."""
        return None if self.attacks else frozenset(usual_categories(noises))

    def fit(
        self, victim: TrainableVictim, train: Sequence[Utterance], valid: Sequence[Utterance], context: FitContext
    ) -> Victim:
        """Train the victim, then what stands before it.

        Raises:
            UsageError: the victim does not hear, shows no features where these were asked for, or there is nothing to
                learn from.
        """
        self.check(victim)
        inner = victim.fit(train, valid, context)
        variant = self._variant(inner)
        parts = [clean_speech(_WHERE, train, context.clean), clean_speech(_WHERE, valid)]
        noisy = corrupted(_WHERE, self.attacks, self.epsilon, parts, context)
        if variant == "features":
            return self._before_features(_sequential(inner), parts, noisy, context)
        return self._before_sound(inner, parts, noisy, context)

    def load(self, victim: TrainableVictim, folder: Path, context: FitContext) -> Victim:
        """Load the trained victim behind the trained generator.

        Raises:
            DataError: a file is missing or damaged, or it is another generator.
            UsageError: the victim does not hear.
        """
        self.check(victim)
        generator, spectra, note = load_generator(folder, self.hidden, self.residual, context.device)
        if note != self._note("features" if spectra is None else "waveform"):
            expected = f"what {_NAME} with these parameters writes"
            raise DataError(folder / GAN, f"{note}", expected, "delete the folder, and it is trained anew")
        if spectra is None:
            return CleanedFeatures(_sequential(load_inner(victim, folder, context)), generator, note)
        purifier = SoundPurifier(generator, spectra)
        loaded = load_purified(_WHERE, purifier, note, victim, folder, context)
        return CleanedSound(loaded.victim, purifier, context.device, note)

    def _variant(self, inner: Victim) -> str:
        """What is cleaned."""
        if self.variant == "auto":
            return "features" if isinstance(inner, Sequential) else "waveform"
        if self.variant == "features":
            _sequential(inner)
        return self.variant

    def _before_features(self, inner: Sequential, parts: _Parts, noisy: _Noisy, context: FitContext) -> CleanedFeatures:
        known = inner.enroll([utterance for part in parts for utterance in part])
        generator = self._generator(known.sequence, parts, noisy, context)
        return CleanedFeatures(inner, generator, self._note("features"))

    def _before_sound(self, inner: Victim, parts: _Parts, noisy: _Noisy, context: FitContext) -> CleanedSound:
        spectra = Spectra.of(parts[0], context.device)
        generator = self._generator(spectra.sequence, parts, noisy, context)
        return CleanedSound(inner, SoundPurifier(generator, spectra), context.device, self._note("waveform"))

    def _generator(self, frames: Frames, parts: _Parts, noisy: _Noisy, context: FitContext) -> Generator:
        """Trained on pairs of the training speakers, chosen on those of the validation speakers."""
        train, valid = (pairs_of(frames, *both, context.device) for both in zip(parts, noisy, strict=True))
        own = values_of(self)
        named = {field.name: own[field.name] for field in fields(GanSettings)}
        return fit_gan(train, valid, GanSettings(**named), context, _WHERE)

    def _note(self, variant: str) -> dict[str, Any]:
        return {"defense": _NAME, "variant": variant, "hidden": self.hidden, "residual": self.residual}


def _sequential(inner: Victim) -> Sequential:
    if isinstance(inner, Sequential):
        return inner
    found = f"'features' and a victim that shows none ({type(inner).__name__})"
    remedy = "take variant=waveform, or a victim such as cnn_gru"
    raise UsageError(f"{_WHERE}, parameter 'variant'", found, "one with methods sequence and log_probs_of", remedy)
