"""Stored data: the table, the logs and the key that encrypts them."""
