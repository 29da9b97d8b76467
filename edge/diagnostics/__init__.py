"""Asking a vehicle's control units, politely: what may be asked, when, how, and what the answers mean."""
