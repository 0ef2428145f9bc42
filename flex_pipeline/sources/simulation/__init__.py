"""The simulated world behind the bundled portfolio."""
