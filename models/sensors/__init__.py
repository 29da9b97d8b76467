"""Training, injections and evaluation of virtual sensors."""
