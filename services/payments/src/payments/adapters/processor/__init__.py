"""The payment processor: over HTTP, or the sandbox in this process."""
