"""An IPP printer as a device to print on: takes jobs, lays pages in an output tray, tells the truth about both."""
