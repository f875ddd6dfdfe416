"""The statistics: intervals, tests and ranks that know which observations depend on each other. Knows no record."""
