"""The device's own small web page, made for a touch screen."""
