"""One cell: its coordinates, its fitted victim, what decides its records, and its measuring."""
