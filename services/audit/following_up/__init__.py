"""What follows from an audit: a child made safe, actions, another audit of the case, a change of the grade."""
