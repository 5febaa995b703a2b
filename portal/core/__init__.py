"""Plain values and pure functions: standard library only, no IO, and the clock is passed in."""
