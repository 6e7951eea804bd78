"""The Lambda functions, their roles, failures and releases."""
