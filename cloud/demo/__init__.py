"""The demo: a simulated car among a few others, the cloud, the people around them, and the story as it happens.

Whoever acts in it is signed in as what they are and acts through the API; everything that is told was read back
through it.
"""
