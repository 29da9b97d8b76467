"""ELM327 adapters: a program of its own talks to the adapter, ours decides what is said and what the answers mean."""
