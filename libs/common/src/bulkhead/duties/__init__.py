"""The calendar of duties: what runs on which day at which hour, once, resumable, caught up in order."""
