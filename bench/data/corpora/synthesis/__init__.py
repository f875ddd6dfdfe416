"""How the corpus `synthetic` is made: its script, its speakers, its prosody, its recording."""
