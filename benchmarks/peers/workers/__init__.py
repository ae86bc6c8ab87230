"""What runs in an environment of its own, with that peer's libraries: written as its documentation shows."""
