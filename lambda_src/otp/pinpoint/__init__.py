"""The one package that knows which AWS service sends and verifies."""
