// Replays a draw from its result file, by docs/draws.md, with the browser's own SHA-256. Nothing leaves this device.
// The page: templates/apartments/draws/_verifier.html, which says what its parts are called.
const FORMAT = "talent-harbour draw 1", MOST_BYTES = 32 * 1024 * 1024, AT_ONCE = 2000;
const TEXTS = ["commitment", "drawn_at", "entrants", "entrants_sha256", "format", "public_value", "secret", "seed"];
const BY_LOT = ["lottery", "tiers_then_lottery"], BY_TIER = ["tiers", "tiers_then_lottery"];

const CODE = "[A-Za-z0-9._\\-]", TEXT = "[^\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029\\ud800-\\udfff]";
const pattern = (text) => new RegExp(text.replaceAll("CODE", CODE).replaceAll("TEXT", TEXT), "u");
const HEAD = pattern(
  "^talent-harbour entrants 1\nround: ([A-Za-z0-9][A-Za-z0-9._/\\-]{0,39})\n" +
  "mode: (first_come|tiers|lottery|tiers_then_lottery)\n" +
  "ladder: (CODE{1,20}(?: CODE{1,20})*)\npublic value: ((?! )TEXT{1,300}(?<! ))\n\n");
const LINE = pattern("^([1-9][0-9]{0,8})\t(CODE{1,20})\t[1-9][0-9]?\tCODE{1,40}(?:,CODE{1,40})*\tTEXT{1,60}$");
const FIRST_LINE = 7;
const SECRET = /^[0-9a-f]{64}$/, VALUE = /^(?=.{1,200}$)[!-~]+(?: [!-~]+)*$/, WITNESS = pattern("^TEXT{1,100}$");
const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}[+-]\d{2}:\d{2}$/;

// A step that does not hold; the code is one of docs/draws.md.
class Fault extends Error {
  constructor(code, values = {}) { super(code); Object.assign(this, { code, values }); }
}
const insist = (holds, code, values) => { if (!holds) throw new Fault(code, values); };

async function sha256(text) {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// As RFC 8785 writes it; what we read holds texts, whole numbers, lists and objects only.
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
}

function parse(bytes) {
  insist(bytes.byteLength <= MOST_BYTES, "too_big");
  let text, said, again;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    said = JSON.parse(text);
    again = canonical(said);
  } catch { throw new Fault("not_json"); }
  insist(said?.format === FORMAT, "unknown_format");
  insist(isResult(said), "not_a_result");
  insist(again === text, "rewritten");
  return said;
}

function isResult(said) {
  const has = (thing, names) => Object.keys(thing ?? {}).sort().join() === names.sort().join();
  const isWitness = (one) => has(one, ["name", "function"])
    && Object.values(one).every((text) => typeof text === "string" && WITNESS.test(text));
  return has(said, [...TEXTS, "ranking", "witnesses"]) && TEXTS.every((name) => typeof said[name] === "string")
    && MOMENT.test(said.drawn_at) && Array.isArray(said.ranking) && said.ranking.every(Number.isSafeInteger)
    && Array.isArray(said.witnesses) && said.witnesses.every(isWitness);
}

function readList(text) {
  const head = HEAD.exec(text);
  insist(head, "bad_head");
  const [, round, mode, tiers, valueName] = head, ladder = tiers.split(" ");
  const isByLot = BY_LOT.includes(mode), known = new Set(ladder), entrants = [];
  insist(known.size === ladder.length && (valueName !== "-") === isByLot, "bad_head");
  const lines = text.slice(head[0].length).split("\n"), last = lines.pop();
  lines.forEach((said, index) => {
    const line = index + FIRST_LINE, parts = LINE.exec(said);
    insist(parts, "bad_line", { line });
    const number = Number(parts[1]), tier = parts[2];
    insist(number > (entrants.at(-1)?.number ?? 0), "out_of_order", { line });
    insist(known.has(tier), "tier_unknown", { line });
    entrants.push({ number, tier });
  });
  insist(!last, "bad_line", { line: lines.length + FIRST_LINE });
  insist(entrants.length, "empty_list");
  return { round, mode, ladder, isByLot, entrants };
}

async function rank({ mode, ladder, isByLot, entrants }, seed) {
  const ranked = [];
  for (let at = 0; at < entrants.length; at += AT_ONCE) {
    ranked.push(...await Promise.all(entrants.slice(at, at + AT_ONCE).map(async ({ number, tier }) => ({
      number,
      place: BY_TIER.includes(mode) ? ladder.indexOf(tier) : 0,
      lot: isByLot ? await sha256(`${seed} ${number}`) : "",
    }))));
  }
  const byLot = (one, other) => (one.lot < other.lot ? -1 : one.lot > other.lot ? 1 : 0);
  const order = (one, other) => one.place - other.place || byLot(one, other) || one.number - other.number;
  return ranked.sort(order).map(({ number }) => number);
}

function checkRanking(said, replayed) {
  const named = new Set(), listed = new Set(replayed);
  for (const number of said) {
    insist(!named.has(number), "rank_twice", { number });
    insist(listed.has(number), "rank_stranger", { number });
    named.add(number);
  }
  for (const number of replayed) insist(named.has(number), "rank_missing", { number });
  replayed.forEach((expected, index) => {
    const found = said[index];
    insist(found === expected, "rank_differs", { rank: index + 1, expected, found });
  });
}

// Every step in turn; `tell(step, outcome, code, values)` hears of each, and the verdict comes back.
async function verify(bytes, published, tell) {
  let hasFailed = false, verdict = "holds";
  const step = async (name, act, valuesOf = () => ({})) => {
    try {
      const found = await act();
      tell(name, "ok", `ok.${name}`, valuesOf(found));
      return found;
    } catch (fault) {
      if (!(fault instanceof Fault)) throw fault;
      hasFailed = true;
      return void tell(name, "failed", `fault.${fault.code}`, fault.values);
    }
  };
  const leaveOut = (name) => tell(name, "left_out", `left_out.${name}`, {});

  const said = await step("format", () => parse(bytes));
  const list = said
    && await step("list", () => readList(said.entrants), ({ entrants }) => ({ count: entrants.length }));
  if (!list) return "fails";
  const entrantsHash = await sha256(said.entrants);
  await step("entrants", () => insist(said.entrants_sha256 === entrantsHash, "entrants_differs"));
  let seed = "";
  if (list.isByLot) {
    await step("commitment", async () => {
      insist(SECRET.test(said.secret), "bad_secret");
      const commitment = await sha256(`${FORMAT} commitment\n${list.round}\n${said.secret}\n`);
      insist(said.commitment === commitment, "commitment_differs");
    });
    seed = await sha256(`${FORMAT} seed\n${said.secret}\n${entrantsHash}\n${said.public_value}\n`);
    await step("seed", () => {
      insist(VALUE.test(said.public_value), "bad_value");
      insist(said.seed === seed, "seed_differs");
    });
  } else if (said.commitment || said.secret || said.public_value || said.seed) {
    await step("commitment", () => insist(false, "not_by_lot"));
  } else {
    leaveOut("commitment");
    leaveOut("seed");
  }
  const replayed = await rank(list, seed);
  await step("ranking", () => checkRanking(said.ranking, replayed));

  const compared = [["published_entrants", published.entrants, entrantsHash]];
  if (list.isByLot) {
    compared.push(["published_commitment", published.commitment, said.commitment]);
    compared.push(["looked_up_value", published.value, said.public_value]);
  }
  for (const [name, given, held] of compared) {
    if (given) await step(name, () => insist(given === held, `${name}_differs`));
    else {
      leaveOut(name);
      if (verdict === "holds") verdict = name === "looked_up_value" ? "unseen" : "alone";
    }
  }
  return hasFailed ? "fails" : verdict;
}

const root = document.querySelector("[data-draw-verifier]");
const part = (name) => root.querySelector(`[data-part=${name}]`);
const words = new Map();
for (const it of part("words").content.querySelectorAll("[data-word]")) words.set(it.dataset.word, it.textContent);
const say = (code, values = {}) => words.get(code).replace(/%\((\w+)\)s/g, (_all, name) => values[name]);
let turn = 0; // a file chosen while another is being checked takes its place

async function run(read) {
  const mine = ++turn, isMine = () => mine === turn;
  part("verdict").hidden = true;
  part("checks").replaceChildren();
  part("checks").hidden = true;
  part("busy").hidden = false;
  const tell = (name, outcome, code, values) => {
    if (!isMine()) return;
    const row = part(outcome).content.cloneNode(true);
    row.querySelector("[data-part=step]").textContent = say(`step.${name}`);
    row.querySelector("[data-part=sentence]").textContent = say(code, values);
    row.querySelector("[data-part=number]").textContent = part("checks").children.length + 1;
    part("checks").append(row);
    part("checks").hidden = false;
  };
  const conclude = (verdict) => {
    if (!isMine()) return;
    part("busy").hidden = true;
    for (const it of root.querySelectorAll("[data-verdict]")) {
      it.hidden = !it.dataset.verdict.split(" ").includes(verdict);
      it.querySelector("[data-part=sentence]").textContent = say(`verdict.${verdict}`);
    }
    part("verdict").hidden = false;
    part("verdict").focus();
  };
  if (!globalThis.crypto?.subtle) return conclude("insecure");
  const published = {
    commitment: root.dataset.commitment,
    entrants: root.dataset.entrantsSha256,
    value: part("value").value.normalize("NFKC").trim().replace(/\s+/g, " "),
  };
  let bytes;
  try { bytes = await read(); } catch { return conclude("unread"); }
  conclude(await verify(bytes, published, tell));
}

part("tools").hidden = false;
part("file").addEventListener("change", ({ target: { files: [file] } }) => {
  // A file that is far too big is not even read: one byte more than is allowed says enough.
  if (file) run(() => file.slice(0, MOST_BYTES + 1).arrayBuffer());
});
part("published")?.addEventListener("click", () => run(async () => {
  const answer = await fetch(root.dataset.resultUrl);
  if (!answer.ok) throw new Error(answer.statusText);
  return answer.arrayBuffer();
}));
