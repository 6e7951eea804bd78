"""The operator's rules: which numbers are texted, how often, and whether at all."""
