"""Which databases explain a recording, how sure that is, and what is on the bus that none of them explains."""
