"""Controlled release: what may be shared is proposed, checked, approved by a second person, published, retracted."""
