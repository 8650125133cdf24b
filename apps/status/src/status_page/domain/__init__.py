"""What is known of each thing people do, and what follows from it."""
