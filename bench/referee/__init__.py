"""The label-only oracle: counts, measures, judges, writes down."""
