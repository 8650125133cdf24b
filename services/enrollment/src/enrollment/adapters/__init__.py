"""What connects the use cases to the world: storage, events, the policy pack."""
