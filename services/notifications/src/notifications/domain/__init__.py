"""Pure rules of notices: the standard library and the kernel, nothing else."""
