"""The GAN that purifies (P2): its networks, its training pairs, its training, its sound."""
