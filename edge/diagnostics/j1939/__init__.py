"""Asking heavy vehicles: SAE J1939-73 over J1939-21, with an address claimed as J1939-81 demands."""
