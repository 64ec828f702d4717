"""An icon in the tray of a plain X server, for desktops without a panel that shows status items (SPEC D14).

The freedesktop.org "System Tray Protocol" 0.3 and "XEmbed Protocol" 0.5: the icon's window asks the owner of the
selection `_NET_SYSTEM_TRAY_S0` to take it in, and asks again when a tray comes later or another takes its place, as at
the start of a session, where the order of programs is anybody's. One thread alone talks to the X server (python-xlib
loses events otherwise); others leave their orders and wake it.
"""

from __future__ import annotations

import logging
import select
import struct
from collections.abc import Callable
from typing import Any

from PIL import Image

from pc_client.receiver.tray.look import Look, Orders

log = logging.getLogger(__name__)

_DOCK = 0  # SYSTEM_TRAY_REQUEST_DOCK
_EMBED_VERSION, _MAPPED = 0, 1  # _XEMBED_INFO
_LEFT_BUTTON = 1
_LEAST_PIXELS = 24


class XTrayIcon:
    """A picture that can be clicked."""

    def __init__(self, name: str, look: Look, clicked: Callable[[], None]) -> None:
        self._name, self._clicked = name, clicked
        self.orders = Orders(look)
        self._display: Any = None
        self._screen: Any = None
        self._window: Any = None
        self._tray: Any = None

    def run(self, patience: float = 0.0) -> None:
        """Until it is to end, or until the X server goes; not at all where it is to end within so many seconds."""
        from Xlib.error import ConnectionClosedError, DisplayError

        try:
            if not self.orders.ended.wait(patience):
                self._open()
                self._show()
        except (DisplayError, ConnectionClosedError, OSError, OverflowError, struct.error) as error:
            # the last two are the library's: a number of a display that is none, a server that says less than it must
            log.info("no icon of the X server in the tray: %s", error)
        finally:
            self._close()

    def _open(self) -> None:
        from Xlib.display import Display  # only Linux has it

        self._display = Display()
        self._screen = self._display.screen()
        self._display.set_error_handler(lambda error, *_: log.debug("X: %s", error))

    def _show(self) -> None:
        if self._screen.root_depth != 24:  # what put_pil_image draws
            log.info("no icon in the tray: colours of %d bits", self._screen.root_depth)
            return
        self._watch_for_trays()
        self._find_tray()
        while self._obey():
            self._hear_all()
            select.select([self._display.fileno(), self.orders], [], [])

    def _obey(self) -> bool:
        """False: it is to end."""
        changed = self.orders.take_change()
        if self.orders.ended.is_set():
            return False
        if changed:
            self._entitle()
            self._draw()
        return True

    def _hear_all(self) -> None:
        self._display.flush()
        while self._display.pending_events():
            self._hear(self._display.next_event())
            self._display.flush()

    def _hear(self, event: Any) -> None:
        from Xlib import X

        own = self._window is not None and getattr(event, "window", None) == self._window
        if event.type == X.ClientMessage and event.client_type == self._atom("MANAGER"):
            self._find_tray()
        elif event.type == X.DestroyNotify and event.window == self._tray:
            self._leave()
            self._find_tray()
        elif own and event.type == X.DestroyNotify:  # a tray that takes its icons with it
            self._window = None
        elif own and event.type in (X.Expose, X.ConfigureNotify, X.MapNotify):
            self._draw()
        elif own and event.type == X.ButtonPress and event.detail == _LEFT_BUTTON:
            self._clicked()

    def _watch_for_trays(self) -> None:
        """A tray that comes tells the root window so: asked for before looking, so that none is missed."""
        from Xlib import X

        self._screen.root.change_attributes(event_mask=X.StructureNotifyMask)

    def _find_tray(self) -> None:
        """Ask the tray to take the icon in, where there is one."""
        from Xlib import X
        from Xlib.protocol import event

        owner = self._display.get_selection_owner(self._atom(f"_NET_SYSTEM_TRAY_S{self._display.get_default_screen()}"))
        if owner == X.NONE:
            log.info("no tray yet; the icon comes with it")
            return
        if owner == self._tray and self._window is not None:
            return
        self._leave()
        self._tray = owner
        owner.change_attributes(event_mask=X.StructureNotifyMask)
        self._window = self._make_window()
        data = (32, [X.CurrentTime, _DOCK, self._window.id, 0, 0])
        ask = event.ClientMessage(window=owner, client_type=self._atom("_NET_SYSTEM_TRAY_OPCODE"), data=data)
        owner.send_event(ask, event_mask=X.NoEventMask)
        self._entitle()

    def _make_window(self) -> Any:
        """A window of the icon; the tray gives it its place and size, and shows it (`_XEMBED_INFO`)."""
        from Xlib import X, Xutil

        mask = X.ExposureMask | X.StructureNotifyMask | X.ButtonPressMask
        size = _LEAST_PIXELS
        window = self._screen.root.create_window(
            -size, -size, size, size, 0, self._screen.root_depth, X.InputOutput, event_mask=mask
        )
        window.set_wm_class(f"{self._name}-tray", self._name)
        window.set_wm_normal_hints(flags=Xutil.PMinSize, min_width=size, min_height=size)
        info = self._atom("_XEMBED_INFO")
        window.change_property(info, info, 32, [_EMBED_VERSION, _MAPPED])
        return window

    def _entitle(self) -> None:
        if self._window is not None:
            name = self.orders.look.title.encode()
            self._window.change_property(self._atom("_NET_WM_NAME"), self._atom("UTF8_STRING"), 8, name)
            self._window.set_wm_name(
                self.orders.look.title.encode("latin-1", "replace").decode("latin-1")
            )  # ICCCM §2.7.1

    def _draw(self) -> None:
        from Xlib.error import BadDrawable, BadWindow

        if self._window is None:
            return
        try:
            place = self._window.get_geometry()
            picture = _flatten(self.orders.look.image, (place.width, place.height))
            context = self._window.create_gc()
            self._window.put_pil_image(context, 0, 0, picture)
            context.free()
        except (BadDrawable, BadWindow) as error:
            log.debug("the tray has just gone: %s", error)

    def _leave(self) -> None:
        if self._window is not None:
            self._window.destroy()
        self._window = self._tray = None

    def _atom(self, name: str) -> int:
        atom: int = self._display.get_atom(name)
        return atom

    def _close(self) -> None:
        from Xlib.error import ConnectionClosedError

        try:
            if self._display is not None:
                self._leave()
                self._display.close()
        except (ConnectionClosedError, OSError) as error:
            log.debug("the X server has gone: %s", error)
        self.orders.close()


def _flatten(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """RGB of that size; what was transparent has the colour of the icon's upper edge."""
    edge = image.getpixel((image.width // 2, 0))
    colour = edge[:3] if isinstance(edge, tuple) else (0, 0, 0)
    flat = Image.new("RGB", image.size, colour)
    flat.paste(image, mask=image.getchannel("A"))
    return flat.resize(size, Image.Resampling.LANCZOS)
