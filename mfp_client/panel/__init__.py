"""The panel of a multifunction device: a web application for the screen on the device itself (SPEC D5 to D12)."""
