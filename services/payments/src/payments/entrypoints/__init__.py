"""Where payments is called from: the HTTP API, the worker, the command line."""
