"""Attacks, bounded in number and time, on an exchange that runs on this machine: what held and what broke.

``make attack``
"""
