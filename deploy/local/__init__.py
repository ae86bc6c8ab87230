"""A real Kafka and a real MongoDB on this machine, installed by pip alone."""
