"""The static site of a leaderboard: from records alone, self-contained, the same bytes for the same records."""
