"""What payments reaches the world through: database, topics, policy packs, the processor, folders."""
