"""The windows of the receiver: dialog, inbox and viewer, as a web page that only this PC's account sees."""
