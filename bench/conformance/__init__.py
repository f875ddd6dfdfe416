"""What the harness relies on of components, one check each; authors call `bench.testing` or `bench check`."""
