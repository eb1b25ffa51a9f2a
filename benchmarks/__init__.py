"""What we measure: each bar is our code against a floor (or a peer) in the same run, as a ratio."""
