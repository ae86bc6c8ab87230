"""The webhook door: numbered improvement events, signed and posted to a partner's own address."""
