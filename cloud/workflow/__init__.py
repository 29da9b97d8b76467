"""From an incident to a repaired vehicle: agents that hand a case to each other, and the people they wait for."""
