"""Between the wire contracts and invoicing's own facts and events."""
