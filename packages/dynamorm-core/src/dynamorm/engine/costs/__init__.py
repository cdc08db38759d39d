"""What operations cost, before they are sent."""
