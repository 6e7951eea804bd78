"""Logs, AWS clients, deadlines and the start of a function."""
