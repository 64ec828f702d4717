// What stored documents are asked for while mark sheets are read; it outlives a reload of the page.

const KEY = "purpose";

export const remember = (purpose) => sessionStorage.setItem(KEY, purpose);

export const purpose = () => sessionStorage.getItem(KEY);
