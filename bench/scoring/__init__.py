"""Records and pure functions of records: scores, intervals, tests, results."""
