"""What a device does for who stands at it: scans, sends, copies, takes out, processes. Knows no panel.

`works` the door · `distributing storing copying taking_out processing sheets` a kind of task each · `scanning printing
following` what they share · `sending` carries the orders out · `progress` what a screen sees · `link` the server.
"""
