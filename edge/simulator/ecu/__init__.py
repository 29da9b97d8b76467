"""Control units as a tester meets them: codes with trip logic, OBD-II, UDS, J1939."""
