"""Objects given from Python as components of a run: what tells one from another, and how a model is asked."""
