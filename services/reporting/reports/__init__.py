"""The reports of the strategy, each a pure function from sums and rows to tables."""
