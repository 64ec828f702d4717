"""The dialog of what is printed or sent from this PC, as a web page that only this PC's account sees."""
