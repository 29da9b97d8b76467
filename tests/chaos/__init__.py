"""Chaos: a vehicle, a broker and a cloud that are killed and cut apart again and again, with everything counted."""
