"""The whole service on one machine: no AWS account, no Docker. See `python -m sandbox --help`."""
