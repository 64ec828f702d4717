"""The small web page of the printer's own port: its state, its tray, the paper switch."""
