"""Setup: from a box on a vehicle's bus to a daemon that is known to be well, step by step, with or without a person."""
