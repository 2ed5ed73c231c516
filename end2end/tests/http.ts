// A client program without a browser that calls the endpoints and stores cookies.

import { expect } from "@playwright/test";
import { secretsOf } from "./processes";

export class Client {
  private cookies = new Map<string, { value: string; path: string }>();

  constructor(readonly origin: string) {}

  /** Sends a request with the cookies for its path. Does not follow redirects. */
  async fetch(url: string, init: RequestInit = {}): Promise<Response> {
    const target = new URL(url, this.origin);
    const headers = new Headers(init.headers);
    const sent = [...this.cookies].filter(([, { path }]) => target.pathname.startsWith(path));
    if (target.origin === this.origin && sent.length > 0) {
      headers.set("cookie", sent.map(([name, { value }]) => `${name}=${value}`).join("; "));
    }
    const answer = await fetch(target, { ...init, headers, redirect: "manual" });
    secretsOf(target.href)?.seeHeaders([...answer.headers].map(([name, value]) => ({ name, value })));
    if (target.origin === this.origin) for (const line of answer.headers.getSetCookie()) this.keep(line);
    return answer;
  }

  async json(url: string, init: RequestInit = {}) {
    const answer = await this.fetch(url, init);
    expect(answer.headers.get("content-type")).toBe("application/json");
    const json = await answer.json();
    secretsOf(new URL(url, this.origin).href)?.seeJson(json);
    return json;
  }

  private keep(line: string) {
    const [, name, value] = line.match(/^([^=]*)=([^;]*)/) ?? [];
    const path = line.match(/; Path=([^;]*)/)?.[1] ?? "/";
    if (line.includes("Max-Age=0")) this.cookies.delete(name);
    else this.cookies.set(name, { value, path });
  }

  cookie(name: string) {
    return this.cookies.get(name)?.value;
  }

  set(name: string, value: string) {
    this.cookies.set(name, { value, path: "/" });
  }

  names() {
    return [...this.cookies.keys()];
  }

  /** Approves as Ada on the stand-in's consent page. Returns the response of the callback. */
  async approve(authorize: string): Promise<Response> {
    const form = new URLSearchParams(new URL(authorize).searchParams);
    form.set("account", "ada");
    form.set("decision", "approve");
    const decided = await this.fetch(authorize, { method: "POST", body: form });
    return await this.fetch(decided.headers.get("location") ?? "");
  }
}
