"""The contract with callers: requests, answers and problems."""
