// Forms marked data-quiet are sent without leaving the page: the answer is shown for a moment, live parts follow.

export function quieten(root) {
  root.addEventListener("submit", async (event) => {
    const form = event.target;
    const button = event.submitter;
    const question = button?.dataset.ask || form.dataset.ask;
    if (question && !window.confirm(question)) { event.preventDefault(); return; }
    if (!form.matches("[data-quiet]")) return;
    event.preventDefault();
    const body = new FormData(form, button);
    if (button) button.disabled = true;
    try {
      const answer = await fetch(button?.getAttribute("formaction") || form.action, { method: "POST", body, headers: { Accept: "application/json" }, credentials: "same-origin" });
      const news = await answer.json();
      toast(news.message);
    } catch {
      toast("The server cannot be reached just now; nothing was changed.");
    } finally {
      if (button) button.disabled = false;
      document.dispatchEvent(new Event("board:changed"));
    }
  });
}

let timer = 0;

export function toast(text) {
  const place = document.querySelector("#toast");
  if (!place || !text) return;
  place.textContent = text;
  place.hidden = false;
  clearTimeout(timer);
  timer = setTimeout(() => { place.hidden = true; }, 6000);
}
