"""From what happened to the next command: the organisation hears of nobody but itself, so it reacts to nothing."""
