"""Work that failed and waits for its next try, each item by itself."""
