"""Serverless OTP: what runs in Lambda. `send` is the entry point; every other module is a room."""
