"""What is computed of records: shares, differences, costs of a search, each with its interval."""
