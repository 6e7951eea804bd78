"""Measures what the functions cost: `make bench`, whose figures are docs/performance.md."""
