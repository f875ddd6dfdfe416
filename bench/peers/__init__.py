"""Other libraries beside ours: their attacks behind the referee, and our victims in their hands."""
