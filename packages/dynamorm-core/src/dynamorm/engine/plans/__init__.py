"""Plans: what a verb sends, in which order, and what it makes of the results. They do no input or output."""
