"""From the broker to the database, exactly once: receive, understand, store, acknowledge."""
