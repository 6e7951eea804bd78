"""Serverless OTP: what runs in Lambda. `send` and `verify` are the entry points, others rooms."""
