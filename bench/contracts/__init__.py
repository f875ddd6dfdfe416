"""What a victim, an attack, a defence *is*; what they are given; how they are named, found, composed."""
