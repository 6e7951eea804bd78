"""The pages of the sandbox in a browser: the phone, and the reference of the API."""
