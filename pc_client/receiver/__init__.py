"""Receiving at a PC (SPEC D14): take what the server has, say that it came, show it, print it.

inbox.py     what is here, on this PC's disk
taking.py    takes the documents from the server
notices.py   says that something came: notice of the desktop, dialog
printing.py  prints on a local or network printer
screen/      the windows: dialog, inbox, viewer; a web page on loopback
tray/        the icon in the tray of the desktop
handover.py  makes room for the receiver of a newer session
program.py   all of it, running
"""
