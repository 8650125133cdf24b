"""The rules of enrollment: pure functions, tables and records; no framework, no storage, no clock."""
