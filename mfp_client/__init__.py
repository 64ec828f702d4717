"""The program of a multifunction device: prints what it is sent, shows its state on a panel."""
