// Where a task was begun, of which this page does not know: it was loaded anew, or another screen began it.

import * as dialogs from "./dialogs.js";

const AIMS = ["groups", "destinations", "to", "ids", "unfinished"];

const aimOf = ({ kind, options }) => ({ kind, ...Object.fromEntries(AIMS.filter((name) => options?.[name]).map((name) => [name, options[name]])) });

const OTHERS = ["distribute-document", "distribute-file", "store"];

// What stored documents are used for, by what is done with them.
const PURPOSES = { "take-out": "take-out", sheet: "take-out", process: "process", "fax-stored": "fax-stored", "distribute-file": "distribute-file" };

const withAim = (dialog) => (task, { begin }) => dialog({ begin, wishes: aimOf(task) });
const withDocuments = (dialog) => ({ documents }, { begin }) => (documents.length ? dialog({ begin, documents }) : null);

// The last one, above the menus. A document that is erased by now is in none of them.
const LAST = {
  copy: (_task, { begin }) => dialogs.copy({ begin }),
  fax: withAim(dialogs.fax),
  "fax-stored": withAim(dialogs.fax),
  store: (_task, { begin }) => dialogs.store({ begin }),
  "distribute-document": withAim(dialogs.destinations),
  "distribute-file": withAim(dialogs.destinations),
  "read-sheets": (_task, { begin }) => dialogs.sheetsScan({ begin }),
  "take-out": withDocuments(dialogs.takeOut),
  sheet: withDocuments(dialogs.takeOut),
  process: withDocuments(dialogs.process),
};

// The dialogs above the menu. `purpose`: what mark sheets are read for.
export function originOf(task, { begin, go, uses, purpose }) {
  if (!task) return [];
  const wanted = PURPOSES[task.kind] ?? (task.kind === "read-sheets" ? purpose : null);
  const others = OTHERS.includes(wanted ?? task.kind) ? [dialogs.others({ go })] : [];
  const images = uses[wanted] ? [dialogs.images({ begin, use: uses[wanted] })] : [];
  return [...others, ...images, LAST[task.kind]?.(task, { begin })].filter(Boolean);
}
