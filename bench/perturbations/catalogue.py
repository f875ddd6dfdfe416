"""P1's catalogue of what is done to speech without a recording of noise."""

P1_EFFECTS = (
    "speed_segment",
    "fade_in",
    "fade_out",
    "filler:length=short",
    "filler:length=long",
    "drop_words",
    "drop_letters",
    "laugh",
    "cry",
    "speed_utterance:rate=1.25",
    "speed_utterance:rate=0.75",
    "pitch:factor=1.25",
    "pitch:factor=0.75",
    "reverb",
)
"""Specs of the effects of category "signal" that P1 (section 4) adds to speech: attacks that ask once, in its order."""

SHARES = {"short": 0.1, "medium": 0.5, "complete": 1.0}
"""P1's lengths of a sound laid over an utterance, as shares of the utterance's: readings, since P1 gives no figures."""
