"""UDS (ISO 14229-1), and OBD on it (SAE J1979-2, ISO 27145): who units are, codes, identifiers; it only reads."""
