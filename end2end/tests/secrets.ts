// What a server has given to browsers, and what is in no line of its log.

/** As much of a secret as a line may not have, in characters; shorter ones are there by chance. */
const PIECE = 24;
const SHORTEST = 16;

export class Secrets {
  private pieces = new Set<string>();

  /** Notes the cookies, codes and states of an answer. */
  seeHeaders(headers: { name: string; value: string }[]) {
    for (const { name, value } of headers) {
      if (name.toLowerCase() === "set-cookie") {
        for (const line of value.split("\n")) {
          const [, cookie, text] = line.match(/^([^=]*)=([^;]*)/) ?? [];
          // Which sessions have ended is no secret.
          if (cookie && !cookie.endsWith(".signed_out")) this.note(text);
        }
      } else if (name.toLowerCase() === "location") {
        const query = new URL(value, "http://localhost").searchParams;
        for (const name of ["code", "state"]) this.note(query.get(name) ?? "");
      }
    }
  }

  /** Notes the tokens of an answer. */
  seeJson(json: unknown) {
    if (typeof json !== "object" || json === null) return;
    for (const [name, value] of Object.entries(json)) {
      if (typeof value !== "string") this.seeJson(value);
      else if (/token$/i.test(name)) this.note(value);
    }
  }

  note(secret: string) {
    const middle = Math.max(0, Math.floor((secret.length - PIECE) / 2));
    const piece = secret.slice(middle, middle + PIECE);
    if (piece.length >= SHORTEST) this.pieces.add(piece);
  }

  /** The lines that have a secret in them. */
  linesOf(log: string): string[] {
    const found = [...this.pieces].filter((piece) => log.includes(piece));
    return log.split("\n").filter((line) => found.some((piece) => line.includes(piece)));
  }
}
