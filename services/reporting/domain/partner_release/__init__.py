"""A release: something proposed to partners, checked, approved by a second person, published, and perhaps retracted."""
