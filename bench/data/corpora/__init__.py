"""Speech corpora: one file a corpus."""
