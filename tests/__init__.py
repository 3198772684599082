"""The tests of imnot: `make test` runs them against the built wheel."""
