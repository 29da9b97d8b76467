"""How the box is shaken and how it lies, by an accelerometer of its own."""
