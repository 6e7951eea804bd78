"""Writes the generated parts of docs/: `make docs`."""
