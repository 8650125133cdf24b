"""The drill: three days on which an exchange failed, lived through by this one, with the numbers that were reported.

``make drill SCALE=1``
"""
