"""How well the service does: uptime, how soon people react, how long a repair takes, what did not break down."""
