// board.js - what is known of the workspace: the server's board, and the changes since. Pure: no page, no network.
//
// The server sends the contacts that break next (its `limit`) and says how many more there are; changes come of all. So
// what is known is whole only up to the last contact of the board as it was sent: its rank is the horizon. What ranks
// behind it is forgotten, except what belongs to `mine`; when too little is left before it, `thin` asks for a new board.

const ENOUGH = 60; // fewer than so many whole ones: a new board is asked for
const DAY_MS = 86400000;
const NEVER = Number.MAX_SAFE_INTEGER;

// Broken first, then what breaks next; what owes nothing last. As the server orders them.
export function rank(row) {
  return row.next ? (row.next.broken ? row.next.due - NEVER : row.next.due) : NEVER;
}
export const before = (a, b) => rank(a) - rank(b) || a.opened_at - b.opened_at || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

export const isOpen = (row) => row.state !== "resolved" && row.state !== "closed";

export class Board {
  constructor() {
    this.rows = new Map();
    this.people = new Map();
    this.teams = new Map();
    this.counts = {};
    this.promises = {};
    this.trend = [];
    this.horizon = NEVER;
    this.complete = false; // nothing stood behind the board as it was sent: what is mine is on it
    this.number = 0;
    this.workspace = "";
    this.person = ""; // whose rows are never forgotten
    this.known = false;
  }

  concerns(row, person = this.person) {
    return person !== "" && (row.owner === person || row.offered_to === person); // who leads a team answers for too many
  }

  replace(board) {
    this.complete = !(board.more > 0);
    const mine = this.complete ? [] : [...this.rows.values()].filter((row) => this.concerns(row));
    this.rows.clear();
    // What concerns somebody may stand behind the board; it may also have ended while we were cut off, so it is kept only
    // until the desk has asked for it anew.
    for (const row of mine) this.rows.set(row.id, {...row, doubted: true});
    for (const row of board.contacts || []) this.rows.set(row.id, row);
    const last = board.contacts && board.contacts[board.contacts.length - 1];
    this.horizon = board.more > 0 && last ? rank(last) : NEVER;
    this.counts = board.counts || {};
    this.promises = board.promises || {};
    this.trend = board.trend || [];
    this.people = new Map((board.people || []).map((person) => [person.name, person]));
    this.teams = new Map((board.teams || []).map((team) => [team.name, team]));
    this.number = board.number || 0;
    this.workspace = board.workspace || "";
    this.known = true;
    this.dirty = true;
  }

  change(change) {
    for (const row of change.contacts || []) this.put(row);
    for (const id of change.gone || []) this.rows.delete(id);
    for (const person of change.people || []) this.people.set(person.name, person);
    for (const team of change.teams || []) this.teams.set(team.name, team);
    if (change.counts) this.counts = {...this.counts, ...change.counts};
    if (change.promises) this.promises = {...this.promises, ...change.promises};
    if (change.trend) {
      const steps = new Map(this.trend.map((step) => [step.at, step]));
      for (const step of change.trend) steps.set(step.at, step);
      this.trend = [...steps.values()].filter((step) => step.at > change.trend[change.trend.length - 1].at - DAY_MS);
    }
    if (change.number > this.number) this.number = change.number;
    this.dirty = true;
  }

  put(row) {
    const had = this.rows.get(row.id);
    if (had && had.version > row.version) return; // an answer that was overtaken
    if (isOpen(row) && (rank(row) <= this.horizon || this.concerns(row))) this.rows.set(row.id, row);
    else this.rows.delete(row.id);
    this.dirty = true;
  }

  // What concerns the person, as the server has it: what was kept in doubt is theirs no more unless it is among it.
  settle(rows) {
    const found = new Set(rows.map((row) => row.id));
    for (const row of [...this.rows.values()]) if (row.doubted && !found.has(row.id)) this.rows.delete(row.id);
    for (const row of rows) {
      const had = this.rows.get(row.id);
      if (!had || had.doubted || had.version < row.version) this.put(row);
    }
    this.dirty = true;
  }

  // All known, in order. Computed once after a change.
  ordered() {
    if (this.dirty || !this.sorted) {
      this.sorted = [...this.rows.values()].filter(isOpen).sort(before);
      this.dirty = false;
    }
    return this.sorted;
  }

  // Those of which nothing is missing between them.
  whole() {
    return this.horizon === NEVER ? this.ordered() : this.ordered().filter((row) => rank(row) <= this.horizon);
  }

  thin() {
    return this.horizon !== NEVER && this.whole().length < ENOUGH;
  }
}
