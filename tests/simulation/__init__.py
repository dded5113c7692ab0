"""A year of the example network in simulated time: only the clock is not real."""
