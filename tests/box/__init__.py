"""A box as an installer makes one: Debian with systemd, our wheel in it, in a machine whose kernel has CAN."""
