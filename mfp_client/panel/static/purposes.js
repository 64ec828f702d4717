// What mark sheets are being read for. It outlives a reload of the page by name; what to do then is asked of the menu.

const KEY = "purpose";
let going = null;

export function remember(purpose, use) {
  going = use;
  sessionStorage.setItem(KEY, purpose);
}

export const purpose = () => sessionStorage.getItem(KEY);

export function use(documents) {
  going?.(documents);
}
