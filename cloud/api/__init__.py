"""The HTTP API: one router per noun under /api/v1; knows services, never stores."""
