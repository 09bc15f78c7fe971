"""An example of a BI tool on the published marts: six pictures for a director, read-only."""
