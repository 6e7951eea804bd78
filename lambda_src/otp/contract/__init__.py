"""What callers and the service say to each other: requests, answers, problems."""
