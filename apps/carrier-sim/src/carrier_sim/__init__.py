"""A carrier for tests: it reads and answers what an exchange sends, and misbehaves where it is told to."""
