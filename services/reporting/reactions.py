"""From what happened to the next command: reporting reacts to no event, it looks at the clock (`closing/timer.py`).

What it hears becomes rows and cells (`read_models/`), which is not a reaction but a reading.
"""
