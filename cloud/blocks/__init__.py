"""Blocks of bulk messages, taken apart for people: candump logs, CSV, Parquet."""
