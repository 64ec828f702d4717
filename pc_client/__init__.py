"""The programs of a PC: receiving what is sent to it (SPEC D14), and sending from it (SPEC D13)."""
