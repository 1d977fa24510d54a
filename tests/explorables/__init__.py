"""What the mathematics of each figure with sliders must satisfy, and what its text says of it."""
