"""How work is done on this machine: memory, threads, processes, batches that fit. Knows no speech."""
