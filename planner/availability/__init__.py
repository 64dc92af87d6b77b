"""How likely it is that a charging point is free when one gets there."""
