// Where a task was begun, of which this page does not know: it was loaded anew, or another screen began it.

import * as dialogs from "./dialogs.js";

const AIMS = ["groups", "destinations", "to", "ids", "unfinished"];

const aimOf = ({ kind, options }) => ({ kind, ...Object.fromEntries(AIMS.filter((name) => options?.[name]).map((name) => [name, options[name]])) });

const OTHERS = ["distribute-document", "distribute-file", "store"];

// What stored documents are used for, by what is done with them.
const PURPOSES = { "take-out": "take-out", sheet: "take-out", process: "process", "fax-stored": "fax-stored", "distribute-file": "distribute-file" };

// The last one, above the menus. A document that is erased by now is in none of them.
const LAST = {
  copy: (_task, { begin }) => dialogs.copy({ begin }),
  fax: (task, { begin }) => dialogs.fax({ begin, wishes: aimOf(task) }),
  "fax-stored": (task, { begin }) => dialogs.fax({ begin, wishes: aimOf(task) }),
  store: (_task, { begin }) => dialogs.store({ begin }),
  "distribute-document": (task, { begin }) => dialogs.destinations({ begin, wishes: aimOf(task) }),
  "distribute-file": (task, { begin }) => dialogs.destinations({ begin, wishes: aimOf(task) }),
  "read-sheets": (_task, { begin }) => dialogs.sheetsScan({ begin }),
  "take-out": (task, { begin }) => (task.documents.length ? dialogs.takeOut({ begin, documents: task.documents }) : null),
  sheet: (task, { begin }) => (task.documents.length ? dialogs.takeOut({ begin, documents: task.documents }) : null),
  process: (task, { begin }) => (task.documents.length ? dialogs.process({ begin, documents: task.documents }) : null),
};

// The dialogs above the menu. `purpose`: what mark sheets are read for.
export function originOf(task, { begin, go, uses, purpose }) {
  if (!task) return [];
  const wanted = PURPOSES[task.kind] ?? (task.kind === "read-sheets" ? purpose : null);
  const others = OTHERS.includes(wanted ?? task.kind) ? [dialogs.others({ go })] : [];
  const images = uses[wanted] ? [dialogs.images({ begin, use: uses[wanted] })] : [];
  return [...others, ...images, LAST[task.kind]?.(task, { begin })].filter(Boolean);
}
