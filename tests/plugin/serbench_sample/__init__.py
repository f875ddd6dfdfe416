"""A victim, an attack and a defence for serbench."""
