"""What is measured: posting, rendering and memory, beside floors and peers in the same run."""
