// The code of arrival anew each minute, without the page jumping. Without this file the page loads itself again.
const part = () => document.querySelector("[data-renew]");

async function renew() {
  let response;
  try { response = await fetch(location.href, { cache: "no-store" }); } catch { return wait(15); } // good for some minutes
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = response.ok && page.querySelector("[data-renew]");
  if (!fresh) return location.reload();
  part().replaceWith(document.adoptNode(fresh));
  wait(Number(fresh.dataset.renew));
}

function wait(seconds) { setTimeout(renew, seconds * 1000 + 500); }

wait(Number(part().dataset.renew));
