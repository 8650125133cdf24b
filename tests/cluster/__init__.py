"""The cluster test: releases installed, shaken, upgraded and drained on a real Kubernetes, and what became of it.

`make test-cluster` plays it (``python -m cluster``). It knows a cluster by its kubeconfig, its ingress and
where it finds images, and nothing of how it was made.
"""
