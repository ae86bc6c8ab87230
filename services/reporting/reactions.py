"""From what happened to the next command: reporting has no commands yet, so it reacts to nothing.

What it hears becomes rows and cells (`read_models/`, `projecting.py`), which is not a reaction but a reading.
"""
