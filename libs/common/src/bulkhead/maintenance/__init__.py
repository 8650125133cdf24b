"""A service takes itself out for a while: guarded, announced, and told to whoever asks meanwhile (OPS-2)."""
