// The device's one task: each of its steps has a dialog, which is brought up to date as the step goes on.

import { progress } from "./progress.js";
import { question } from "./question.js";
import { review } from "./review.js";
import { scanning } from "./scanning.js";
import { sheets } from "./sheets.js";

const STEPS = { scanning: "scanning", reading: "scanning", asking: "question", review: "review" };
const VIEWS = { scanning, question, review, sheets, progress };

export function viewOf(task) {
  if (task.kind === "read-sheets" && task.step === "review") return "sheets";
  return STEPS[task.step] ?? "progress";
}

export function showTask(task, ways) {
  const view = VIEWS[viewOf(task)](task, ways);
  return { ...view, update: (state) => { if (state.task && state.task.id === task.id) view.update?.(state.task); } };
}
