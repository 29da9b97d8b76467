"""The petrol car: engine, mixture, gearbox, 12 V, and the control units that watch them."""
