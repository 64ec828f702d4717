// What was laid in for a task.

const SCANNED = ["distribute-document", "fax", "store"];

const ENDED = ["done", "failed"];

// Whether it is of a kind whose document somebody lays in.
export const isScanned = (task) => SCANNED.includes(task.kind);

// So far: as they are shown, as the scanner counts them, or as stored documents have them.
export function countPages({ pages, scan, document, documents }) {
  const stored = (documents ?? []).reduce((sum, each) => sum + (each.pages ?? 0), 0);
  return pages?.length || scan?.pages || stored || document?.pages || 0;
}

// Whether leaving this task would lose pages that somebody laid in. Of one that has ended it is settled what becomes of them.
export const holdsPages = (task) => isScanned(task) && !ENDED.includes(task.step) && countPages(task) > 0 && task.document?.state !== "stored";
