"""What if? Sweeps of any hyper-parameter, on one machine or on many."""
