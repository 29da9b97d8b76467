"""A test bed's runs with labelled faults: the multivariate watch beside simpler ones, by a protocol without a leak."""
