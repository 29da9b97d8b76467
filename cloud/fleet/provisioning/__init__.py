"""Which boxes are let in: claims, certificates, revocation."""
