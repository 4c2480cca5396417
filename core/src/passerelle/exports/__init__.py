"""What leaves: selection, projection, pre-flight, numbers, deltas, proof."""
