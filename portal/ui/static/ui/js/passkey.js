// Passkeys: joins our forms to allauth's scripts. Where a browser cannot, the page keeps its other ways.
addEventListener("DOMContentLoaded", () => {
  if (!window.PublicKeyCredential || !window.allauth?.webauthn) return;
  document.querySelectorAll("[data-passkey-missing]").forEach((note) => { note.hidden = true; });
  document.querySelectorAll("form[data-passkey]").forEach((form) => {
    const button = form.querySelector("[data-passkey-button]");
    form.hidden = button.hidden = false;
    button.id = "passkey_button";
    const id = (name) => form.querySelector(`[name=${name}]`)?.id;
    const ids = { credential: id("credential"), passwordless: id("passwordless") };
    for (const role of ["add", "login", "authenticate"]) ids[role] = button.id;
    if (form.dataset.data) ids.data = form.dataset.data;
    allauth.webauthn.forms[form.dataset.passkey]({ ids });
    button.addEventListener("click", () => form.querySelectorAll("[data-passkey-trouble]").forEach((it) => { it.hidden = true; }));
  });
});
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  document.querySelectorAll("[data-passkey-trouble]").forEach((note) => { note.hidden = false; });
});
