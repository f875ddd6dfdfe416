"""Leaderboards: scores as ranked tables."""
