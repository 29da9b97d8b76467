"""J1939 diagnostics: requests, diagnostic messages, transport protocol."""
