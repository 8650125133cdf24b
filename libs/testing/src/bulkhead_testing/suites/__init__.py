"""Contract suites: what every adapter of a port must do. A test module subclasses one and gives it its
adapter.
"""
