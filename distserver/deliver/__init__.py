"""Every delivery is carried out by the channel that speaks its destination's protocol."""
