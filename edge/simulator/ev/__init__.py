"""The battery-electric car: drive unit, 96 cells, high voltage, 12 V, charging, and the control units over them."""
