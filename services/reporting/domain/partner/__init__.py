"""A partner: whoever may be told improvement events, and the subscriptions by which they are told."""
