// A part that waits for work in the background is read anew, in place: nothing jumps, and whoever reads or types is left
// alone. When the work has ended, the whole page is. Without this file, its link does the same.
const part = document.querySelector("[data-wait-seconds]");
const look = async () => {
  if (document.hidden) return;
  const answer = await fetch(location.href).catch(() => null);
  if (!answer?.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-wait-seconds]");
  if (!fresh) return location.reload();
  for (const kind of ["h2", ".th-meter"]) part.querySelector(kind).replaceWith(fresh.querySelector(kind));
};
if (part) setInterval(look, part.dataset.waitSeconds * 1000);
