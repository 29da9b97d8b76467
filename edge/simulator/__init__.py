"""A vehicle on a bus: physics, faults that develop, and the frames that tell of them."""
