"""What payments does, one use case a file, against ports."""
