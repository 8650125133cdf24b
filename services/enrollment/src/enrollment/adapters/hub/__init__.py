"""The federal hub: over HTTP, or the sandbox in this process."""
