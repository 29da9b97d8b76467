"""Commands: what is asked of vehicles once, said until it is answered, and what came of it."""
