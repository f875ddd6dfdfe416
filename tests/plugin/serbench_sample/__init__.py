"""A victim, an attack, a defence, a corpus and a noise bank for serbench."""
