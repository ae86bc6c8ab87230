"""The alliance: what its authorities released, beside each other; support among them; and reading other sources."""
