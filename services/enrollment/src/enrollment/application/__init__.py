"""The use cases of enrollment, one a file, and how facts find theirs (`enrollment.application.routing`)."""
