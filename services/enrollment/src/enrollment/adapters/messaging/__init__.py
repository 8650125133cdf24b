"""Enrollment on Kafka."""
