"""Support: one authority asks the alliance for help, others offer it, one offer is accepted, and it has an impact."""
