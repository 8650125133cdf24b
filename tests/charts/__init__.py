"""The charts as they render: cases, what the cluster's own schemas and ours say of them, and the policy they keep."""
