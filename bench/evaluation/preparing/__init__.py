"""What a run is measured with, read and looked at; what cannot be is refused before anything is trained."""
