"""The ground floor: logs, clients of AWS, the start."""
