"""Golden Thread beside the alternatives, on the same events and the same engines: `make bench-peers`."""
