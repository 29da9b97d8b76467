"""The J1939 truck: a tractor with its trailer, and the control units that watch over it."""
