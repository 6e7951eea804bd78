"""A Lambda function and what belongs to it."""
