"""Who did what to whom: one entry for each thing that staff asked, kept in the service's own database, in a chain."""
