"""The contract between the vehicle and the cloud: messages, topics, acknowledgements.

Imports nothing else of ours, so that the cloud can have it without the vehicle. README.md beside this file is the
protocol's manual; a test holds its table equal to the code.
"""
