// An exam centre: the release binary with a data folder of its own. Everything here goes by the command line and HTTP.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

export const STANDARD = "cloud-computing-engineer-2-02-10-12";
export const PASSWORD = "correct horse 7";

const BUILT = fileURLToPath(new URL("../../target/release/kaochang", import.meta.url));
const START_MS = 30_000;

/** The program under test. */
export function binary() {
  const path = process.env.KAOCHANG_BIN ?? BUILT;
  if (!existsSync(path)) throw new Error(`${path} is not there: run \`cargo xtask build\`, or name the binary in KAOCHANG_BIN`);
  return path;
}

/** A candidate who does not exist. */
function entry(room, seat, prefix) {
  const two = (n) => String(n).padStart(2, "0");
  return {
    admission_no: `${prefix}${two(room)}${String(seat).padStart(4, "0")}`,
    name: `考生${two(room)}${two(seat)}`,
    id_number: `000000199001${two(1 + (seat % 28))}${two(room)}${two(seat)}X`,
    room,
    seat,
    extra_minutes: "",
    extra_reason: "",
  };
}

export class Centre {
  sessions = [];
  log = "";
  #open = new Map();

  constructor(folder) {
    this.folder = folder;
  }

  /** Makes a data folder with accounts and sessions, and serves it. */
  static async open({ accounts = {}, sessions = [] } = {}) {
    const centre = new Centre(await mkdtemp(join(tmpdir(), "kaochang-e2e-")));
    try {
      for (const [login, role] of Object.entries(accounts)) {
        await centre.command(["account", "add", login, "--name", `${login} 老师`, "--role", role], `${PASSWORD}\n`);
      }
      for (const session of sessions) await centre.plan(session);
      await centre.serve();
      return centre;
    } catch (error) {
      await centre.close();
      throw error;
    }
  }

  /** The demo, which prepares itself. */
  static async demo() {
    const centre = new Centre(await mkdtemp(join(tmpdir(), "kaochang-e2e-")));
    try {
      await centre.serve(["demo"]);
      centre.note = JSON.parse(await readFile(join(centre.folder, "demo.json"), "utf8"));
      return centre;
    } catch (error) {
      await centre.close();
      throw error;
    }
  }

  /** Runs a command to its end; returns what it printed. */
  async command(args, input = "", { fails = false } = {}) {
    const child = spawn(binary(), [...args, "--data", this.folder], { env: environment() });
    let [out, err] = ["", ""];
    child.stdout.on("data", (data) => (out += data));
    child.stderr.on("data", (data) => (err += data));
    // A command that asks for nothing may be gone before it is told anything.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
    const [code] = await once(child, "close");
    if ((code !== 0) !== fails) throw new Error(`kaochang ${args.join(" ")}: ended with ${code}\n${out}${err}`);
    return out + err;
  }

  /** Makes a session as the office does: plan, roster, seats. */
  async plan({ title, purpose = "mock", minutes = 90, terms = {}, rooms, prefix = "2026", accommodations = {} }) {
    const roster = rooms.flatMap((room) => Array.from({ length: room.candidates }, (_, at) => entry(room.number, at + 1, prefix)));
    for (const one of roster) Object.assign(one, accommodations[one.seat]);
    const settings = { earliest_hand_in_minutes: 0, late_entry_minutes: minutes, start_lead_seconds: 1, ...terms };
    const plan = [
      `title = ${JSON.stringify(title)}`,
      `standard = "${STANDARD}"`,
      'level = "junior"',
      'direction = "operations"',
      `purpose = "${purpose}"`,
      `minutes = ${minutes}`,
      ...Object.entries(settings).map(([key, value]) => `${key} = ${value}`),
      ...rooms.map(({ number, seats, columns }) => `[[room]]\nnumber = ${number}\nseats = ${seats}\ncolumns = ${columns}`),
    ].join("\n");
    const columns = ["admission_no", "name", "id_number", "room", "seat", "extra_minutes", "extra_reason"];
    const csv = [columns.join(","), ...roster.map((one) => columns.map((column) => one[column]).join(","))].join("\n");
    const [planFile, rosterFile] = [join(this.folder, "plan.toml.tmp"), join(this.folder, "roster.csv.tmp")];
    await writeFile(planFile, `${plan}\n`);
    await writeFile(rosterFile, `${csv}\n`);
    const said = await this.command(["session", "create", "--plan", planFile, "--roster", rosterFile]);
    const id = /^session (\S+)$/m.exec(said)?.[1];
    if (!id) throw new Error(`no session id in: ${said}`);
    const printed = await this.command(["session", "seats", id]);
    const enrol = new Map(
      [...printed.matchAll(/^(\d+),(\d+),(\/enrol\/\S+)$/gm)].map(([, room, seat, path]) => [`${room}-${seat}`, path]),
    );
    const candidates = roster.map((one) => ({ ...one, enrol: enrol.get(`${one.room}-${one.seat}`) }));
    const session = {
      id,
      title,
      candidates,
      commitment: /commitment (\S+)/.exec(said)?.[1],
      enrol: (room, seat) => enrol.get(`${room}-${seat}`),
    };
    this.sessions.push(session);
    return session;
  }

  /** Starts the server; a second time on the same port and folder. */
  async serve(args = ["serve"]) {
    for (let attempt = 1; ; attempt += 1) {
      this.port ??= await freePort();
      this.address = `http://127.0.0.1:${this.port}`;
      const child = spawn(binary(), [...args, "--data", this.folder, "--listen", `127.0.0.1:${this.port}`], { env: environment() });
      this.child = child;
      child.stdout.on("data", (data) => (this.log += data));
      child.stderr.on("data", (data) => (this.log += data));
      if (await this.#answers(child)) return;
      // Somebody else took the port in between.
      if (attempt < 3 && this.log.includes("is in use")) {
        this.port = undefined;
        continue;
      }
      throw new Error(`the server did not start:\n${this.log}`);
    }
  }

  async #answers(child) {
    const until = Date.now() + START_MS;
    while (Date.now() < until && child.exitCode === null && child.signalCode === null) {
      const reply = await fetch(`${this.address}/health`).catch(() => null);
      if (reply?.ok) return true;
      await sleep(30);
    }
    return false;
  }

  /** Ends the server: orderly, or without a chance to say goodbye. */
  async stop(signal = "SIGTERM") {
    const { child } = this;
    this.child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
  }

  async close() {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** A member of the staff without a browser, for what a test only needs done. */
  async desk(login, password = PASSWORD) {
    const reply = await form(`${this.address}/staff/login`, { account: login, password });
    const cookie = (reply.headers.getSetCookie?.() ?? []).map((line) => line.split(";")[0]).join("; ");
    if (!cookie) throw new Error(`${login} could not sign in: ${reply.headers.get("location")}`);
    return new Desk(this, cookie);
  }

  /** Opens a room with these proctors, unless an earlier test has done so. */
  openRoom(number, proctors, session = this.sessions[0], password = () => PASSWORD) {
    const name = `${session.id} ${number}`;
    if (!this.#open.has(name)) this.#open.set(name, this.#openRoom(number, proctors, session, password));
    return this.#open.get(name);
  }

  async #openRoom(number, proctors, session, password) {
    const desk = await this.desk(proctors[0], password(proctors[0]));
    const room = await desk.room(number, session.id);
    for (const login of proctors) await desk.act(`/rooms/${room}/check-in`, { account: login, password: password(login) }, "proctor_checked_in");
    await desk.act(`/rooms/${room}/open`, {}, "room_opened");
    return { desk, room };
  }
}

class Desk {
  constructor(centre, cookie) {
    Object.assign(this, { centre, cookie });
  }

  async get(path) {
    return fetch(`${this.centre.address}${path}`, { headers: { cookie: this.cookie }, redirect: "manual" });
  }

  /** Does what a form does; it must be answered with this notice. */
  async act(path, fields, notice) {
    const reply = await form(`${this.centre.address}${path}`, fields, this.cookie);
    const to = reply.headers.get("location") ?? "";
    if (notice && !to.includes(`notice=${notice}`)) throw new Error(`${path}: ${reply.status} to ${to}, not ${notice}`);
    return to;
  }

  /** A room's id, from the staff's home. */
  async room(number, sessionId) {
    const home = await (await this.get("/staff")).text();
    const section = home.split("<section").find((part) => part.includes(`/sessions/${sessionId}/results`)) ?? "";
    const rooms = [...section.matchAll(/href="\/rooms\/([^/"]+)"[^>]*>\D*(\d+)/g)];
    const found = rooms.find(([, , its]) => Number(its) === number);
    if (!found) throw new Error(`no room ${number} of session ${sessionId} on the staff's home`);
    return found[1];
  }

  /** The seat map as data. */
  async live(room) {
    return (await this.get(`/rooms/${room}/live`)).json();
  }

  async tile(room, seat) {
    return (await this.live(room)).tiles.find((tile) => tile.seat === seat);
  }
}

/** A candidate's machine without a browser. */
export class Machine {
  #cookies = new Map();

  constructor(centre, candidate) {
    Object.assign(this, { centre, candidate });
  }

  async #send(path, options = {}) {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const reply = await fetch(`${this.centre.address}${path}`, { redirect: "manual", ...options, headers: { cookie, ...options.headers } });
    for (const line of reply.headers.getSetCookie()) {
      const [name, value] = line.split(";")[0].split(/=(.*)/s);
      this.#cookies.set(name, value);
    }
    return reply;
  }

  async get(path) {
    return (await this.#send(path)).text();
  }

  async post(path, fields) {
    const reply = await this.#send(path, { method: "POST", body: new URLSearchParams(fields) });
    return reply.headers.get("location") ?? "";
  }

  /** From the door to the waiting page, or into an open room. */
  async arrive() {
    const { enrol, admission_no, id_number } = this.candidate;
    await this.post(enrol, {});
    await this.post("/login", { admission_no, id_number });
    await this.post("/confirm", { answer: "right" });
    const place = await this.post("/rules", { accept: "yes" });
    if (!["/waiting", "/exam"].includes(place)) throw new Error(`${admission_no} came to ${place}`);
    return this;
  }

  async epoch() {
    this.own ??= Number(/name="epoch" value="(\d+)"/.exec(await this.get("/exam"))[1]);
    return this.own;
  }

  /** Answers by the form of the page without scripts. */
  async answer(position, letters, { flagged = false } = {}) {
    const fields = [["epoch", await this.epoch()], ["position", position], ["revision", 0], ["go", "stay"]];
    if (flagged) fields.push(["flagged", "1"]);
    return this.post("/exam/answer", [...fields.map(([name, value]) => [name, String(value)]), ...[...letters].map((one) => ["choice", one])]);
  }

  /** What the page with scripts sends. */
  async changes(body) {
    const reply = await this.#send("/exam/changes", { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } });
    return { status: reply.status, ...(await reply.json()) };
  }
}

async function form(url, fields, cookie = "") {
  return fetch(url, { method: "POST", body: new URLSearchParams(fields), headers: { cookie }, redirect: "manual" });
}

/** Nothing of the caller's settings reaches the program. */
function environment() {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith("KAOCHANG_") && name !== "RUST_LOG");
  return Object.fromEntries(kept);
}

async function freePort() {
  const probe = createServer();
  probe.listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  await once(probe, "close");
  return port;
}

/** Asks again and again until it is so; says what it was last. */
export async function until(what, ask, { within = 10_000, every = 100 } = {}) {
  const end = Date.now() + within;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`within ${within} ms it did not come to: ${what}`);
    await sleep(every);
  }
}

export { sleep };
