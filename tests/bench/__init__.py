"""Benchmarks: numbers against a peer that was measured in the same run. They judge nothing; tests do that."""
