// The secrets that a server has sent to browsers. No line of its log may contain one.

/** How many characters of a secret a log line must not contain. A shorter piece could be in the log by chance. */
const PIECE = 24;
const SHORTEST = 16;

export class Secrets {
  private pieces = new Set<string>();

  /** Notes the cookies, codes and states in the headers of a response. */
  seeHeaders(headers: { name: string; value: string }[]) {
    for (const { name, value } of headers) {
      if (name.toLowerCase() === "set-cookie") {
        for (const line of value.split("\n")) {
          const [, cookie, text] = line.match(/^([^=]*)=([^;]*)/) ?? [];
          // The list of ended sessions is not secret.
          if (cookie && !cookie.endsWith(".signed_out")) this.note(text);
        }
      } else if (name.toLowerCase() === "location") {
        const query = new URL(value, "http://localhost").searchParams;
        for (const name of ["code", "state"]) this.note(query.get(name) ?? "");
      }
    }
  }

  /** Notes the tokens in the JSON of a response. */
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

  /** Returns the lines that contain a secret. */
  linesOf(log: string): string[] {
    const found = [...this.pieces].filter((piece) => log.includes(piece));
    return log.split("\n").filter((line) => found.some((piece) => line.includes(piece)));
  }
}
