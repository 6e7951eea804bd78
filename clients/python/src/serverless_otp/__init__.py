"""A client of Serverless OTP."""
