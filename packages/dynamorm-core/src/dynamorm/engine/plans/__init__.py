"""Plans: the operations of a verb, their order, and the use of their results. They do no input or output."""
