"""The receiver's icon in the tray of the desktop (SPEC D14).

icon.py         the icon, whatever the desktop is; what its menu does, and whether it has a dot
look.py         how it looks, and what other threads want of the one that shows it
desktop_icon.py on Linux: a status item where a panel shows it, else an icon of the X server
status_item.py  the item on the session's bus, and the thread that speaks for it
watcher.py      has the item shown, whenever a panel comes
menu.py         the item's menu
exported.py     objects of ours on a bus: calls, properties, introspection
bus.py          the connection to the bus
frames.py       messages out of the bytes of a connection
x_icon.py       an icon in the tray of a plain X server
windows_icon.py the icon on Windows
"""
