"""The fifty speakers of the corpus `synthetic`: five sessions, each of five women and five men."""

from __future__ import annotations

from dataclasses import dataclass

from bench.core.rng import keyed

CUES = ("f0", "range", "rate", "level", "tilt", "pause", "tremor")
"""What a speaker can do with the voice: see [`bench.data.corpora.synthesis.prosody`][]."""
STRENGTH_SD = 0.3
"""How much people differ in their use of a cue (log scale): one shouts, another squeaks. Each emotion is expressed by
many combinations of cues (Juslin & Laukka 2003), and speakers differ as much as emotions do (Banse & Scherer 1996)."""


@dataclass(frozen=True)
class Speaker:
    """Somebody who speaks.

    Args:
        id: "Ses01F3": the session, F or M, and a number.
        variant: the eSpeak NG voice that the speaker is built on.
        f0_st: habitual pitch, in semitones from the variant's own.
        range: habitual pitch range, in eSpeak NG's units (0-100).
        rate_wpm: habitual rate, words a minute.
        level_db: habitual level, dB RMS re full scale.
        tilt_db: habitual spectral tilt: gain above 1 kHz.
        scale: all frequencies, relative to the variant: the length of the vocal tract.
        strengths: by cue, how much of it the speaker uses; 1 is average.
    """

    id: str
    variant: str
    f0_st: float
    range: float
    rate_wpm: float
    level_db: float
    tilt_db: float
    scale: float
    strengths: dict[str, float]

    @property
    def session(self) -> str:
        """Return the recording session: "Ses01"."""
        return self.id[:5]


_SESSIONS = 5
_BUILT_ON = (("f2", "m1"), ("f5", "m3"), ("Annie", "m7"), ("f1", "m4"), ("f4", "m2"))
"""eSpeak NG's voices: one woman and one man of each session is built on each pair of them."""


def speakers() -> tuple[Speaker, ...]:
    """Make all fifty speakers, in order of sessions, women and men in turn."""
    return tuple(
        _speaker(f"Ses{session:02d}{sex}{number}", variant)
        for session in range(1, _SESSIONS + 1)
        for number, pair in enumerate(_BUILT_ON, start=1)
        for sex, variant in zip("FM", pair, strict=True)
    )


def _speaker(identity: str, variant: str) -> Speaker:
    rng = keyed("synthetic", "speaker", identity)
    return Speaker(
        id=identity,
        variant=variant,
        f0_st=rng.uniform(-2.0, 2.0),
        range=rng.uniform(42.0, 58.0),
        rate_wpm=rng.uniform(165.0, 195.0),
        level_db=rng.uniform(-29.0, -25.0),
        tilt_db=rng.uniform(-3.0, 3.0),
        scale=rng.uniform(0.96, 1.05),
        strengths={cue: float(2.0 ** rng.normal(0.0, STRENGTH_SD / 0.6931)) for cue in CUES},
    )
