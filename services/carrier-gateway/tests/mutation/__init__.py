"""Files of carriers, changed at random: none is taken for what it does not say, and none brings the gateway down.

`make mutants` tries as many as one likes; the unit tests try a few, and all that ever went wrong.
"""
