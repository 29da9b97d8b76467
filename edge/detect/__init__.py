"""One Detector protocol, several judges: rules and models."""
