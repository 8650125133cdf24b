"""The five services in one process: every scenario of the house, on a virtual clock."""
