"""The `bench` command: one file a subcommand."""
