"""Studies of the simulator: a picture and lead times of each scenario, and how healthy driving compares with real."""
