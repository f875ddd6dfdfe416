"""What the face `bench` hands on from here: curves, boards, plots, as results for Python."""
