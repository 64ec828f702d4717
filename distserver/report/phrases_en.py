"""English: what each keyword means to a person. A further language is a module with the same names."""

from __future__ import annotations

import re

from distserver.model.states import Reason
from distserver.report.phrase import Phrase

_R = Reason
_GOES_ON = "It goes on by itself."
_TRIED_AGAIN = "It is tried again by itself."

STATES = {
    "pending": "Waiting",
    "pending-retry": "Trying again",
    "processing": "Under way",
    "canceled": "Canceled",
    "aborted": "Failed",
    "completed": "Completed",
}
STATE_PHRASES = {
    "pending": Phrase("Waiting for its turn", _GOES_ON),
    "pending-retry": Phrase("Waiting for the next try", _GOES_ON),
    "processing": Phrase("Under way"),
    "canceled": Phrase("Canceled"),
    "aborted": Phrase("Not delivered", "Look at its attempts, then retry it."),
    "completed": Phrase("Delivered"),
}
JOB_STATES = {
    "pending": "Waiting",
    "pending-held": "Held",
    "processing": "Under way",
    "processing-stopped": "Stopped",
    "canceled": "Canceled",
    "aborted": "Failed",
    "completed": "Completed",
}
PARTLY = "Partly failed"
HELD = "Held"
CANCELING = Phrase("Being canceled", "The device has been asked to stop; its answer will stand here.")
UNKNOWN = "The device says: {word}"
UNKNOWN_HOST = "No host is called {host}"

REASONS: dict[str, Phrase] = {
    _R.NONE: Phrase("Nothing to report"),
    _R.JOB_HELD: Phrase("Held", "Release the job to let it go on."),
    _R.CONNECTING: Phrase("Connecting", "A sleeping device may take half a minute to answer."),
    _R.RENDERING: Phrase("Converting the document for this device"),
    _R.SENDING: Phrase("Sending"),
    _R.PRINTING: Phrase("Printing"),
    _R.UNREACHABLE: Phrase(
        "The device does not answer",
        "Check that it, or the server over which a fax or a mail goes out, is switched on, that the network reaches "
        f"it, and that its address is right. {_TRIED_AGAIN}",
    ),
    _R.UNKNOWN_HOST: Phrase(
        "No host has this name", f"Check its address in the group file, and the DNS of this server. {_TRIED_AGAIN}"
    ),
    _R.TIMED_OUT: Phrase(
        "The device stopped answering", f"It may be asleep or overloaded; look whether it shows a fault. {_TRIED_AGAIN}"
    ),
    _R.BUSY: Phrase("The device is busy with other work", _TRIED_AGAIN),
    _R.NOT_ACCEPTING: Phrase(
        "The device takes no jobs just now", f"Look at its panel: it may be paused or in a menu. {_TRIED_AGAIN}"
    ),
    _R.UNAUTHORIZED: Phrase(
        "The device wants a user name and password",
        "Add user= and secret= to its line in the group file, then retry.",
    ),
    _R.REFUSED: Phrase("The device refused the job", "Its own words say why; mend what they name, then retry."),
    _R.FORMAT_NOT_SUPPORTED: Phrase(
        "The device takes none of the formats this document can be turned into",
        "Send it as PDF or TIFF, or choose another device.",
    ),
    _R.DOCUMENT_ERROR: Phrase("The document is damaged", "Open it, save it anew, and send it again."),
    _R.DOCUMENT_PASSWORD: Phrase(
        "The document is locked with a password", "Save a copy without the password and send that."
    ),
    _R.DOCUMENT_MISSING: Phrase("The document is not stored any more", "Send it again as a new job."),
    _R.TOO_LARGE: Phrase("The document is too large for this device", "Send it in parts, or with fewer pictures."),
    _R.PROTOCOL_ERROR: Phrase(
        "The device gave an answer that makes no sense",
        "Check that the address leads to a printer; switching the device off and on often helps.",
    ),
    _R.CERTIFICATE: Phrase(
        "The device's certificate is not trusted",
        "If the device is the right one, set tls=pin in its line of the group file, then retry.",
    ),
    _R.CANCELED_BY_USER: Phrase(
        "Canceled here",
        "If it should go out after all, retry it while its document is stored, else send it again as a new job.",
    ),
    _R.CANCELED_AT_DEVICE: Phrase("Canceled at the device", "Ask there why, then retry."),
    _R.ABORTED_BY_DEVICE: Phrase("The device gave the job up", "Look at its panel for a fault, then retry."),
    _R.DEADLINE: Phrase("Not delivered before the deadline", "Retry it if the document is still wanted."),
    _R.UNCERTAIN: Phrase(
        "It cannot be told whether this was printed",
        "Ask at the destination before you retry: it would print a second time.",
    ),
    _R.COMPLETED: Phrase("Printed, all pages are out"),
    _R.FAXED: Phrase("Faxed, the machine there has confirmed all pages"),
    _R.STORED: Phrase("Stored on the PC, and its digest checked there"),
    _R.TAKEN_OVER: Phrase("Taken: the web service says that it has it"),
    _R.ACCEPTED: Phrase("Taken by the destination", "It cannot tell whether the pages are out."),
    _R.MAIL_RELAYED: Phrase(
        "Handed on", "The next mail server reports no further: it cannot be told whether it is in the mailbox."
    ),
    _R.MAIL_DELIVERED: Phrase("In the mailbox", "Its mail server says so."),
    _R.MAIL_READ: Phrase("Read", "The recipient's mail program says that the mail was shown."),
    _R.MAIL_UNREAD: Phrase("In the mailbox, and deleted unread", "The recipient's mail program says so."),
    _R.MAIL_RETURNED: Phrase(
        "The mail came back", "The far side's words say why; mend the address or what they name, then retry."
    ),
    _R.CHANNEL_UNAVAILABLE: Phrase(
        "This server cannot reach destinations of this kind",
        "Ask the administrator to set up what it needs, then retry.",
    ),
    _R.INTERRUPTED: Phrase("Interrupted on our side", _GOES_ON),
    _R.QUARANTINED: Phrase(
        "Set aside: this server failed several times while working on it",
        "Tell the administrator; the document may be one that a program here cannot read.",
    ),
    _R.WAITS_FOR_DESTINATION: Phrase("Waiting until the device is free: another delivery is there", _GOES_ON),
    _R.SUSPENDED: Phrase("Waiting: the device has failed again and again", f"Look after the device. {_TRIED_AGAIN}"),
    _R.WAITS_FOR_HOST: Phrase("Waiting for others on the same host or network", _GOES_ON),
    _R.GROUP_PAUSED: Phrase("Waiting: the group is paused", "It goes on when an operator resumes the group."),
    _R.LINE_BUSY: Phrase("The number is engaged", _TRIED_AGAIN),
    _R.NO_ANSWER: Phrase(
        "Nobody answers the call", f"Check the number, and that the fax machine there is switched on. {_TRIED_AGAIN}"
    ),
    _R.NO_CARRIER: Phrase(
        "The call was answered, but not by a fax machine", f"Check the number: it may be a telephone. {_TRIED_AGAIN}"
    ),
    _R.NO_DIAL_TONE: Phrase(
        "The telephone line of the fax server is dead", f"Look at its modem and its cable. {_TRIED_AGAIN}"
    ),
    _R.TRAINING_FAILED: Phrase(
        "The two fax machines found no speed at which they understand each other",
        f"The line is bad; the next call begins slower. {_TRIED_AGAIN}",
    ),
    _R.LINE_BROKE: Phrase(
        "The call broke off", "The next call begins with the first page that has not arrived. " + _TRIED_AGAIN
    ),
    _R.SAME_PAGE: Phrase(
        "The call broke off on the same page three times",
        "Ask the other side whether its machine has paper and memory left, then retry.",
    ),
    _R.NUMBER: Phrase("The telephone number cannot be dialled", "Write it as +COUNTRY NUMBER, then retry."),
    _R.OUTSIDE_WINDOW: Phrase("Waiting: the destination is sent to at certain times only", _GOES_ON),
    _R.SECRET_MISSING: Phrase(
        "Waiting: the password or key for the destination is not to be had",
        "The administrator puts it into the file of secrets.",
    ),
    _R.PC_AWAY: Phrase("The PC is off, or its receiver does not run", "It gets the document when it is back."),
    _R.PC_NEVER_CAME: Phrase(
        "No PC has come under this address yet",
        f"If it was not enrolled, do so with a code: page Devices of the board shows how. {_TRIED_AGAIN}",
    ),
    _R.NUMBER_BARRED: Phrase(
        "Not sent: this number may not be called",
        "Ask the administrator: a line of the registry of destinations bars it.",
    ),
    _R.TOO_MANY_PAGES: Phrase(
        "Not sent: the document has more pages than this destination takes",
        "Choose fewer pages, or ask the administrator to raise max-pages.",
    ),
    _R.TOO_LARGE_THERE: Phrase(
        "Not sent: the document is larger than this destination takes",
        "Send a smaller one, or ask the administrator to raise max-size.",
    ),
}

GIVEN_UP_WORDS = "given up at the deadline"
"""What the engine writes into the message of a delivery that it gave up for its deadline."""

AT_DEADLINE: dict[str, str] = {
    _R.UNREACHABLE: "The device did not answer until the deadline",
    _R.UNKNOWN_HOST: "No host had this name until the deadline",
    _R.TIMED_OUT: "The device stopped answering until the deadline",
    _R.BUSY: "The device was busy with other work until the deadline",
    _R.NOT_ACCEPTING: "The device took no jobs until the deadline",
    _R.INTERRUPTED: "Interrupted on our side until the deadline",
    _R.PROTOCOL_ERROR: "The device gave no answer that makes sense until the deadline",
    _R.WAITS_FOR_DESTINATION: "The device was never free until the deadline",
    _R.SUSPENDED: "The device failed again and again until the deadline",
    _R.WAITS_FOR_HOST: "Its host or network was never free until the deadline",
    _R.GROUP_PAUSED: "The group was paused until the deadline",
    _R.OUTSIDE_WINDOW: "The times at which the destination is sent to did not come before the deadline",
    _R.SECRET_MISSING: "The password or key for the destination was not to be had until the deadline",
    _R.PC_AWAY: "The PC was not back before the deadline",
    _R.PC_NEVER_CAME: "No PC came under this address until the deadline",
}
"""What is said of a delivery that was tried in vain until its job's deadline; other reasons stay as they are."""

_ENDED_SAYS: dict[str, str] = {
    REASONS[_R.UNREACHABLE].says: "The device did not answer",
    REASONS[_R.BUSY].says: "The device was busy with other work",
    REASONS[_R.NOT_ACCEPTING].says: "The device took no jobs",
    REASONS[_R.WAITS_FOR_DESTINATION].says: "The device was never free",
    REASONS[_R.SUSPENDED].says: "The device has failed again and again",
    REASONS[_R.WAITS_FOR_HOST].says: "Its host or network was never free",
    REASONS[_R.GROUP_PAUSED].says: "The group was paused",
    REASONS[_R.OUTSIDE_WINDOW].says: "The destination is sent to at certain times only",
    REASONS[_R.SECRET_MISSING].says: "The password or key for the destination was not to be had",
    REASONS[_R.PC_AWAY].says: "The PC was off, or its receiver did not run",
    REASONS[_R.PC_NEVER_CAME].says: "No PC came under this address",
}
_RETRY_LATER = "Retry it later."


def settle(phrase: Phrase) -> Phrase:
    """The same of something that has ended: nothing is tried again or goes on by itself any more."""
    says = _ENDED_SAYS.get(phrase.says, phrase.says)
    if phrase.todo in (_TRIED_AGAIN, _GOES_ON):
        return Phrase(says, _RETRY_LATER)
    todo = phrase.todo.replace(f". {_TRIED_AGAIN}", ", then retry.")
    todo = todo.replace("It gets the document when it is back.", "Retry it when it is back.")
    return Phrase(says, todo.replace("; printing goes on by itself.", ", then retry."))


def without_document(phrase: Phrase) -> Phrase:
    """The same of something whose document is erased: it cannot be retried."""
    if phrase.says == REASONS[_R.CANCELED_BY_USER].says:
        return Phrase(phrase.says, "If it should go out after all, send it again as a new job.")
    todo = phrase.todo.replace("before you retry:", "before you send it again:")
    todo = re.sub(r"\b[Rr]etry those\b", "send those again as a new job", todo)
    todo = re.sub(r"\bRetry it\b", "Send it again as a new job", todo)
    return Phrase(phrase.says, re.sub(r"\bretry( it)?\b", "send it again as a new job", todo))


ALL_DELIVERED = Phrase("Every destination has it")
NOTHING_DELIVERED = Phrase("Nothing could be delivered", "The reason stands at each destination: mend it, then retry.")
NOTHING_CERTAIN = "Nothing is known to be delivered"

JOB_REASONS: dict[str, Phrase] = {
    "job-queued": Phrase("Waiting to start"),
    "job-incoming": Phrase("The device is receiving the document"),
    "job-data-insufficient": Phrase("The device is waiting for the rest of the document"),
    "job-transforming-or-printing": Phrase("Under way"),
    "job-interpreting": Phrase("The device is reading the document"),
    "job-spooling": Phrase("The device is storing the document"),
    "job-streaming": Phrase("The device prints while it receives"),
    "job-completed-with-warnings": Phrase("Printed, with warnings", "Look at the pages at the device."),
    "job-completed-with-errors": Phrase("Printed, with errors", "Look at the pages at the device."),
    "completed-with-errors": Phrase("Some destinations did not get it", "See which failed and why, then retry those."),
    "job-password-wait": Phrase("The device waits for a password at its panel"),
    "job-printed-successfully": Phrase("Printed, all pages are out"),
    "job-canceled-by-operator": Phrase("Canceled by the device's operator", "Ask there why, then retry."),
    "processing-to-stop-point": Phrase("Being stopped", "Devices under way have been asked; their answers follow."),
    "service-off-line": Phrase("The device is off line", "Put it on line; printing goes on by itself."),
    "printer-stopped": Phrase("The device has stopped", "Look at its panel; printing goes on once it runs."),
    "printer-stopped-partly": Phrase("A part of the device has stopped", "Look at its panel."),
    "resources-are-not-ready": Phrase("The device lacks something for this job", "Look at its panel: often paper."),
    "resources-are-not-supported": Phrase("The device has no such paper or finisher", "Choose other options."),
    "queued-in-device": Phrase("In the device's own queue"),
    "queued-for-marker": Phrase("In the device, waiting for its print engine"),
    "destination-uri-failed": Phrase("The destination could not be reached"),
    "document-format-error": Phrase("The device cannot read the document", "Save it anew and send it again."),
    "unsupported-compression": Phrase("The device cannot unpack the document"),
    "unsupported-attributes-or-values": Phrase("The device cannot do all that was asked", "Choose other options."),
    "account-authorization-failed": Phrase("The device's accounting refused the job", "Ask who runs the device."),
    "account-closed": Phrase("The device's accounting refused the job", "Ask who runs the device."),
    "account-limit-reached": Phrase("The page limit at the device is used up", "Ask who runs the device."),
    "account-info-needed": Phrase("The device wants an account number", "Ask who runs the device."),
    "submission-interrupted": Phrase("The document did not reach the device whole"),
    "warnings-detected": Phrase("The device has a warning", "Look at its panel."),
    "errors-detected": Phrase("The device met errors", "Look at its panel."),
}

_PAPER = "Load paper; printing goes on by itself."

DEVICE: dict[str, Phrase] = {
    "media-empty": Phrase("Out of paper", _PAPER),
    "media-needed": Phrase("The device asks for paper", _PAPER),
    "media-low": Phrase("Paper is running low", "Have some at hand."),
    "media-jam": Phrase("Paper jam", "Clear the jam at the device; printing goes on by itself."),
    "input-tray-missing": Phrase("A paper tray is missing", "Push it in; printing goes on by itself."),
    "input-media-supply-low": Phrase("Paper is running low", "Have some at hand."),
    "input-media-supply-empty": Phrase("Out of paper", _PAPER),
    "output-area-almost-full": Phrase("The output tray is almost full", "Take the pages out."),
    "output-area-full": Phrase("The output tray is full", "Take the pages out; printing goes on by itself."),
    "output-tray-missing": Phrase("The output tray is missing", "Put it in; printing goes on by itself."),
    "toner-low": Phrase("Toner is running low", "Have a cartridge at hand."),
    "toner-empty": Phrase("Out of toner", "Change the cartridge; printing goes on by itself."),
    "marker-supply-low": Phrase("Ink or toner is running low", "Have a cartridge at hand."),
    "marker-supply-empty": Phrase("Out of ink or toner", "Change the cartridge; printing goes on by itself."),
    "marker-supply-missing": Phrase("A cartridge is missing", "Put it in; printing goes on by itself."),
    "marker-waste-almost-full": Phrase("The waste container is almost full", "Have a new one at hand."),
    "marker-waste-full": Phrase("The waste container is full", "Change it; printing goes on by itself."),
    "developer-low": Phrase("Developer is running low", "Call service."),
    "developer-empty": Phrase("Out of developer", "Call service."),
    "opc-near-eol": Phrase("The drum is nearly worn out", "Order a new one."),
    "opc-life-over": Phrase("The drum is worn out", "Change it."),
    "fuser-over-temp": Phrase("The fuser is too hot", "Wait until it has cooled; call service if it stays so."),
    "fuser-under-temp": Phrase("The fuser is warming up", "Wait a little; call service if it stays so."),
    "cleaner-life-over": Phrase("The cleaning unit is worn out", "Change it."),
    "cover-open": Phrase("A cover is open", "Close it; printing goes on by itself."),
    "door-open": Phrase("A door is open", "Close it; printing goes on by itself."),
    "interlock-open": Phrase("A cover or door is not quite shut", "Close it; printing goes on by itself."),
    "offline": Phrase("The device is off line", "Put it on line at its panel; printing goes on by itself."),
    "paused": Phrase("The device is paused", "Resume it at its panel; printing goes on by itself."),
    "moving-to-paused": Phrase("The device is about to pause", "Resume it at its panel; printing goes on by itself."),
    "hold-new-jobs": Phrase("The device holds new jobs", "Release them at its panel."),
    "shutdown": Phrase("The device is switched off or shutting down", "Switch it on; printing goes on by itself."),
    "deactivated": Phrase("The device has been put out of service", "Ask who runs it."),
    "stopping": Phrase("The device is stopping", "Look at its panel."),
    "stopped-partly": Phrase("A part of the device has stopped", "Look at its panel."),
    "connecting-to-device": Phrase("The queue is connecting to its device"),
    "timed-out": Phrase("The queue cannot reach its device", "Check that it is switched on and on the network."),
    "spool-area-full": Phrase("The device's memory is full", "It goes on when other jobs are out."),
    "interpreter-resource-unavailable": Phrase("The device's memory is too small for a page", "Send it in parts."),
    "power-down": Phrase("The device is switched off", "Switch it on; printing goes on by itself."),
    "power-up": Phrase("The device is starting", _GOES_ON),
    "bander-jam": Phrase("Jam in the finisher", "Clear it at the device; printing goes on by itself."),
    "stapler-empty": Phrase("Out of staples", "Refill them at the device."),
    "subunit-missing": Phrase("A part of the device is missing", "Look at its panel."),
    "resuming": Phrase("The device is resuming", _GOES_ON),
    "testing": Phrase("The device is testing itself", _GOES_ON),
    "identify-printer-requested": Phrase("Somebody asked the device to show which one it is"),
    "cups-waiting-for-job-completed": Phrase("Waiting until the device says that it is done"),
    "cups-insecure-filter": Phrase("The queue's filter is not installed safely", "Tell the administrator of CUPS."),
    "cups-missing-filter": Phrase("The queue lacks a filter", "Tell the administrator of CUPS."),
    "other": Phrase("The device reports a fault", "Look at its panel."),
}

NOTICES: dict[str, Phrase] = {
    "destination-suspended": Phrase(
        "Suspended",
        "Nothing is sent there any more; what is meant for it waits. The server asks it from time to time how it is, "
        "and sends everything when it answers well.",
    ),
    "destination-returned": Phrase("Back again", "It answers well again: what has waited for it goes now."),
}
LETTER: dict[str, str] = {
    "many": "{count} destinations: {parts}",
    "head": "The print server at {url} reports:",
    "when": "When: {moment}",
    "why": "Why: {why}",
    "was": "It had been suspended because: {why}",
    "said": "In detail: {said}",
    "groups": "Groups: {groups}",
    "more": "… and {count} more, on the page System of the board.",
    "look": "How all destinations stand: {url}/system",
    "owner": "You have this mail because a line '# owner:' names you in: {files}.",
    "default": "You have this mail because no group of these destinations names an owner in a line '# owner:'.",
}
"""What mails to owners of groups say around the phrases above."""
