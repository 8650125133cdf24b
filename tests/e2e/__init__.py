"""Stories on five real processes, over HTTP, Kafka and files. Nothing here knows a service from inside."""
