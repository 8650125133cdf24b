"""The outage matrix: each thing an exchange leans on away, and each thing it is asked meanwhile.

What is not its own goes on; afterwards all facts are those of an exchange from which nothing was ever away.
``make matrix``
"""
