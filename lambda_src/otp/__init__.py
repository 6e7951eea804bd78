"""Serverless OTP: the code that runs in Lambda. `send` and `verify` are the entry points."""
