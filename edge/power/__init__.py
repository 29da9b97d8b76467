"""Power: when the box lets the vehicle's battery alone, and what it knows the ignition by."""
