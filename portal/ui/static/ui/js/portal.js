// Conveniences only: every page works without this file.
const all = (what) => document.querySelectorAll(what);
const typing = (el) => el.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");

// A form is sent once. The pressed button is disabled after the browser has read its name and value.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) return event.preventDefault();
  if (form.method !== "post" || event.defaultPrevented) return;
  form.dataset.sent = "1";
  setTimeout(() => form.querySelectorAll("button[type=submit]").forEach((button) => {
    if (!button.disabled) { button.disabled = true; button.dataset.wait = "1"; }
  }));
});
// Coming back to the page, or after a download, the form can be sent again.
const reopen = () => {
  all("form[data-sent]").forEach((form) => delete form.dataset.sent);
  all("[data-wait]").forEach((button) => { button.disabled = false; delete button.dataset.wait; });
};
addEventListener("pageshow", reopen);
document.addEventListener("submit", (event) => event.target.matches("[data-download]") && setTimeout(reopen, 3000));

// Keys of the desk: data-key="a" is pressed, followed or focused by "a"; j and k walk the rows.
let row = -1;
const walk = (step) => {
  const rows = [...all("[data-row]")];
  if (!rows.length) return;
  rows[row]?.classList.remove("is-cursor");
  row = Math.max(0, Math.min(rows.length - 1, row + step));
  rows[row].classList.add("is-cursor");
  rows[row].querySelector("a")?.focus();
};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return;
  const step = { j: 1, k: -1 }[event.key];
  if (step) return walk(step);
  const found = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!found || found.disabled) return;
  event.preventDefault();
  if (typing(found)) found.focus(); else found.click();
});

// Several chosen files are named; the browser itself names only one.
document.addEventListener("change", (event) => {
  const input = event.target;
  if (input.type !== "file" || !input.multiple) return;
  let list = input.parentElement.querySelector("output");
  if (!list) { list = document.createElement("output"); input.after(list); }
  list.textContent = [...input.files].map((file) => file.name).join("、");
});

// The summary of errors is read first. A menu closes with Escape or a click elsewhere.
document.querySelector(".th-errors")?.focus();
const menus = (keep) => all(".th-menu[open]").forEach((menu) => { menu.open = menu === keep; });
document.addEventListener("click", (event) => menus(event.target.closest(".th-menu")));
document.addEventListener("keydown", (event) => event.key === "Escape" && menus());

// The desk's bar, and its rail where that lies under it:
const lying = innerWidth < 960 ? ".th-deskbar, .th-rail" : ".th-deskbar";
all(`:is(${lying}) [aria-current]`).forEach((at) => at.scrollIntoView({ block: "nearest", inline: "center" }));
