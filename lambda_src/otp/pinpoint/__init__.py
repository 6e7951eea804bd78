"""The only package that knows which AWS service sends and verifies."""
