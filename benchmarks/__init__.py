"""`make bench`: measures the CPU, memory and size that docs/performance.md shows."""
