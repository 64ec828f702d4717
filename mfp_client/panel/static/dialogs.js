// All dialogs by name. Each stands in a module of its own; none knows another, except for those that it opens itself.

export { card, offerCard } from "./dialogs/card.js";
export { copy } from "./dialogs/copy.js";
export { destinations } from "./dialogs/destinations.js";
export { documents } from "./dialogs/documents.js";
export { fax } from "./dialogs/fax.js";
export { images, sheetsScan } from "./dialogs/images.js";
export { jobs } from "./dialogs/jobs.js";
export { askToLeave, askToLeaveOrder } from "./dialogs/leaving.js";
export { logIn } from "./dialogs/log_in.js";
export { look } from "./dialogs/look.js";
export { membership } from "./dialogs/membership.js";
export { modes } from "./dialogs/modes.js";
export { others } from "./dialogs/others.js";
export { process } from "./dialogs/process.js";
export { setup } from "./dialogs/setup.js";
export { sheets } from "./dialogs/sheets.js";
export { store } from "./dialogs/store.js";
export { takeOut } from "./dialogs/take_out.js";
export { showTask, viewOf } from "./dialogs/task.js";
export { unfinished } from "./dialogs/unfinished.js";
export { waiting } from "./dialogs/waiting.js";
