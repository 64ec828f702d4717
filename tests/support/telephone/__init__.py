"""A telephone exchange of our own: Class 1 modems on pseudo-terminals, and fax machines at the far end that speak real
T.30 (libspandsp through ctypes: every call is audio samples, V.21 to V.17, nothing above that is pretended).

    numbers   which far end answers which number, and how it behaves
    machine   the fax machine at the far end
    modem     the modem at the near end, as HylaFAX sees it
    turn      whose turn it is to speak on the serial line: the clock of the samples follows from it
    line      one line: both of them, and the call between them
    exchange  the process of all lines, and the handle that tests have on it
"""
